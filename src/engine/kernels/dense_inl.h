// Blocks of cells that many rows see: one row in each lane, so that every K and V number read is
// used for all of them. Scores and the weighted sum are both matrix products of the same form,
//   C[i][row] += A[i][k] * B[k][row],
// with A a K or V number in all lanes and C in registers. Included like vector_inl.h.
#pragma once

// Rows of C held in registers at a time, beside kPanelVectors of lanes.
constexpr int kTile = kRegisters == 32 ? 8 : 4;
constexpr int kPanelVectors = kRegisters == 32 ? 3 : 2;

struct DenseBlock {
  Scratch scratch;
  int64_t key_size;
  int64_t value_size;
  int64_t rows;  // a multiple of kLanes
  bool masked;   // scratch.mask counts
  float cap;     // scores are turned to cap * tanh(score); 0: not
};

// Scores of the block for the lanes from `lane` on: masked, their maximum kept.
template <int N>
BEDPLATE_INLINE void ScorePanel(const DenseBlock& block, int64_t lane, Vector (&highest)[N]) {
  const float* const queries = block.scratch.queries + lane;
  for (int64_t cell = 0; cell < kBlock; cell += kTile) {
    const float* const keys = block.scratch.keys + cell * block.key_size;
    Vector sum[kTile][N];
#pragma clang loop unroll(full)
    for (int i = 0; i < kTile; ++i) {
#pragma clang loop unroll(full)
      for (int n = 0; n < N; ++n) sum[i][n] = Splat(0);
    }
    for (int64_t d = 0; d < block.key_size; ++d) {
      Vector query[N];
#pragma clang loop unroll(full)
      for (int n = 0; n < N; ++n) query[n] = Load(queries + d * block.rows + n * kLanes);
#pragma clang loop unroll(full)
      for (int i = 0; i < kTile; ++i) {
        const Vector key = Splat(keys[i * block.key_size + d]);
#pragma clang loop unroll(full)
        for (int n = 0; n < N; ++n) sum[i][n] = MulAdd(key, query[n], sum[i][n]);
      }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < kTile; ++i) {
#pragma clang loop unroll(full)
      for (int n = 0; n < N; ++n) {
        const int64_t at = (cell + i) * block.rows + lane + n * kLanes;
        Vector score = sum[i][n];
        if (block.cap != 0) score = Mul(Tanh(score), Splat(block.cap));
        if (block.masked) score = AddMask(score, Load(block.scratch.mask + at));
        highest[n] = Max(highest[n], score);
        Store(block.scratch.scores + at, score);
      }
    }
  }
}

// Scores become weights; returns by how much what was summed before is to be scaled.
template <int N>
BEDPLATE_INLINE void WeightPanel(const DenseBlock& block, int64_t lane, const Vector (&highest)[N],
                                 Vector (&rescale)[N]) {
#pragma clang loop unroll(full)
  for (int n = 0; n < N; ++n) {
    const int64_t at = lane + n * kLanes;
    rescale[n] = Exp2(Sub(Load(block.scratch.highest + at), highest[n]));
    Vector sum = Splat(0);
    float* scores = block.scratch.scores + at;
    for (int64_t cell = 0; cell < kBlock; ++cell, scores += block.rows) {
      const Vector weight = Exp2(Sub(Load(scores), highest[n]));
      sum = Add(sum, weight);
      Store(scores, weight);
    }
    Store(block.scratch.highest + at, highest[n]);
    Store(block.scratch.sum + at, MulAdd(Load(block.scratch.sum + at), rescale[n], sum));
  }
}

template <int N>
BEDPLATE_INLINE void SumPanel(const DenseBlock& block, int64_t lane, const Vector (&rescale)[N]) {
  for (int64_t d = 0; d < block.value_size; d += kTile) {
    float* const out = block.scratch.out + d * block.rows + lane;
    const float* values = block.scratch.values + d;
    const float* weights = block.scratch.scores + lane;
    Vector sum[kTile][N];
#pragma clang loop unroll(full)
    for (int i = 0; i < kTile; ++i) {
#pragma clang loop unroll(full)
      for (int n = 0; n < N; ++n)
        sum[i][n] = Mul(Load(out + i * block.rows + n * kLanes), rescale[n]);
    }
    for (int64_t cell = 0; cell < kBlock; ++cell) {
      Vector weight[N];
#pragma clang loop unroll(full)
      for (int n = 0; n < N; ++n) weight[n] = Load(weights + n * kLanes);
#pragma clang loop unroll(full)
      for (int i = 0; i < kTile; ++i) {
        const Vector value = Splat(values[i]);
#pragma clang loop unroll(full)
        for (int n = 0; n < N; ++n) sum[i][n] = MulAdd(value, weight[n], sum[i][n]);
      }
      values += block.value_size;
      weights += block.rows;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < kTile; ++i) {
#pragma clang loop unroll(full)
      for (int n = 0; n < N; ++n) Store(out + i * block.rows + n * kLanes, sum[i][n]);
    }
  }
}

template <int N>
void ComputePanel(const DenseBlock& block, int64_t lane) {
  Vector highest[N];
  Vector rescale[N];
#pragma clang loop unroll(full)
  for (int n = 0; n < N; ++n) highest[n] = Load(block.scratch.highest + lane + n * kLanes);
  ScorePanel<N>(block, lane, highest);
  WeightPanel<N>(block, lane, highest, rescale);
  SumPanel<N>(block, lane, rescale);
}

inline void ComputeBlock(const DenseBlock& block) {
  int64_t lane = 0;
  for (; lane + kPanelVectors * kLanes <= block.rows; lane += kPanelVectors * kLanes) {
    ComputePanel<kPanelVectors>(block, lane);
  }
  const int64_t left = (block.rows - lane) / kLanes;
  if (left == 2) ComputePanel<2>(block, lane);
  if (left == 1) ComputePanel<1>(block, lane);
}

// Turns `count` rows of `size` numbers (the last row repeated up to kBlock) to F32. Of values,
// false if one is not finite: a weight of 0 would not hide it.
template <class Row, bool Values>
bool LoadCells(const char* rows, int64_t stride, int64_t count, int64_t size, float* to) {
  FiniteWatch watch = BeginWatch();
  for (int64_t cell = 0; cell < kBlock; ++cell) {
    const char* const row = rows + (cell < count ? cell : count - 1) * stride;
    for (int64_t d = 0; d < size; d += kLanes) {
      const Vector numbers = Row::Load(row, d);
      if constexpr (Values) Watch(watch, numbers);
      Store(to + cell * size + d, numbers);
    }
  }
  return AllFinite(watch);
}

// to[d][row] = from[row][d] * scale, for `rows` rows; lanes after them become 0.
inline void RowsToLanes(const float* const* from, int64_t rows, int64_t lanes, int64_t size,
                        float scale, float* to) {
  for (int64_t row = 0; row < lanes; row += kLanes) {
    for (int64_t d = 0; d < size; d += kLanes) {
      Vector block[kLanes];
      for (int i = 0; i < kLanes; ++i) {
        block[i] = row + i < rows ? Mul(Load(from[row + i] + d), Splat(scale)) : Splat(0);
      }
      Transpose(block);
      for (int i = 0; i < kLanes; ++i) Store(to + (d + i) * lanes + row, block[i]);
    }
  }
}

inline void LanesToRows(const float* from, int64_t rows, int64_t lanes, int64_t size,
                        float* const* to) {
  for (int64_t row = 0; row < rows; row += kLanes) {
    for (int64_t d = 0; d < size; d += kLanes) {
      Vector block[kLanes];
      for (int i = 0; i < kLanes; ++i) block[i] = Load(from + (d + i) * lanes + row);
      Transpose(block);
      for (int i = 0; i < kLanes && row + i < rows; ++i) Store(to[row + i] + d, block[i]);
    }
  }
}
