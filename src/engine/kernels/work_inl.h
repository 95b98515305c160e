// What the parts of an item share: where its queries' numbers lie, and the step it is at. Included
// like vector_inl.h.
#pragma once

// Stands for "no score yet": below any score, and differences with it are finite.
constexpr float kNoScore = -1e30f;
constexpr float kLog2E = 1.44269504088896f;

struct Work {
  const Attention& attention;
  const Survey& survey;
  Scratch scratch;
  // Scores are kept times log2(e), for weights are powers of 2.
  float query_scale;  // what queries are multiplied with
  float cap;          // scores are then turned to cap * tanh(score); 0: not
  int64_t stream;
  int64_t query;    // first
  int64_t queries;  // how many
  int64_t first_block;
  int64_t last_block;  // after the last
  // What the item computes, row = query * heads + head.
  float* out;
  float* highest;
  float* sum;
  // Of the table: of the tile's first query, and of the tile.
  const uint32_t* seen;
  const uint32_t* biased;
  const uint32_t* live;
  const uint64_t* dense;
  const uint16_t* listed;

  int64_t rows() const { return queries * attention.heads; }
  const char* KeyHead(int64_t head) const {
    return attention.keys + stream * attention.key_stream_stride + head * attention.key_head_stride;
  }
  const char* ValueHead(int64_t head) const {
    return attention.values + stream * attention.value_stream_stride +
           head * attention.value_head_stride;
  }
  const float* Query(int64_t i, int64_t head) const {
    return reinterpret_cast<const float*>(
        attention.queries + stream * attention.query_stream_stride +
        head * attention.query_head_stride + (query + i) * attention.query_stride);
  }
  // What the mask adds to a cell that is seen.
  float MaskAt(int64_t i, int64_t cell) const {
    return HalfAt(attention.mask + stream % attention.mask_streams * attention.mask_stream_stride +
                  (query + i) * attention.mask_stride + 2 * cell) *
           kLog2E;
  }
  uint32_t Seen(int64_t i, int64_t block) const {
    return seen[i * survey.plan.spans * kSpanBlocks + block];
  }
  bool Biased(int64_t i, int64_t block) const {
    return (biased[i * survey.plan.spans + block / kSpanBlocks] >> block % kSpanBlocks & 1) != 0;
  }
};

// Live blocks that are computed together, wherever they lie.
struct Step {
  uint32_t blocks[kStepBlocks];
  int64_t count = 0;
  int64_t listed = 0;  // cells that are left to lists
};

// Takes live blocks from `block` on; returns where the next step goes on.
inline int64_t TakeStep(const Work& work, int64_t block, Step& step) {
  while (block < work.last_block && step.count < kStepBlocks && step.listed < kStepListed) {
    const uint32_t left = work.live[block / kSpanBlocks] >> block % kSpanBlocks;
    if (left == 0) {
      block = (block / kSpanBlocks + 1) * kSpanBlocks;
      continue;
    }
    block += __builtin_ctz(left);
    if (block >= work.last_block) break;
    step.blocks[step.count++] = static_cast<uint32_t>(block);
    step.listed += work.listed[block];
    ++block;
  }
  return block;
}
