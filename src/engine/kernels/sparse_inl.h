// Cells that few rows see: a list of cells for one query, the rows of one key head together, the
// numbers of a head in the lanes. Bound by memory, so what comes next is fetched ahead. Included
// like vector_inl.h.
#pragma once

// Rows computed together: as many as registers hold with four cells' sums.
constexpr int kListRows = kRegisters == 32 ? 4 : 2;

struct FormatCode;

struct CellList {
  const FormatCode* key_code;
  const FormatCode* value_code;
  const char* keys;    // of the key head
  const char* values;  // likewise
  int64_t key_stride;
  int64_t value_stride;
  int64_t key_size;
  int64_t value_size;
  float cap;              // scores are turned to cap * tanh(score); 0: not
  const uint32_t* cells;  // readable up to kBlock; those from `count` on repeat the last
  const float* bias;      // -inf from `count` on
  int64_t count;          // 1 .. kBlock
  bool fetch_next;        // kBlock more cells are listed
};

// Rows that see the list: scaled queries, and the state that grows.
struct ListRows {
  const float* queries;  // [row][key_size]
  const float* slopes;   // [row] what the bias is multiplied with
  float* out;            // [row][value_size]
  float* highest;        // [row]
  float* sum;            // [row]
};
using ListScores = float[kListRows][kBlock];

// Into the second cache: a head's rows lie a power of two apart, so that a block of them falls on a
// few sets of the first one, which would have lost them before they are used.
BEDPLATE_INLINE void Fetch(const char* from, int64_t bytes) {
  for (int64_t at = 0; at < bytes; at += 64) __builtin_prefetch(from + at, 0, 2);
}

template <class Row, int N>
void ScoreList(const CellList& list, const ListRows& rows, ListScores& scores) {
  const int64_t key_bytes = Row::Bytes(list.key_size);
  for (int64_t cell = 0; cell < list.count; cell += kLanes) {
    Vector fours[N][kLanes / 4];
#pragma clang loop unroll(disable)
    for (int four = 0; four < kLanes / 4; ++four) {
      const uint32_t* const cells = list.cells + cell + 4 * four;
      const char* key[4];
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; ++i) {
        key[i] = list.keys + cells[i] * list.key_stride;
        if (list.fetch_next) Fetch(list.keys + cells[kBlock + i] * list.key_stride, key_bytes);
      }
      Vector sum[N][4];
#pragma clang loop unroll(full)
      for (int n = 0; n < N; ++n) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; ++i) sum[n][i] = Splat(0);
      }
      for (int64_t d = 0; d < list.key_size; d += kLanes) {
        Vector numbers[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; ++i) numbers[i] = Row::Load(key[i], d);
#pragma clang loop unroll(full)
        for (int n = 0; n < N; ++n) {
          const Vector query = Load(rows.queries + n * list.key_size + d);
#pragma clang loop unroll(full)
          for (int i = 0; i < 4; ++i) sum[n][i] = MulAdd(query, numbers[i], sum[n][i]);
        }
      }
#pragma clang loop unroll(full)
      for (int n = 0; n < N; ++n) {
        fours[n][four] = SumFour(sum[n][0], sum[n][1], sum[n][2], sum[n][3]);
      }
    }
    const Vector bias = Load(list.bias + cell);
#pragma clang loop unroll(full)
    for (int n = 0; n < N; ++n) {
      Vector score = SumAll(fours[n]);
      if (list.cap != 0) score = Mul(Tanh(score), Splat(list.cap));
      Store(&scores[n][cell], MulAdd(bias, Splat(rows.slopes[n]), score));
    }
  }
}

// Scores become weights; returns by how much the row's sums so far are to be scaled.
BEDPLATE_INLINE float WeightList(int64_t count, float* scores, float& highest, float& sum) {
  Vector most = Load(scores);
  for (int64_t cell = kLanes; cell < count; cell += kLanes) most = Max(most, Load(scores + cell));
  const float before = highest;
  const float now = Highest(most);
  highest = now > before ? now : before;
  Vector total = Splat(0);
  for (int64_t cell = 0; cell < count; cell += kLanes) {
    const Vector weight = Exp2(Sub(Load(scores + cell), Splat(highest)));
    total = Add(total, weight);
    Store(scores + cell, weight);
  }
  const float rescale = First(Exp2(Splat(before - highest)));
  sum = sum * rescale + Sum(total);
  return rescale;
}

// Adds the weighted values of `W` vectors of every row from number `d` on.
template <class Row, int N, int W>
BEDPLATE_INLINE void SumVectors(const CellList& list, const ListRows& rows, int64_t d,
                                const ListScores& weights, const float* rescale) {
  Vector sum[N][W];
#pragma clang loop unroll(full)
  for (int n = 0; n < N; ++n) {
#pragma clang loop unroll(full)
    for (int w = 0; w < W; ++w) {
      const Vector before = Load(rows.out + n * list.value_size + d + w * kLanes);
      sum[n][w] = Mul(before, Splat(rescale[n]));
    }
  }
  for (int64_t cell = 0; cell < list.count; ++cell) {
    const char* const value = list.values + list.cells[cell] * list.value_stride;
    if (list.fetch_next) {
      Fetch(list.values + list.cells[cell + kBlock] * list.value_stride + Row::Bytes(d),
            Row::Bytes(W * kLanes));
    }
    Vector numbers[W];
#pragma clang loop unroll(full)
    for (int w = 0; w < W; ++w) numbers[w] = Row::Load(value, d + w * kLanes);
#pragma clang loop unroll(full)
    for (int n = 0; n < N; ++n) {
      const Vector weight = Splat(weights[n][cell]);
#pragma clang loop unroll(full)
      for (int w = 0; w < W; ++w) sum[n][w] = MulAdd(weight, numbers[w], sum[n][w]);
    }
  }
#pragma clang loop unroll(full)
  for (int n = 0; n < N; ++n) {
#pragma clang loop unroll(full)
    for (int w = 0; w < W; ++w) {
      Store(rows.out + n * list.value_size + d + w * kLanes, sum[n][w]);
    }
  }
}

template <class Row, int N>
void SumList(const CellList& list, const ListRows& rows, const ListScores& weights,
             const float* rescale) {
  int64_t d = 0;
  for (; d + 4 * kLanes <= list.value_size; d += 4 * kLanes) {
    SumVectors<Row, N, 4>(list, rows, d, weights, rescale);
  }
  for (; d < list.value_size; d += kLanes) SumVectors<Row, N, 1>(list, rows, d, weights, rescale);
}
