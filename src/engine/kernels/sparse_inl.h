// Cells that few rows see: a list of cells for one query, the rows of one key head together, the
// numbers of a head in the lanes. Bound by memory, so what comes next is fetched ahead. Included
// like vector_inl.h.
#pragma once

// Rows computed together: as many as registers hold with four cells' sums.
constexpr int kListRows = kRegisters == 32 ? 4 : 2;

struct CellList {
  const char* keys;    // of the key head
  const char* values;  // likewise
  int64_t key_stride;
  int64_t value_stride;
  int64_t key_size;
  int64_t value_size;
  const uint32_t* cells;  // readable up to kBlock; those from `count` on repeat the last
  const float* bias;      // -inf from `count` on
  int64_t count;          // 1 .. kBlock
  bool fetch_next;        // kBlock more cells are listed
};

// Rows that see the list: scaled queries, and the state that grows.
template <int N>
struct ListRows {
  const float* queries;  // [N][key_size]
  float* out;            // [N][value_size]
  float* highest;        // [N]
  float* sum;            // [N]
};

BEDPLATE_INLINE void Fetch(const char* from, int64_t bytes) {
  for (int64_t at = 0; at < bytes; at += 64) __builtin_prefetch(from + at);
}

template <int N>
BEDPLATE_INLINE void ScoreList(const CellList& list, const ListRows<N>& rows,
                               float (&scores)[N][kBlock]) {
  const int64_t key_bytes = 2 * list.key_size;
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
      Vector sum[N][4] = {};
      for (int64_t d = 0; d < list.key_size; d += kLanes) {
        Vector numbers[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; ++i) numbers[i] = LoadHalf(key[i] + 2 * d);
#pragma clang loop unroll(full)
        for (int n = 0; n < N; ++n) {
          const Vector query = Load(rows.queries + n * list.key_size + d);
#pragma clang loop unroll(full)
          for (int i = 0; i < 4; ++i) sum[n][i] = Fma(query, numbers[i], sum[n][i]);
        }
      }
#pragma clang loop unroll(full)
      for (int n = 0; n < N; ++n) {
        fours[n][four] = SumFour(sum[n][0], sum[n][1], sum[n][2], sum[n][3]);
      }
    }
    const Vector bias = Load(list.bias + cell);
#pragma clang loop unroll(full)
    for (int n = 0; n < N; ++n) Store(&scores[n][cell], Add(SumAll(fours[n]), bias));
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
    const Vector weight = Exp2(Subtract(Load(scores + cell), Splat(highest)));
    total = Add(total, weight);
    Store(scores + cell, weight);
  }
  const float rescale = First(Exp2(Splat(before - highest)));
  sum = sum * rescale + Sum(total);
  return rescale;
}

// Adds the weighted values of `W` vectors of every row from number `d` on.
template <int N, int W>
BEDPLATE_INLINE void SumList(const CellList& list, const ListRows<N>& rows, int64_t d,
                             const float (&weights)[N][kBlock], const float (&rescale)[N]) {
  Vector sum[N][W];
#pragma clang loop unroll(full)
  for (int n = 0; n < N; ++n) {
#pragma clang loop unroll(full)
    for (int w = 0; w < W; ++w) {
      sum[n][w] =
          Multiply(Load(rows.out + n * list.value_size + d + w * kLanes), Splat(rescale[n]));
    }
  }
  for (int64_t cell = 0; cell < list.count; ++cell) {
    const char* const value = list.values + list.cells[cell] * list.value_stride + 2 * d;
    if (list.fetch_next) {
      Fetch(list.values + list.cells[cell + kBlock] * list.value_stride + 2 * d, 2 * W * kLanes);
    }
    Vector numbers[W];
#pragma clang loop unroll(full)
    for (int w = 0; w < W; ++w) numbers[w] = LoadHalf(value + 2 * w * kLanes);
#pragma clang loop unroll(full)
    for (int n = 0; n < N; ++n) {
      const Vector weight = Splat(weights[n][cell]);
#pragma clang loop unroll(full)
      for (int w = 0; w < W; ++w) sum[n][w] = Fma(weight, numbers[w], sum[n][w]);
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

template <int N>
void ComputeList(const CellList& list, const ListRows<N>& rows) {
  alignas(64) float scores[N][kBlock];
  float rescale[N];
  ScoreList<N>(list, rows, scores);
#pragma clang loop unroll(full)
  for (int n = 0; n < N; ++n) {
    rescale[n] = WeightList(list.count, scores[n], rows.highest[n], rows.sum[n]);
  }
  int64_t d = 0;
  for (; d + 4 * kLanes <= list.value_size; d += 4 * kLanes) {
    SumList<N, 4>(list, rows, d, scores, rescale);
  }
  for (; d < list.value_size; d += kLanes) SumList<N, 1>(list, rows, d, scores, rescale);
}

// For any number of rows, kListRows at a time.
inline void ComputeList(const CellList& list, ListRows<1> rows, int64_t count) {
  while (count > 0) {
    const int64_t taken = count < kListRows ? count : kListRows;
    const auto as = [&]<int N>() {
      ComputeList<N>(list, ListRows<N>{rows.queries, rows.out, rows.highest, rows.sum});
    };
    if (taken == 1) as.template operator()<1>();
    if (taken == 2) as.template operator()<2>();
    if constexpr (kListRows == 4) {
      if (taken == 3) as.template operator()<3>();
      if (taken == 4) as.template operator()<4>();
    }
    rows.queries += taken * list.key_size;
    rows.out += taken * list.value_size;
    rows.highest += taken;
    rows.sum += taken;
    count -= taken;
  }
}
