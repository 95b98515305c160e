// Blocks of a step that the same queries see densely. Included like vector_inl.h.
#pragma once

struct Run {
  const uint32_t* blocks;
  int64_t block_count;  // <= kStepBlocks
  int64_t chosen[kTileQueriesMax];
  int64_t count;  // of chosen
};

// What the mask adds, for each cell of a block and each row of a run.
inline void SpreadMask(const Work& work, const Run& run, int64_t head, int64_t heads, int64_t block,
                       int64_t lanes) {
  const float* const slopes = work.scratch.slopes + head;
  float* const mask = work.scratch.mask;
  for (int64_t c = 0; c < run.count; ++c) {
    const int64_t i = run.chosen[c];
    const uint32_t seen = work.Seen(i, block);
    const bool biased = work.Biased(i, block);
    for (int64_t cell = 0; cell < kBlock; ++cell) {
      float value = (seen >> cell & 1) != 0 ? 0.0f : -INFINITY;
      if (biased && value == 0) value = work.MaskAt(i, block * kBlock + cell);
      for (int64_t h = 0; h < heads; ++h) mask[cell * lanes + c * heads + h] = value * slopes[h];
    }
  }
  for (int64_t cell = 0; cell < kBlock; ++cell) {
    for (int64_t row = run.count * heads; row < lanes; ++row) mask[cell * lanes + row] = 0;
  }
}

// Whether some query of the run does not see all of a block, or has values added.
inline bool IsMasked(const Work& work, const Run& run, int64_t block) {
  for (int64_t c = 0; c < run.count; ++c) {
    const int64_t i = run.chosen[c];
    if (work.Seen(i, block) != ~0u || work.Biased(i, block)) return true;
  }
  return false;
}

// Where the rows of a run are, for the heads [head, head + heads) of one group.
struct RunRows {
  int64_t count;
  int64_t lanes;  // count rounded up to whole vectors
  const float* queries[kRowsMax];
  float* out[kRowsMax];
  int64_t at[kRowsMax];  // row of the item
};

inline void GatherRows(const Work& work, const Run& run, int64_t head, int64_t heads,
                       RunRows& rows) {
  const Attention& attention = work.attention;
  const Scratch& scratch = work.scratch;
  rows.count = run.count * heads;
  rows.lanes = (rows.count + kLanes - 1) / kLanes * kLanes;
  for (int64_t row = 0; row < rows.count; ++row) {
    const int64_t i = run.chosen[row / heads];
    const int64_t at = i * attention.heads + head + row % heads;
    rows.at[row] = at;
    rows.queries[row] = work.Query(i, head + row % heads);
    rows.out[row] = work.out + at * attention.value_size;
    scratch.highest[row] = work.highest[at];
    scratch.sum[row] = work.sum[at];
  }
  for (int64_t row = rows.count; row < rows.lanes; ++row)
    scratch.highest[row] = scratch.sum[row] = 0;
  RowsToLanes(rows.queries, rows.count, rows.lanes, attention.key_size, work.query_scale,
              scratch.queries);
  RowsToLanes(rows.out, rows.count, rows.lanes, attention.value_size, 1, scratch.out);
}

inline void ScatterRows(const Work& work, const RunRows& rows) {
  LanesToRows(work.scratch.out, rows.count, rows.lanes, work.attention.value_size, rows.out);
  for (int64_t row = 0; row < rows.count; ++row) {
    work.highest[rows.at[row]] = work.scratch.highest[row];
    work.sum[rows.at[row]] = work.scratch.sum[row];
  }
}

// A run for the heads [head, head + heads) of one group.
inline void ComputeRun(const Work& work, const Run& run, int64_t head, int64_t heads) {
  const Attention& attention = work.attention;
  RunRows rows;
  GatherRows(work, run, head, heads, rows);
  const FormatCode& keys = CodeOf(attention.key_format);
  const FormatCode& values = CodeOf(attention.value_format);
  const int64_t key_head = head / attention.group();
  DenseBlock dense{work.scratch, attention.key_size, attention.value_size, rows.lanes, false,
                   work.cap};
  uint64_t unfit = 0;  // a bit for each block
  for (int64_t b = 0; b < run.block_count; ++b) {
    const int64_t cell = run.blocks[b] * kBlock;
    const int64_t left = attention.cells - cell;
    const int64_t count = left < kBlock ? left : kBlock;
    keys.load_keys(work.KeyHead(key_head) + cell * attention.key_stride, attention.key_stride,
                   count, attention.key_size, work.scratch.keys);
    if (!values.load_values(work.ValueHead(key_head) + cell * attention.value_stride,
                            attention.value_stride, count, attention.value_size,
                            work.scratch.values)) {
      unfit |= uint64_t{1} << b;
      continue;
    }
    dense.masked = IsMasked(work, run, run.blocks[b]);
    if (dense.masked) SpreadMask(work, run, head, heads, run.blocks[b], rows.lanes);
    ComputeBlock(dense);
  }
  ScatterRows(work, rows);
  for (; unfit != 0; unfit &= unfit - 1) {
    const int64_t block = run.blocks[__builtin_ctzll(unfit)];
    for (int64_t c = 0; c < run.count; ++c) {
      const int64_t count = ListBlock(work, run.chosen[c], block, 0);
      ComputeListed(work, run.chosen[c], count, head, heads);
    }
  }
}

inline void ComputeRunOfAllHeads(const Work& work, const Run& run) {
  const int64_t group = work.attention.group();
  const int64_t slice = work.survey.plan.slice;
  for (int64_t first = 0; first < work.attention.heads; first += group) {
    for (int64_t head = 0; head < group; head += slice) {
      const int64_t left = group - head;
      ComputeRun(work, run, first + head, left < slice ? left : slice);
    }
  }
}

// The dense blocks of a step, those together that the same queries see.
inline void ComputeRuns(const Work& work, const Step& step) {
  for (int64_t first = 0; first < step.count;) {
    const uint64_t set = work.dense[step.blocks[first]];
    int64_t last = first + 1;
    while (last < step.count && work.dense[step.blocks[last]] == set) ++last;
    Run run{.blocks = step.blocks + first, .block_count = last - first, .chosen = {}, .count = 0};
    for (uint64_t left = set; left != 0; left &= left - 1) {
      run.chosen[run.count++] = __builtin_ctzll(left);
    }
    if (run.count > 0) ComputeRunOfAllHeads(work, run);
    first = last;
  }
}
