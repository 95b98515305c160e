// The products, for one instruction set. Included inside a namespace of its own by product_*.cc,
// which says before what a vector is:
//
//   kLanes, kRowsMax        rows of weights in a vector, rows of activations computed together
//   kSixRowsMax             the same where the halves of a block have scales of their own
//   kHalfRowsMax            the same where weights are halves, two vectors of which are used at
//   once Floats, Ints, Bytes     vectors of kLanes floats, kLanes int32, 4 * kLanes bytes
//   LoadBytes, LoadHalves, LoadBrains, LoadSmall   from memory, unaligned; LoadSmall: signed bytes
//   MultiplyAdd             a * b + c
//   AddPlane                bytes + `value` where a bit is set, a bit for each byte
//   AddNibbles, AddBytes    sums + the products of four weights of each lane with four activations;
//                           AddNibbles of up to six bits
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

// A vector of low halves of a block of at most six bits, and one of high halves.
struct Halves {
  Bytes low;
  Bytes high;
};
template <Format kFormat>
Halves Unpack(const std::byte* values, int64_t lane, int vector) {
  const Bytes weights = LoadBytes(values + lane * 4 + vector * kVectorBytes);
  Halves halves{.low = weights & 15, .high = HighNibbles(weights)};
  const std::byte* plane = values + 4 * kVectorBytes + vector * 16 + lane / 2;
  for (int bit = 4; bit < BitsOf(kFormat); ++bit) {
    halves.low = AddPlane(halves.low, plane, 1 << bit);
    halves.high = AddPlane(halves.high, plane + 8, 1 << bit);
    plane += kVectorBytes;
  }
  return halves;
}

// What multiplies the sums of a block, or of its halves where they differ, and what is added.
struct Scales {
  Floats scale[2];
  Floats minimum;
};

// The scales of the blocks of one group.
template <Format kFormat>
class GroupScales {
 public:
  GroupScales(const std::byte* scales, int64_t lane)
      : scales_(scales + SuperScaleBytes(kFormat) + lane * kEach) {
    if constexpr (IsSuper(kFormat)) {
      scale_ = LoadHalves(scales + lane * 2);
      if constexpr (kFormat != Format::kSuperSixes) {
        minimum_ = LoadHalves(scales + (kPanelRows + lane) * 2);
      }
    }
  }

  // Of the block `within` the group.
  Scales Of(int64_t within) const {
    const std::byte* const from = scales_ + within * BlockScaleBytes(kFormat);
    if constexpr (IsSuper(kFormat)) {
      const Floats first = scale_ * LoadSmall(from);
      const Floats second = LoadSmall(from + kPanelRows);
      if constexpr (kFormat == Format::kSuperSixes) {
        return {.scale = {first, scale_ * second}, .minimum = {}};
      }
      return {.scale = {first, first}, .minimum = minimum_ * second};
    } else {
      const Floats scale = LoadHalves(from);
      if constexpr (kFormat == Format::kBytes) return {.scale = {scale, scale}, .minimum = {}};
      return {.scale = {scale, scale}, .minimum = LoadHalves(from + kPanelRows * 2)};
    }
  }

 private:
  static constexpr int64_t kEach = IsSuper(kFormat) ? 1 : 2;  // bytes of a row's scale

  const std::byte* scales_;
  Floats scale_ = {};
  Floats minimum_ = {};
};

// Reading a panel from memory takes longer than what few rows of activations compute with it, and
// what the processor fetches by itself is not far enough ahead. This far is a few hundred
// nanoseconds; past the end of a panel comes the next one. A fetch beyond all memory does nothing.
constexpr int64_t kAhead = 4096;
constexpr int64_t kLineBytes = 64;

template <int64_t kBytes>
inline void FetchAhead(const std::byte* from) {
#pragma clang loop unroll(full)
  for (int64_t line = 0; line < kBytes; line += kLineBytes) {
    __builtin_prefetch(from + kAhead + line);
  }
}

// Adds one block of one vector of the panel's rows times `kRows` rows of activations. Weights are
// used for all rows before the next ones are read: that many sums are under way, which hides the
// latency.
template <Format kFormat, int kRows>
inline void AddBlock(const std::byte* values, int64_t lane, const Scales& scales,
                     const std::byte* activations, const std::byte* facts, int64_t stride,
                     Floats (&result)[kRows]) {
  constexpr bool kTwoScales = kFormat == Format::kSuperSixes;
  constexpr bool kMinima = kFormat != Format::kBytes && !kTwoScales;
  // With few rows there are registers for more sums, and adding to one alone would be waited for.
  constexpr bool kTwoSums = kTwoScales || kRows <= 4;
  const auto fact = [&](int row) {
    ActivationBlock read;
    __builtin_memcpy(&read, facts + row * stride, sizeof read);
    return read;
  };
  Ints all_sums[kTwoSums ? 2 : 1][kRows];
  Ints(&sums)[kRows] = all_sums[0];
  Ints(&high_sums)[kRows] = all_sums[kTwoSums ? 1 : 0];
#pragma clang loop unroll(full)
  for (int row = 0; row < kRows; ++row) {
    sums[row] = high_sums[row] = Ints{};
    if constexpr (kFormat == Format::kBytes && kBytesAreShifted) {
      const ActivationBlock read = fact(row);
      sums[row] += -128 * (read.half_sums[0] + read.half_sums[1]);
    }
    if constexpr (kTwoScales) {
      const ActivationBlock read = fact(row);
      sums[row] += -32 * read.half_sums[0];
      high_sums[row] = Ints{} + -32 * read.half_sums[1];
    }
  }
#pragma clang loop unroll(full)
  for (int vector = 0; vector < (kFormat == Format::kBytes ? 8 : 4); ++vector) {
    if constexpr (kFormat == Format::kBytes) {
      const Bytes weights = LoadBytes(values + lane * 4 + vector * kVectorBytes);
#pragma clang loop unroll(full)
      for (int row = 0; row < kRows; ++row) {
        Ints& sum = vector % 2 == 0 ? sums[row] : high_sums[row];
        sum = AddBytes(sum, weights, SplatFour(activations + row * stride + vector * 4));
      }
    } else {
      const Halves halves = Unpack<kFormat>(values, lane, vector);
#pragma clang loop unroll(full)
      for (int row = 0; row < kRows; ++row) {
        sums[row] =
            AddNibbles(sums[row], halves.low, SplatFour(activations + row * stride + vector * 4));
      }
#pragma clang loop unroll(full)
      for (int row = 0; row < kRows; ++row) {
        high_sums[row] = AddNibbles(high_sums[row], halves.high,
                                    SplatFour(activations + row * stride + 16 + vector * 4));
      }
    }
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < kRows; ++row) {
    const float scale = fact(row).scale;
    if constexpr (kTwoSums && !kTwoScales) sums[row] += high_sums[row];
    result[row] = MultiplyAdd(ToFloats(sums[row]), scales.scale[0] * scale, result[row]);
    if constexpr (kTwoScales) {
      result[row] = MultiplyAdd(ToFloats(high_sums[row]), scales.scale[1] * scale, result[row]);
    }
  }
  if constexpr (kMinima) {
#pragma clang loop unroll(full)
    for (int row = 0; row < kRows; ++row) {
      result[row] = MultiplyAdd(scales.minimum, Splat(fact(row).sum), result[row]);
    }
  }
}

// One vector of the panel's rows with `kRows` rows of activations.
template <Format kFormat, int kRows>
void ComputeTile(const Product& product, const std::byte* panel, int64_t lane, int64_t first_row,
                 int64_t first_out) {
  constexpr int64_t kGroup = BlocksInGroup(kFormat);
  constexpr int64_t kEach = GroupBytes(kFormat) / kGroup;
  const int64_t blocks = product.columns / kBlockColumns;
  const int64_t stride = product.activation_stride;
  const std::byte* activations = product.activations + first_row * stride;
  const std::byte* facts = activations + product.columns;
  const std::byte* group = panel;
  const bool fetches = first_row == 0 && lane == 0;  // afterwards the panel is in the caches
  Floats result[kRows] = {};
  for (int64_t first = 0; first < blocks; first += kGroup) {
    const GroupScales<kFormat> scales(group + kGroup * ValueBytes(kFormat), lane);
    const int64_t count = kGroup < blocks - first ? kGroup : blocks - first;
    for (int64_t within = 0; within < count; ++within) {
      if (fetches) FetchAhead<kEach>(group + within * kEach);
      AddBlock<kFormat, kRows>(group + within * ValueBytes(kFormat), lane, scales.Of(within),
                               activations, facts, stride, result);
      activations += kBlockColumns;
      facts += sizeof(ActivationBlock);
    }
    group += GroupBytes(kFormat);
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
  constexpr int64_t kColumnsInLine = kLineBytes / (2 * kPanelRows);
  constexpr int kVectorsInPanel = kPanelRows / kLanes;
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
    if (first_row == 0 && column % kColumnsInLine == 0) {
#pragma clang loop unroll(full)
      for (int vector = 0; vector < kVectors; vector += kVectorsInPanel) {
        FetchAhead<kLineBytes>(weights[vector] + column * kPanelRows * 2);
      }
    }
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
  constexpr int kMax = kFormat == Format::kSuperSixes ? kSixRowsMax : kRowsMax;
  constexpr auto kSizes = std::make_integer_sequence<int, kMax>();
  for (int64_t panel = begin; panel < end; ++panel) {
    const std::byte* const from = product.panels + panel * PanelBytes(kFormat, product.columns);
    ForEachTile(product.count, kMax, [&](int64_t first, int64_t rows) {
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
    case Format::kFives:
      return ComputeQuantised<Format::kFives>(product, begin, end);
    case Format::kBytes:
      return ComputeQuantised<Format::kBytes>(product, begin, end);
    case Format::kSuperNibbles:
      return ComputeQuantised<Format::kSuperNibbles>(product, begin, end);
    case Format::kSuperFives:
      return ComputeQuantised<Format::kSuperFives>(product, begin, end);
    case Format::kSuperSixes:
      return ComputeQuantised<Format::kSuperSixes>(product, begin, end);
    case Format::kHalves:
      return ComputeHalves<Format::kHalves>(product, begin, end);
    case Format::kBrains:
      return ComputeHalves<Format::kBrains>(product, begin, end);
  }
}

using Half = float __attribute__((vector_size(64)));  // of a block of activations
using HalfInts = int32_t __attribute__((vector_size(64)));

// Floats without their signs are in the order of their bits, and whole numbers are compared in a
// few instructions: with floats each step would be an own one that looks for NaN. NaN is the
// highest.
inline float HighestMagnitude(const Half (&parts)[2]) {
  const HalfInts magnitudes[2] = {reinterpret_cast<HalfInts>(parts[0]) & 0x7FFFFFFF,
                                  reinterpret_cast<HalfInts>(parts[1]) & 0x7FFFFFFF};
  return __builtin_bit_cast(
      float, __builtin_reduce_max(__builtin_elementwise_max(magnitudes[0], magnitudes[1])));
}

void Round(const float* row, int64_t columns, std::byte* to) {
  using HalfBytes = int8_t __attribute__((vector_size(16)));
  std::byte* facts = to + columns;
  for (int64_t column = 0; column < columns; column += kBlockColumns) {
    Half parts[2];
    __builtin_memcpy(parts, row + column, sizeof parts);
    const float highest = HighestMagnitude(parts);
    const float inverse = highest > 0 ? 127 / highest : 0;
    int32_t sums[2];
    for (int part = 0; part < 2; ++part) {
      // The bounds hold for numbers anyhow; they are for what is none.
      const Half scaled = __builtin_elementwise_min(
          __builtin_elementwise_max(parts[part] * inverse, Half{} - 127), Half{} + 127);
      const HalfInts whole =
          __builtin_convertvector(__builtin_elementwise_roundeven(scaled), HalfInts);
      sums[part] = __builtin_reduce_add(whole);
      const HalfBytes bytes = __builtin_convertvector(whole, HalfBytes);
      __builtin_memcpy(to + column + part * 16, &bytes, sizeof bytes);
    }
    const float scale = highest / 127;
    const ActivationBlock block{
        .scale = scale,
        .sum = scale * static_cast<float>(sums[0] + sums[1]),
        .half_sums = {static_cast<int16_t>(sums[0]), static_cast<int16_t>(sums[1])}};
    __builtin_memcpy(facts, &block, sizeof block);
    facts += sizeof block;
  }
}

void Prepare(Format format, const float* row, int64_t columns, std::byte* to) {
  if (IsQuantised(format)) return Round(row, columns, to);
  __builtin_memcpy(to, row, static_cast<size_t>(columns) * sizeof(float));
}
