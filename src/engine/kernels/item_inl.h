// One item: a tile of queries, all heads, a range of cells. The mask is looked at first; then
// blocks that many rows see are computed densely, and what is left from lists of cells. So a query
// costs what it sees, whatever else lies in the cache. Included like vector_inl.h.
#pragma once

// Blocks are computed densely for queries that see at least half of one, if these are so many rows
// that it pays: below, computing the other lanes for nothing costs more than lists do.
constexpr int kDenseSeenMin = kBlock / 2;
constexpr int64_t kDenseRowsMin = kLanes / 2 + 1;

// Stands for "no score yet": below any score, and differences with it are finite.
constexpr float kNoScore = -1e30f;
constexpr float kLog2E = 1.44269504088896f;

struct Item {
  const Attention& attention;
  const Plan& plan;
  Scratch scratch;
  int64_t stream;
  int64_t query;    // first
  int64_t queries;  // how many
  int64_t begin;    // cells
  int64_t end;
  // What the item computes, row = query * heads + head.
  float* out;
  float* highest;
  float* sum;

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
  const char* Mask(int64_t i) const {
    return attention.mask + stream % attention.mask_streams * attention.mask_stream_stride +
           (query + i) * attention.mask_stride;
  }
};

inline float HalfAt(const char* from) {
  _Float16 half;
  __builtin_memcpy(&half, from, sizeof half);
  return half;
}

// Bits of the `count` <= kBlock cells whose mask is not -inf; sets `biased` if one is not 0 either.
inline uint32_t SeenIn(const char* mask, int64_t count, bool& biased) {
  using Bits = uint16_t __attribute__((ext_vector_type(kBlock)));
  using Flags = bool __attribute__((ext_vector_type(kBlock)));
  constexpr uint16_t kHidden = 0xfc00;  // -inf
  Bits bits = kHidden;
  if (count == kBlock) {
    __builtin_memcpy(&bits, mask, sizeof bits);
  } else {
    uint16_t some[kBlock];
    for (uint16_t& x : some) x = kHidden;
    __builtin_memcpy(some, mask, 2 * count);
    __builtin_memcpy(&bits, some, sizeof bits);
  }
  const auto seen = __builtin_convertvector(bits != Bits(kHidden), Flags);
  const auto zero = __builtin_convertvector((bits & uint16_t{0x7fff}) == Bits(0), Flags);
  const auto seen_word = __builtin_bit_cast(uint32_t, seen);
  biased |= (seen_word & ~__builtin_bit_cast(uint32_t, zero)) != 0;
  return seen_word;
}

inline void LookAtMask(const Item& item, int64_t begin, int64_t end) {
  for (int64_t i = 0; i < item.queries; ++i) {
    bool biased = false;
    for (int64_t cell = begin; cell < end; cell += kBlock) {
      const int64_t count = end - cell < kBlock ? end - cell : kBlock;
      uint32_t seen = count == kBlock ? ~0u : (1u << count) - 1;
      if (item.attention.mask) seen = SeenIn(item.Mask(i) + 2 * cell, count, biased);
      item.scratch.seen[i][(cell - begin) / kBlock] = seen;
    }
    item.scratch.biased[i] = biased;
  }
}

// The queries (bit i for query i) that see enough of a block to be computed densely.
inline uint64_t DenseQueries(const Item& item, int64_t block) {
  uint64_t set = 0;
  for (int64_t i = 0; i < item.queries; ++i) {
    const bool enough = __builtin_popcount(item.scratch.seen[i][block]) >= kDenseSeenMin;
    set |= static_cast<uint64_t>(enough) << i;
  }
  return __builtin_popcountll(set) * item.plan.slice >= kDenseRowsMin ? set : 0;
}

// Lists the cells that query `i` still has to see in the blocks [first, last); returns how many.
// The list is padded so that it can be read a block at a time.
inline int64_t ListCells(const Item& item, int64_t i, int64_t span, int64_t first, int64_t last) {
  const Scratch& scratch = item.scratch;
  int64_t count = 0;
  for (int64_t block = first; block < last; ++block) {
    const auto start = static_cast<uint32_t>(span + block * kBlock);
    for (uint32_t seen = scratch.seen[i][block]; seen != 0; seen &= seen - 1) {
      scratch.listed[count++] = start + __builtin_ctz(seen);
    }
  }
  if (count == 0) return 0;
  for (int64_t c = 0; c < count; ++c) {
    scratch.bias[c] =
        scratch.biased[i] ? HalfAt(item.Mask(i) + 2 * int64_t{scratch.listed[c]}) * kLog2E : 0;
  }
  for (int64_t c = count; c < count + kBlock; ++c) {
    scratch.listed[c] = scratch.listed[count - 1];
    scratch.bias[c] = -INFINITY;
  }
  return count;
}

// Query `i` over the listed cells, for the heads [head, head + heads). Every group's turn comes for
// each block of the list, so that the cells of a block, whose heads lie together, are read once.
inline void ComputeListed(const Item& item, int64_t i, int64_t count, int64_t head, int64_t heads) {
  const Attention& attention = item.attention;
  const Vector scale = Splat(attention.scale * kLog2E);
  for (int64_t h = 0; h < heads; ++h) {
    const float* const from = item.Query(i, head + h);
    float* const to = item.scratch.queries + h * attention.key_size;
    for (int64_t d = 0; d < attention.key_size; d += kLanes) Store(to + d, Load(from + d) * scale);
  }
  CellList list{.keys = nullptr,
                .values = nullptr,
                .key_stride = attention.key_stride,
                .value_stride = attention.value_stride,
                .key_size = attention.key_size,
                .value_size = attention.value_size,
                .cells = nullptr,
                .bias = nullptr,
                .count = 0,
                .fetch_next = false};
  for (int64_t c = 0; c < count; c += kBlock) {
    list.cells = item.scratch.listed + c;
    list.bias = item.scratch.bias + c;
    list.count = count - c < kBlock ? count - c : kBlock;
    list.fetch_next = count - c > kBlock;
    for (int64_t h = 0; h < heads;) {
      const int64_t key_head = (head + h) / attention.group();
      const int64_t left = (key_head + 1) * attention.group() - (head + h);
      const int64_t taken = left < heads - h ? left : heads - h;
      const int64_t row = i * attention.heads + head + h;
      list.keys = item.KeyHead(key_head);
      list.values = item.ValueHead(key_head);
      ComputeList(list,
                  {item.scratch.queries + h * attention.key_size,
                   item.out + row * attention.value_size, item.highest + row, item.sum + row},
                  taken);
      h += taken;
    }
  }
}

// Consecutive blocks of a span that the same queries see densely.
struct Run {
  int64_t span;  // its first cell
  int64_t span_end;
  int64_t first;  // block
  int64_t last;   // after the last
  int64_t chosen[kTileQueriesMax];
  int64_t count;
};

// What the mask adds, for each cell of a block and each row of a run.
inline void SpreadMask(const Item& item, const Run& run, int64_t heads, int64_t block,
                       int64_t lanes) {
  float* const mask = item.scratch.mask;
  for (int64_t c = 0; c < run.count; ++c) {
    const int64_t i = run.chosen[c];
    const uint32_t seen = item.scratch.seen[i][block];
    const bool biased = item.scratch.biased[i];
    for (int64_t cell = 0; cell < kBlock; ++cell) {
      float value = (seen >> cell & 1) != 0 ? 0.0f : -INFINITY;
      if (biased && value == 0) {
        value = HalfAt(item.Mask(i) + 2 * (run.span + block * kBlock + cell)) * kLog2E;
      }
      for (int64_t h = 0; h < heads; ++h) mask[cell * lanes + c * heads + h] = value;
    }
  }
  for (int64_t cell = 0; cell < kBlock; ++cell) {
    for (int64_t row = run.count * heads; row < lanes; ++row) mask[cell * lanes + row] = 0;
  }
}

// A run for the heads [head, head + heads) of one group.
inline void ComputeRun(const Item& item, const Run& run, int64_t head, int64_t heads) {
  const Attention& attention = item.attention;
  const Scratch& scratch = item.scratch;
  const int64_t rows = run.count * heads;
  const int64_t lanes = (rows + kLanes - 1) / kLanes * kLanes;
  const float* queries[kRowsMax];
  float* out[kRowsMax];
  int64_t at[kRowsMax];
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t i = run.chosen[row / heads];
    queries[row] = item.Query(i, head + row % heads);
    at[row] = i * attention.heads + head + row % heads;
    out[row] = item.out + at[row] * attention.value_size;
    scratch.highest[row] = item.highest[at[row]];
    scratch.sum[row] = item.sum[at[row]];
  }
  for (int64_t row = rows; row < lanes; ++row) scratch.highest[row] = scratch.sum[row] = 0;
  RowsToLanes(queries, rows, lanes, attention.key_size, attention.scale * kLog2E, scratch.queries);
  RowsToLanes(out, rows, lanes, attention.value_size, 1, scratch.out);

  const int64_t key_head = head / attention.group();
  DenseBlock dense{scratch, attention.key_size, attention.value_size, lanes, false};
  uint32_t unfit = 0;  // a bit for each block
  for (int64_t block = run.first; block < run.last; ++block) {
    const int64_t cell = run.span + block * kBlock;
    const int64_t count = run.span_end - cell < kBlock ? run.span_end - cell : kBlock;
    if (!LoadCells(item.KeyHead(key_head) + cell * attention.key_stride, attention.key_stride,
                   item.ValueHead(key_head) + cell * attention.value_stride, attention.value_stride,
                   count, dense)) {
      unfit |= 1u << block;
      continue;
    }
    dense.masked = false;
    for (int64_t c = 0; c < run.count; ++c) {
      const int64_t i = run.chosen[c];
      dense.masked |= scratch.seen[i][block] != ~0u || scratch.biased[i];
    }
    if (dense.masked) SpreadMask(item, run, heads, block, lanes);
    ComputeBlock(dense);
  }

  LanesToRows(scratch.out, rows, lanes, attention.value_size, out);
  for (int64_t row = 0; row < rows; ++row) {
    item.highest[at[row]] = scratch.highest[row];
    item.sum[at[row]] = scratch.sum[row];
  }
  for (; unfit != 0; unfit &= unfit - 1) {
    const int64_t block = __builtin_ctz(unfit);
    for (int64_t c = 0; c < run.count; ++c) {
      const int64_t listed = ListCells(item, run.chosen[c], run.span, block, block + 1);
      ComputeListed(item, run.chosen[c], listed, head, heads);
    }
  }
}

inline void ComputeRunOfAllHeads(const Item& item, const Run& run) {
  const int64_t group = item.attention.group();
  for (int64_t first = 0; first < item.attention.heads; first += group) {
    for (int64_t head = 0; head < group; head += item.plan.slice) {
      const int64_t left = group - head;
      ComputeRun(item, run, first + head, left < item.plan.slice ? left : item.plan.slice);
    }
  }
  for (int64_t c = 0; c < run.count; ++c) {
    for (int64_t block = run.first; block < run.last; ++block) {
      item.scratch.seen[run.chosen[c]][block] = 0;
    }
  }
}

inline void ComputeSpan(const Item& item, int64_t begin, int64_t end) {
  LookAtMask(item, begin, end);
  const int64_t blocks = (end - begin + kBlock - 1) / kBlock;
  for (int64_t block = 0; block < blocks;) {
    const uint64_t set = DenseQueries(item, block);
    Run run{.span = begin,
            .span_end = end,
            .first = block,
            .last = block + 1,
            .chosen = {},
            .count = 0};
    while (run.last < blocks && DenseQueries(item, run.last) == set) ++run.last;
    block = run.last;
    for (uint64_t left = set; left != 0; left &= left - 1) {
      run.chosen[run.count++] = __builtin_ctzll(left);
    }
    if (run.count > 0) ComputeRunOfAllHeads(item, run);
  }
  for (int64_t i = 0; i < item.queries; ++i) {
    const int64_t listed = ListCells(item, i, begin, 0, blocks);
    if (listed > 0) ComputeListed(item, i, listed, 0, item.attention.heads);
  }
}

inline float* OutRow(const Attention& attention, int64_t stream, int64_t query, int64_t head) {
  const int64_t row = (stream * attention.query_count + query) * attention.heads + head;
  return attention.out + row * attention.value_size;
}

void ComputeItem(const Attention& attention, const Plan& plan, int64_t number, char* memory,
                 float* partial) {
  int64_t bytes = 0;
  const Scratch scratch = LayOutScratch(attention, plan, memory, bytes);
  float* const state = plan.chunks == 1 ? scratch.state : partial;
  // Last tiles first: causal ones see most, and long work is better begun early.
  const int64_t tile = plan.tiles - 1 - number / plan.chunks % plan.tiles;
  const int64_t chunk = number % plan.chunks;
  const int64_t rows_max = TileRows(attention, plan);
  Item item{.attention = attention,
            .plan = plan,
            .scratch = scratch,
            .stream = number / plan.chunks / plan.tiles,
            .query = tile * plan.tile_queries,
            .queries = plan.tile_queries,
            .begin = chunk * plan.chunk_cells,
            .end = (chunk + 1) * plan.chunk_cells,
            .out = state,
            .highest = state + rows_max * attention.value_size,
            .sum = state + rows_max * (attention.value_size + 1)};
  if (item.query + item.queries > attention.query_count) {
    item.queries = attention.query_count - item.query;
  }
  if (item.end > attention.cells) item.end = attention.cells;

  __builtin_memset(item.out, 0, item.rows() * attention.value_size * sizeof(float));
  for (int64_t row = 0; row < item.rows(); ++row) {
    item.highest[row] = kNoScore;
    item.sum[row] = 0;
  }
  for (int64_t cell = item.begin; cell < item.end; cell += kSpan) {
    ComputeSpan(item, cell, cell + kSpan < item.end ? cell + kSpan : item.end);
  }
  if (plan.chunks > 1) return;  // Merge finishes
  for (int64_t row = 0; row < item.rows(); ++row) {
    const float* const from = item.out + row * attention.value_size;
    float* const to = OutRow(attention, item.stream, item.query, 0) + row * attention.value_size;
    const Vector factor = Splat(item.sum[row] == 0 ? 0 : 1 / item.sum[row]);
    for (int64_t d = 0; d < attention.value_size; d += kLanes)
      Store(to + d, Load(from + d) * factor);
  }
}

// Partial results of the chunks of a row, in the order of the chunks.
void MergeRows(const Attention& attention, const Plan& plan, const WorkMemory& work, int64_t begin,
               int64_t end) {
  const int64_t size = attention.value_size;
  const int64_t rows_max = TileRows(attention, plan);
  for (int64_t row = begin; row < end; ++row) {
    const int64_t query = row / attention.heads % attention.query_count;
    const int64_t stream = row / attention.heads / attention.query_count;
    const int64_t tile = query / plan.tile_queries;
    const int64_t item = (stream * plan.tiles + plan.tiles - 1 - tile) * plan.chunks;
    const int64_t at = query % plan.tile_queries * attention.heads + row % attention.heads;
    float highest = kNoScore;
    for (int64_t chunk = 0; chunk < plan.chunks; ++chunk) {
      const float* const state = work.Partial(item + chunk) + rows_max * size;
      if (state[at] > highest) highest = state[at];
    }
    float* const to = attention.out + row * size;
    __builtin_memset(to, 0, size * sizeof(float));
    float sum = 0;
    for (int64_t chunk = 0; chunk < plan.chunks; ++chunk) {
      const float* const state = work.Partial(item + chunk);
      const float chunk_sum = state[rows_max * (size + 1) + at];
      if (chunk_sum == 0) continue;
      const Vector weight = Exp2(Splat(state[rows_max * size + at] - highest));
      sum += chunk_sum * weight[0];
      for (int64_t d = 0; d < size; d += kLanes) {
        Store(to + d, Fma(weight, Load(state + at * size + d), Load(to + d)));
      }
    }
    const Vector factor = Splat(sum == 0 ? 0 : 1 / sum);
    for (int64_t d = 0; d < size; d += kLanes) Store(to + d, Load(to + d) * factor);
  }
}
