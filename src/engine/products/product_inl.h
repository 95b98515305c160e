// The products, for one instruction set. Included inside a namespace of its own by product_*.cc,
// which says before what a vector is:
//
//   kLanes, kRowsMax        rows of weights in a vector, rows of activations computed together
//   kHalfRowsMax            the same where weights are halves, of which two vectors are used at
//   once Floats, Ints, Bytes     vectors of kLanes floats, kLanes int32, 4 * kLanes bytes
//   LoadBytes, LoadHalves, LoadBrains   from memory, unaligned
//   MultiplyAdd             a * b + c
//   AddNibbles, AddBytes    sums + the products of four weights of each lane with four activations
//   kBytesAreShifted        whether AddBytes takes weights with their 128

#pragma once

// Four activations in every lane.
inline Bytes SplatFour(const std::byte* from) {
  int32_t four;
  __builtin_memcpy(&four, from, sizeof four);
  return reinterpret_cast<Bytes>(Ints{} + four);
}

inline Floats Splat(float value) { return Floats{} + value; }
inline Floats ToFloats(Ints values) { return __builtin_convertvector(values, Floats); }

// One vector of the panel's rows with `kRows` rows of activations. Weights are used for all rows
// before the next ones are read: that many sums are under way, which hides the latency.
template <Format kFormat, int kRows>
void ComputeTile(const Product& product, const std::byte* panel, int64_t lane, int64_t first_row,
                 int64_t first_out) {
  constexpr bool kNibbles = kFormat == Format::kNibbles;
  const int64_t blocks = product.columns / kBlockColumns;
  const int64_t stride = product.activation_stride;
  const std::byte* const rows = product.activations + first_row * stride;
  const std::byte* values = panel + lane * 4;
  const std::byte* scales = panel + blocks * ValueBytes(kFormat) + lane * 2;
  Floats result[kRows] = {};
  for (int64_t block = 0; block < blocks; ++block) {
    const std::byte* const activations = rows + block * kBlockColumns;
    const std::byte* const facts =
        rows + product.columns + block * static_cast<int64_t>(sizeof(ActivationBlock));
    const auto fact = [&](int row) {
      ActivationBlock read;
      __builtin_memcpy(&read, facts + row * stride, sizeof read);
      return read;
    };
    Ints sums[kRows];
#pragma clang loop unroll(full)
    for (int row = 0; row < kRows; ++row) {
      sums[row] = Ints{};
      if constexpr (!kNibbles && kBytesAreShifted) sums[row] += fact(row).shift;
    }
#pragma clang loop unroll(full)
    for (int vector = 0; vector < ValueBytes(kFormat) / kVectorBytes; ++vector) {
      const Bytes weights = LoadBytes(values + vector * kVectorBytes);
      if constexpr (kNibbles) {
        const Bytes low = weights & 15;
        const Bytes high = HighNibbles(weights);
#pragma clang loop unroll(full)
        for (int row = 0; row < kRows; ++row) {
          sums[row] =
              AddNibbles(sums[row], low, SplatFour(activations + row * stride + vector * 4));
        }
#pragma clang loop unroll(full)
        for (int row = 0; row < kRows; ++row) {
          sums[row] =
              AddNibbles(sums[row], high, SplatFour(activations + row * stride + 16 + vector * 4));
        }
      } else {
#pragma clang loop unroll(full)
        for (int row = 0; row < kRows; ++row) {
          sums[row] =
              AddBytes(sums[row], weights, SplatFour(activations + row * stride + vector * 4));
        }
      }
    }
    const Floats scale = LoadHalves(scales);
#pragma clang loop unroll(full)
    for (int row = 0; row < kRows; ++row) {
      result[row] = MultiplyAdd(ToFloats(sums[row]), scale * fact(row).scale, result[row]);
    }
    if constexpr (kNibbles) {
      const Floats minimum = LoadHalves(scales + kPanelRows * 2);
#pragma clang loop unroll(full)
      for (int row = 0; row < kRows; ++row) {
        result[row] = MultiplyAdd(minimum, Splat(fact(row).sum), result[row]);
      }
    }
    values += ValueBytes(kFormat);
    scales += ScaleBytes(kFormat);
  }
  for (int row = 0; row < kRows; ++row) {
    __builtin_memcpy(product.out + (first_row + row) * product.out_stride + first_out + lane,
                     &result[row], sizeof result[row]);
  }
}

// `kVectors` vectors of the panels' rows with `kRows` rows of activations: each activation is read
// once for all of them. The vectors lie in one panel, or in two that follow each other.
template <Format kFormat, int kVectors, int kRows>
void ComputeHalfTile(const Product& product, const std::byte* panel, int64_t first_row,
                     int64_t first_out) {
  const int64_t stride = product.activation_stride;
  const std::byte* activations = product.activations + first_row * stride;
  const int64_t panel_bytes = PanelBytes(kFormat, product.columns);
  const std::byte* weights[kVectors];
  for (int vector = 0; vector < kVectors; ++vector) {
    const int row = vector * kLanes;
    weights[vector] = panel + row / kPanelRows * panel_bytes + row % kPanelRows * 2;
  }
  Floats sums[kRows][kVectors] = {};
  for (int64_t column = 0; column < product.columns; ++column) {
    Floats read[kVectors];
#pragma clang loop unroll(full)
    for (int vector = 0; vector < kVectors; ++vector) {
      const std::byte* const from = weights[vector] + column * kPanelRows * 2;
      read[vector] = kFormat == Format::kHalves ? LoadHalves(from) : LoadBrains(from);
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < kRows; ++row) {
      float activation;
      __builtin_memcpy(&activation, activations + row * stride, sizeof activation);
#pragma clang loop unroll(full)
      for (int vector = 0; vector < kVectors; ++vector) {
        sums[row][vector] = MultiplyAdd(read[vector], Splat(activation), sums[row][vector]);
      }
    }
    activations += sizeof(float);
  }
  for (int row = 0; row < kRows; ++row) {
    __builtin_memcpy(product.out + (first_row + row) * product.out_stride + first_out, sums[row],
                     sizeof sums[row]);
  }
}

using Tile = void (*)(const Product&, const std::byte*, int64_t, int64_t, int64_t);
using HalfTile = void (*)(const Product&, const std::byte*, int64_t, int64_t);

template <Format kFormat, int... kRows>
Tile TileOf(int64_t rows, std::integer_sequence<int, kRows...>) {
  static constexpr Tile kTiles[] = {ComputeTile<kFormat, kRows + 1>...};
  return kTiles[rows - 1];
}

template <Format kFormat, int kVectors, int... kRows>
HalfTile HalfTileOf(int64_t rows, std::integer_sequence<int, kRows...>) {
  static constexpr HalfTile kTiles[] = {ComputeHalfTile<kFormat, kVectors, kRows + 1>...};
  return kTiles[rows - 1];
}

// Tiles of about equal size: 16 rows are 8 and 8 rather than 12 and 4.
template <typename Compute>
void ForEachTile(int64_t count, int64_t rows_max, const Compute& compute) {
  const int64_t tiles = (count + rows_max - 1) / rows_max;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t first = count * tile / tiles;
    compute(first, count * (tile + 1) / tiles - first);
  }
}

template <Format kFormat>
void ComputeQuantised(const Product& product, int64_t begin, int64_t end) {
  constexpr auto kSizes = std::make_integer_sequence<int, kRowsMax>();
  for (int64_t panel = begin; panel < end; ++panel) {
    const std::byte* const from = product.panels + panel * PanelBytes(kFormat, product.columns);
    ForEachTile(product.count, kRowsMax, [&](int64_t first, int64_t rows) {
      const Tile compute = TileOf<kFormat>(rows, kSizes);
      for (int64_t lane = 0; lane < kPanelRows; lane += kLanes) {
        compute(product, from, lane, first, panel * kPanelRows);
      }
    });
  }
}

template <Format kFormat>
void ComputeHalves(const Product& product, int64_t begin, int64_t end) {
  constexpr auto kSizes = std::make_integer_sequence<int, kHalfRowsMax>();
  constexpr int64_t kPanels = 2 * kLanes / kPanelRows;  // that two vectors fill
  const auto compute = [&]<int kVectors>(int64_t panel) {
    const std::byte* const from = product.panels + panel * PanelBytes(kFormat, product.columns);
    ForEachTile(product.count, kHalfRowsMax, [&](int64_t first, int64_t rows) {
      HalfTileOf<kFormat, kVectors>(rows, kSizes)(product, from, first, panel * kPanelRows);
    });
  };
  int64_t panel = begin;
  for (; panel + kPanels <= end; panel += kPanels) compute.template operator()<2>(panel);
  if (panel < end) compute.template operator()<1>(panel);
}

void Compute(const Product& product, int64_t begin, int64_t end) {
  switch (product.format) {
    case Format::kNibbles:
      return ComputeQuantised<Format::kNibbles>(product, begin, end);
    case Format::kBytes:
      return ComputeQuantised<Format::kBytes>(product, begin, end);
    case Format::kHalves:
      return ComputeHalves<Format::kHalves>(product, begin, end);
    case Format::kBrains:
      return ComputeHalves<Format::kBrains>(product, begin, end);
  }
}

void Round(const float* row, int64_t columns, std::byte* to) {
  using Half = float __attribute__((vector_size(64)));  // of a block
  using HalfInts = int32_t __attribute__((vector_size(64)));
  using HalfBytes = int8_t __attribute__((vector_size(16)));
  std::byte* facts = to + columns;
  for (int64_t column = 0; column < columns; column += kBlockColumns) {
    Half parts[2];
    __builtin_memcpy(parts, row + column, sizeof parts);
    const float highest = __builtin_reduce_max(__builtin_elementwise_max(
        __builtin_elementwise_abs(parts[0]), __builtin_elementwise_abs(parts[1])));
    const float inverse = highest > 0 ? 127 / highest : 0;
    HalfInts sum = {};
    for (int part = 0; part < 2; ++part) {
      // The bounds hold for numbers anyhow; they are for what is none.
      const Half scaled = __builtin_elementwise_min(
          __builtin_elementwise_max(parts[part] * inverse, Half{} - 127), Half{} + 127);
      const HalfInts whole =
          __builtin_convertvector(__builtin_elementwise_roundeven(scaled), HalfInts);
      sum += whole;
      const HalfBytes bytes = __builtin_convertvector(whole, HalfBytes);
      __builtin_memcpy(to + column + part * 16, &bytes, sizeof bytes);
    }
    const int32_t total = __builtin_reduce_add(sum);
    const float scale = highest / 127;
    const ActivationBlock block{
        .scale = scale, .sum = scale * static_cast<float>(total), .shift = -128 * total};
    __builtin_memcpy(facts, &block, sizeof block);
    facts += sizeof block;
  }
}

void Prepare(Format format, const float* row, int64_t columns, std::byte* to) {
  if (IsQuantised(format)) return Round(row, columns, to);
  __builtin_memcpy(to, row, static_cast<size_t>(columns) * sizeof(float));
}
