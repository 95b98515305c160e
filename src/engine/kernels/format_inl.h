// How K and V are read: a policy for each format, and the code made with it. Included like
// vector_inl.h.
#pragma once

// Numbers [at, at + kLanes) of a row; at is a multiple of kLanes.
struct F16Row {
  static constexpr int64_t Bytes(int64_t numbers) { return 2 * numbers; }
  BEDPLATE_INLINE static Vector Load(const char* row, int64_t at) { return LoadHalf(row + 2 * at); }
};
struct Bf16Row {
  static constexpr int64_t Bytes(int64_t numbers) { return 2 * numbers; }
  BEDPLATE_INLINE static Vector Load(const char* row, int64_t at) { return LoadBf16(row + 2 * at); }
};
struct Q8Row {
  static constexpr int64_t kBlockBytes = 2 + kQ8Block;
  static constexpr int64_t Bytes(int64_t numbers) { return numbers / kQ8Block * kBlockBytes; }
  // The product is exact in F32.
  BEDPLATE_INLINE static Vector Load(const char* row, int64_t at) {
    const char* const block = row + at / kQ8Block * kBlockBytes;
    return Mul(Splat(HalfAt(block)), LoadBytes(block + 2 + at % kQ8Block));
  }
};

struct FormatCode {
  // dense_inl.h, sparse_inl.h; for 1 to kListRows rows
  bool (*load_keys)(const char* rows, int64_t stride, int64_t count, int64_t size, float* to);
  bool (*load_values)(const char* rows, int64_t stride, int64_t count, int64_t size, float* to);
  void (*score[kListRows])(const CellList&, const ListRows&, ListScores& scores);
  void (*sum[kListRows])(const CellList&, const ListRows&, const ListScores& weights,
                         const float* rescale);
};

template <class Row>
constexpr FormatCode MakeFormatCode() {
  if constexpr (kListRows == 4) {
    return {.load_keys = LoadCells<Row, false>,
            .load_values = LoadCells<Row, true>,
            .score = {ScoreList<Row, 1>, ScoreList<Row, 2>, ScoreList<Row, 3>, ScoreList<Row, 4>},
            .sum = {SumList<Row, 1>, SumList<Row, 2>, SumList<Row, 3>, SumList<Row, 4>}};
  } else {
    return {.load_keys = LoadCells<Row, false>,
            .load_values = LoadCells<Row, true>,
            .score = {ScoreList<Row, 1>, ScoreList<Row, 2>},
            .sum = {SumList<Row, 1>, SumList<Row, 2>}};
  }
}

// In the order of Format.
constexpr FormatCode kFormatCodes[] = {MakeFormatCode<F16Row>(), MakeFormatCode<Bf16Row>(),
                                       MakeFormatCode<Q8Row>()};

inline const FormatCode& CodeOf(Format format) { return kFormatCodes[static_cast<size_t>(format)]; }

// The list for any number of rows, kListRows at a time.
inline void ComputeList(const CellList& list, ListRows rows, int64_t count) {
  while (count > 0) {
    const int64_t taken = count < kListRows ? count : kListRows;
    alignas(64) ListScores scores;
    float rescale[kListRows];
    list.key_code->score[taken - 1](list, rows, scores);
    for (int64_t n = 0; n < taken; ++n) {
      rescale[n] = WeightList(list.count, scores[n], rows.highest[n], rows.sum[n]);
    }
    list.value_code->sum[taken - 1](list, rows, scores, rescale);
    rows.queries += taken * list.key_size;
    rows.slopes += taken;
    rows.out += taken * list.value_size;
    rows.highest += taken;
    rows.sum += taken;
    count -= taken;
  }
}
