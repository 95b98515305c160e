#include "engine/products/product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "engine/products/panels.h"

namespace bedplate::products {
namespace {

struct Matrix {
  Source source;
  int64_t rows;
  int64_t columns;
  std::vector<uint8_t> blocks;  // as a model file has them
};

uint16_t ToHalf(float value) { return std::bit_cast<uint16_t>(static_cast<_Float16>(value)); }
float FromHalf(const uint8_t* from) {
  uint16_t half;
  std::memcpy(&half, from, sizeof half);
  return static_cast<float>(std::bit_cast<_Float16>(half));
}

uint16_t ToBrain(float value) {
  return static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16);
}
float FromBrain(const uint8_t* from) {
  uint16_t brain;
  std::memcpy(&brain, from, sizeof brain);
  return std::bit_cast<float>(uint32_t{brain} << 16);
}

constexpr Source kQuantised[] = {Source::kQ40, Source::kQ41, Source::kQ50, Source::kQ51,
                                 Source::kQ80, Source::kQ4K, Source::kQ5K, Source::kQ6K};

// Where the scale and the minimum of what lies together begin.
struct Header {
  int64_t offset;
  int64_t halves;
};
Header HeaderOf(Source source) {
  switch (source) {
    case Source::kQ40:
    case Source::kQ50:
    case Source::kQ80:
      return {0, 1};
    case Source::kQ41:
    case Source::kQ51:
    case Source::kQ4K:
    case Source::kQ5K:
      return {0, 2};
    case Source::kQ6K:
      return {208, 1};
    case Source::kF16:
    case Source::kBF16:
      return {0, kBlockColumns};
  }
}

Matrix RandomMatrix(Source source, int64_t rows, int64_t columns, std::mt19937& random) {
  Matrix matrix{source, rows, columns, {}};
  std::uniform_int_distribution byte(0, 255);
  std::uniform_real_distribution<float> scale(-0.1F, 0.1F);
  for (int64_t block = 0; block < rows * columns / SourceColumns(source); ++block) {
    std::vector<uint8_t> one(static_cast<size_t>(SourceBytes(source)));
    for (uint8_t& value : one) value = static_cast<uint8_t>(byte(random));
    const Header header = HeaderOf(source);
    for (int64_t at = 0; at < header.halves; ++at) {
      const float value = scale(random);
      const uint16_t half = source == Source::kBF16 ? ToBrain(value) : ToHalf(value);
      std::memcpy(one.data() + header.offset + at * 2, &half, sizeof half);
    }
    matrix.blocks.insert(matrix.blocks.end(), one.begin(), one.end());
  }
  return matrix;
}

// The weight in a superblock as its format defines it, `at` from 0 to 255.
double SuperWeight(Source source, const uint8_t* from, int64_t at) {
  if (source == Source::kQ6K) {
    const int64_t within = at % 128;
    const uint8_t low = from[at / 128 * 64 + within % 64];
    const uint8_t high = from[128 + at / 128 * 32 + within % 32];
    const int q = (within < 64 ? low & 15 : low >> 4) | (high >> (within / 32 * 2) & 3) << 4;
    return FromHalf(from + 208) * static_cast<int8_t>(from[192 + at / 16]) * (q - 32);
  }
  // The 12 bytes of scales: number n below 4 in the low six bits of bytes n and 4 + n; above, the
  // halves of byte 4 + n with the high two bits of bytes n - 4 and n.
  const uint8_t* const packed = from + 4;
  const int64_t n = at / 32;
  const int small = n < 4 ? packed[n] & 63 : (packed[n + 4] & 15) + (packed[n - 4] >> 6) * 16;
  const int least = n < 4 ? packed[n + 4] & 63 : (packed[n + 4] >> 4) + (packed[n] >> 6) * 16;
  const bool five = source == Source::kQ5K;
  const uint8_t both = from[(five ? 48 : 16) + at / 64 * 32 + at % 32];
  int q = at % 64 < 32 ? both & 15 : both >> 4;
  if (five && (from[16 + at % 32] >> n & 1) == 1) q += 16;
  return FromHalf(from) * small * q - FromHalf(from + 2) * least;
}

// The weight as the format defines it.
double Weight(const Matrix& matrix, int64_t row, int64_t column) {
  const int64_t together = SourceColumns(matrix.source);
  const int64_t block = (row * matrix.columns + column) / together;
  const uint8_t* const from = matrix.blocks.data() + block * SourceBytes(matrix.source);
  const int64_t at = column % together;
  if (HasSuperblocks(matrix.source)) return SuperWeight(matrix.source, from, at);
  if (matrix.source == Source::kF16) return FromHalf(from + 2 * at);
  if (matrix.source == Source::kBF16) return FromBrain(from + 2 * at);
  const double scale = FromHalf(from);
  if (matrix.source == Source::kQ80) return scale * static_cast<int8_t>(from[2 + at]);
  const bool has_minimum = matrix.source == Source::kQ41 || matrix.source == Source::kQ51;
  const bool has_fifth = matrix.source == Source::kQ50 || matrix.source == Source::kQ51;
  const int64_t bits = has_minimum ? 4 : 2;
  const uint8_t both = from[bits + (has_fifth ? 4 : 0) + at % 16];
  int q = at < 16 ? both & 15 : both >> 4;
  if (has_fifth) q += (from[bits + at / 8] >> (at % 8) & 1) * 16;
  return has_minimum ? scale * q + FromHalf(from + 2) : scale * (q - (has_fifth ? 16 : 8));
}

double PreparedActivation(Format format, const std::byte* row, int64_t columns, int64_t column) {
  if (!IsQuantised(format)) {
    float value;
    std::memcpy(&value, row + column * static_cast<int64_t>(sizeof value), sizeof value);
    return value;
  }
  ActivationBlock block;
  std::memcpy(&block, row + columns + column / kBlockColumns * sizeof block, sizeof block);
  return static_cast<double>(block.scale) * std::to_integer<int8_t>(row[column]);
}

std::vector<float> RandomActivations(int64_t count, std::mt19937& random) {
  std::normal_distribution<float> normal(0, 3);
  std::vector<float> numbers(static_cast<size_t>(count));
  for (float& number : numbers) number = normal(random);
  return numbers;
}

class Products : public testing::TestWithParam<const Kernel*> {};

void Check(const Kernel& kernel, const Matrix& matrix, const std::vector<float>& activations) {
  const int64_t columns = matrix.columns;
  const auto count = static_cast<int64_t>(activations.size()) / columns;
  const Format format = FormatOf(matrix.source);
  const int64_t row_bytes = ActivationBytes(format, columns);
  std::vector<std::byte> prepared(static_cast<size_t>(count * row_bytes));
  for (int64_t row = 0; row < count; ++row) {
    kernel.prepare(format, activations.data() + row * columns, columns,
                   prepared.data() + row * row_bytes);
  }
  std::vector<std::byte> panels(static_cast<size_t>(MatrixBytes(format, matrix.rows, columns)));
  PackPanels(matrix.source, matrix.blocks.data(), matrix.rows, columns, panels.data());
  // Around the output nothing may be written.
  const int64_t stride = matrix.rows + 7;
  std::vector<float> out(static_cast<size_t>(count * stride), 1234.5F);
  const Product product{format,    panels.data(), columns,    prepared.data(),
                        row_bytes, count,         out.data(), stride};
  const int64_t all = matrix.rows / kPanelRows;
  kernel.compute(product, 0, all / 2);
  kernel.compute(product, all / 2, all);
  for (int64_t row = 0; row < count; ++row) {
    for (int64_t i = 0; i < stride; ++i) {
      const float got = out[static_cast<size_t>(row * stride + i)];
      if (i >= matrix.rows) {
        ASSERT_EQ(got, 1234.5F);
        continue;
      }
      double wanted = 0;
      double magnitude = 0;
      for (int64_t column = 0; column < columns; ++column) {
        const double term =
            Weight(matrix, i, column) *
            PreparedActivation(format, prepared.data() + row * row_bytes, columns, column);
        wanted += term;
        magnitude += std::abs(term);
      }
      ASSERT_NEAR(got, wanted, 1e-6 * magnitude + 1e-9)
          << "rows " << matrix.rows << " columns " << columns << " count " << count << " at " << row
          << ", " << i;
    }
  }
}

TEST_P(Products, EqualExactArithmeticOnTheRoundedNumbers) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int64_t> panels(1, 5);
  std::uniform_int_distribution<int64_t> blocks(1, 9);
  std::vector<Source> sources(std::begin(kQuantised), std::end(kQuantised));
  sources.insert(sources.end(), {Source::kF16, Source::kBF16});
  for (const Source source : sources) {
    for (int64_t count = 1; count <= 40; ++count) {
      const int64_t across = HasSuperblocks(source) ? 1 + blocks(random) / 4 : blocks(random);
      const Matrix matrix =
          RandomMatrix(source, kPanelRows * panels(random), SourceColumns(source) * across, random);
      Check(*GetParam(), matrix, RandomActivations(count * matrix.columns, random));
    }
  }
}

TEST_P(Products, LargestValuesDoNotOverflow) {
  std::mt19937 random(1);
  for (const Source source : kQuantised) {
    for (const int fill : {0x00, 0x7F, 0x80, 0xFF}) {
      Matrix matrix = RandomMatrix(source, kPanelRows, 256, random);
      const Header header = HeaderOf(source);
      for (size_t at = 0; at < matrix.blocks.size(); ++at) {
        const int64_t within = static_cast<int64_t>(at) % SourceBytes(source) - header.offset;
        if (within < 0 || within >= 2 * header.halves) {
          matrix.blocks[at] = static_cast<uint8_t>(fill);
        }
      }
      // Of both signs and all as large as 8 bits hold, so that no sum could be larger.
      std::vector<float> activations(static_cast<size_t>(2 * matrix.columns), 1.0F);
      std::fill(activations.begin() + matrix.columns, activations.end(), -1.0F);
      Check(*GetParam(), matrix, activations);
    }
  }
}

TEST_P(Products, RoundingIsWithinHalfAStep) {
  std::mt19937 random(3);
  constexpr int64_t kColumns = 128;
  std::vector<float> row = RandomActivations(kColumns, random);
  std::fill(row.begin() + 32, row.begin() + 64, 0.0F);  // a block of zeros
  row[70] = -1e30F;
  std::vector<std::byte> rounded(ActivationBytes(Format::kBytes, kColumns));
  GetParam()->prepare(Format::kBytes, row.data(), kColumns, rounded.data());
  for (int64_t block = 0; block < kColumns / kBlockColumns; ++block) {
    ActivationBlock facts;
    std::memcpy(&facts, rounded.data() + kColumns + block * static_cast<int64_t>(sizeof facts),
                sizeof facts);
    int sums[2] = {};
    for (int64_t column = block * kBlockColumns; column < (block + 1) * kBlockColumns; ++column) {
      const auto at = static_cast<size_t>(column);
      EXPECT_NEAR(PreparedActivation(Format::kBytes, rounded.data(), kColumns, column), row[at],
                  0.5001 * facts.scale);
      sums[column % kBlockColumns / 16] += std::to_integer<int8_t>(rounded[at]);
    }
    EXPECT_EQ(facts.half_sums[0], sums[0]);
    EXPECT_EQ(facts.half_sums[1], sums[1]);
    EXPECT_FLOAT_EQ(facts.sum, facts.scale * static_cast<float>(sums[0] + sums[1]));
  }
}

TEST_P(Products, WhatIsNoNumberDoesNoHarm) {
  std::vector<float> row(64, NAN);
  row[40] = INFINITY;
  std::vector<std::byte> rounded(ActivationBytes(Format::kBytes, 64));
  GetParam()->prepare(Format::kBytes, row.data(), 64, rounded.data());
  // Not -128: changing its sign would leave 8 bits.
  for (size_t at = 0; at < row.size(); ++at) {
    EXPECT_GE(std::to_integer<int8_t>(rounded[at]), -127) << at;
  }
}

TEST_P(Products, OneThatIsNoNumberIsSeenInItsBlockOnly) {
  std::vector<float> row(64, 1.0F);
  row[40] = NAN;
  std::vector<std::byte> rounded(ActivationBytes(Format::kBytes, 64));
  GetParam()->prepare(Format::kBytes, row.data(), 64, rounded.data());
  ActivationBlock blocks[2];
  std::memcpy(blocks, rounded.data() + row.size(), sizeof blocks);
  EXPECT_FLOAT_EQ(blocks[0].scale, 1.0F / 127);
  EXPECT_TRUE(std::isnan(blocks[1].scale));
}

std::vector<const Kernel*> Kernels() {
  const KernelList list = RunnableKernels();
  return {list.kernels, list.kernels + list.count};
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Products);
INSTANTIATE_TEST_SUITE_P(Each, Products, testing::ValuesIn(Kernels()),
                         [](const auto& kernel) { return std::string(kernel.param->name); });

}  // namespace
}  // namespace bedplate::products
