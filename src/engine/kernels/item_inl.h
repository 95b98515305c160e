// One item: a tile of queries, all heads, the live blocks of a range of cells, step by step. Blocks
// that many rows see are computed densely, and what is left from lists of cells. So a query costs
// what it sees, whatever else lies in the cache. Included like vector_inl.h.
#pragma once

inline float* OutRow(const Attention& attention, int64_t stream, int64_t query, int64_t head) {
  const int64_t row = (stream * attention.query_count + query) * attention.heads + head;
  return attention.out + row * attention.value_size;
}

// What a row's sums are to be multiplied with to become its result.
BEDPLATE_INLINE Vector Finish(const Attention& attention, int64_t head, float highest, float sum) {
  if (sum == 0) return Splat(0);
  if (!attention.sinks) return Splat(1 / sum);
  const float sink = attention.sinks[head] * kLog2E;
  const float most = sink > highest ? sink : highest;
  const float kept = First(Exp2(Splat(highest - most)));
  return Splat(kept / (sum * kept + First(Exp2(Splat(sink - most)))));
}

inline Work WorkOf(const Attention& attention, const Survey& survey, const Item& item,
                   const WorkMemory& memory, int thread) {
  const Plan& plan = survey.plan;
  const MaskTable& table = survey.table;
  int64_t bytes = 0;
  const Scratch scratch = LayOutScratch(attention, plan, memory.Scratch(thread), bytes);
  float* const state = item.partial < 0 ? scratch.state : memory.Partial(item.partial);
  const int64_t rows_max = TileRows(attention, plan);
  const int64_t mask_stream = item.stream % attention.mask_streams;
  const int64_t mask_tile = mask_stream * plan.tiles + item.tile;
  const int64_t query = item.tile * plan.tile_queries;
  const int64_t mask_query = mask_stream * attention.query_count + query;
  const int64_t left = attention.query_count - query;
  const float cap = attention.soft_cap;
  for (int64_t head = 0; head < attention.heads; ++head) {
    scratch.slopes[head] = attention.max_bias == 0 ? 1 : MaskSlope(attention, head);
  }
  return Work{.attention = attention,
              .survey = survey,
              .scratch = scratch,
              .query_scale = cap == 0 ? attention.scale * kLog2E : attention.scale / cap,
              .cap = cap * kLog2E,
              .stream = item.stream,
              .query = query,
              .queries = left < plan.tile_queries ? left : plan.tile_queries,
              .first_block = item.first_block,
              .last_block = item.last_block,
              .out = state,
              .highest = state + rows_max * attention.value_size,
              .sum = state + rows_max * (attention.value_size + 1),
              .seen = table.seen + mask_query * plan.spans * kSpanBlocks,
              .biased = table.biased + mask_query * plan.spans,
              .live = table.live + mask_tile * plan.spans,
              .dense = table.dense + mask_tile * plan.spans * kSpanBlocks,
              .listed = table.listed + mask_tile * plan.spans * kSpanBlocks};
}

void ComputeItem(const Attention& attention, const Survey& survey, int64_t number,
                 const WorkMemory& memory, int thread) {
  const Item& item = survey.items[number];
  const Work work = WorkOf(attention, survey, item, memory, thread);
  __builtin_memset(work.out, 0, work.rows() * attention.value_size * sizeof(float));
  for (int64_t row = 0; row < work.rows(); ++row) {
    work.highest[row] = kNoScore;
    work.sum[row] = 0;
  }
  for (int64_t block = work.first_block; block < work.last_block;) {
    Step step;
    block = TakeStep(work, block, step);
    ComputeRuns(work, step);
    ComputeLists(work, step);
  }
  if (item.partial >= 0) return;  // MergeRows finishes
  for (int64_t row = 0; row < work.rows(); ++row) {
    const float* const from = work.out + row * attention.value_size;
    float* const to = OutRow(attention, work.stream, work.query, 0) + row * attention.value_size;
    const Vector factor =
        Finish(attention, row % attention.heads, work.highest[row], work.sum[row]);
    for (int64_t d = 0; d < attention.value_size; d += kLanes) {
      Store(to + d, Mul(Load(from + d), factor));
    }
  }
}

// Partial results of row `at` of a tile, in the order of its cells.
inline void MergeRow(const Attention& attention, const Survey& survey, const WorkMemory& memory,
                     const TileCut& cut, int64_t at, float* to) {
  const int64_t size = attention.value_size;
  const int64_t rows_max = TileRows(attention, survey.plan);
  float highest = kNoScore;
  for (int64_t p = 0; p < cut.partials; ++p) {
    const float* const state = memory.Partial(cut.first_partial + p) + rows_max * size;
    if (state[at] > highest) highest = state[at];
  }
  __builtin_memset(to, 0, size * sizeof(float));
  float sum = 0;
  for (int64_t p = 0; p < cut.partials; ++p) {
    const float* const state = memory.Partial(cut.first_partial + p);
    const float partial_sum = state[rows_max * (size + 1) + at];
    if (partial_sum == 0) continue;
    const Vector weight = Exp2(Splat(state[rows_max * size + at] - highest));
    sum += partial_sum * First(weight);
    for (int64_t d = 0; d < size; d += kLanes) {
      Store(to + d, MulAdd(weight, Load(state + at * size + d), Load(to + d)));
    }
  }
  const Vector factor = Finish(attention, at % attention.heads, highest, sum);
  for (int64_t d = 0; d < size; d += kLanes) Store(to + d, Mul(Load(to + d), factor));
}

void MergeRows(const Attention& attention, const Survey& survey, const WorkMemory& memory,
               int64_t begin, int64_t end) {
  const Plan& plan = survey.plan;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t query = row / attention.heads % attention.query_count;
    const int64_t stream = row / attention.heads / attention.query_count;
    const TileCut& cut = survey.tiles[stream * plan.tiles + query / plan.tile_queries];
    if (cut.partials == 0) continue;
    const int64_t at = query % plan.tile_queries * attention.heads + row % attention.heads;
    MergeRow(attention, survey, memory, cut, at, attention.out + row * attention.value_size);
  }
}
