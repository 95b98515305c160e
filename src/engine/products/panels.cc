#include "engine/products/panels.h"

#include <bit>
#include <cassert>
#include <cstring>

namespace bedplate::products {
namespace {

constexpr int kGroupColumns = 4;
constexpr int kHalfBlock = 16;

// Eight times an F16, with the other sign: what Q4_0, which subtracts 8, has for a minimum.
// Exact, but for scales so large (over 8,188) that no weight has them.
uint16_t MinusEightTimes(uint16_t half) {
  _Float16 value = std::bit_cast<_Float16>(half);
  return std::bit_cast<uint16_t>(static_cast<_Float16>(-8 * static_cast<float>(value)));
}

uint16_t ReadHalf(const uint8_t* from) {
  uint16_t half;
  std::memcpy(&half, from, sizeof half);
  return half;
}

// One row's share of a block. `nibbles` has column c in the low half of byte c, and column
// 16 + c in the high one; so does the vector that four columns of it go to.
void PackNibbles(const uint8_t* nibbles, int64_t row, std::byte* values) {
  for (int column = 0; column < kHalfBlock; ++column) {
    const int group = column / kGroupColumns;
    values[group * kVectorBytes + row * kGroupColumns + column % kGroupColumns] =
        std::byte{nibbles[column]};
  }
}

void PackBytes(const uint8_t* bytes, int64_t row, std::byte* values) {
  for (int column = 0; column < kBlockColumns; ++column) {
    const int group = column / kGroupColumns;
    values[group * kVectorBytes + row * kGroupColumns + column % kGroupColumns] =
        std::byte{bytes[column]} ^ std::byte{0x80};  // q + 128
  }
}

void PackHalves(const uint8_t* halves, int64_t row, std::byte* values) {
  for (int column = 0; column < kBlockColumns; ++column) {
    std::memcpy(values + (column * kPanelRows + row) * 2, halves + column * 2, 2);
  }
}

void PackBlock(Source source, const uint8_t* block, int64_t row, std::byte* values,
               std::byte* scales) {
  if (!IsQuantised(FormatOf(source))) return PackHalves(block, row, values);
  const uint16_t scale = ReadHalf(block);
  std::memcpy(scales + row * 2, &scale, 2);
  if (source == Source::kQ80) return PackBytes(block + 2, row, values);
  const uint16_t minimum = source == Source::kQ41 ? ReadHalf(block + 2) : MinusEightTimes(scale);
  std::memcpy(scales + (kPanelRows + row) * 2, &minimum, 2);
  PackNibbles(block + (source == Source::kQ41 ? 4 : 2), row, values);
}

}  // namespace

void PackPanels(Source source, const void* blocks, int64_t rows, int64_t columns, std::byte* to) {
  assert(FitsPanels(rows, columns));
  const Format format = FormatOf(source);
  const int64_t blocks_in_row = columns / kBlockColumns;
  const auto* from = static_cast<const uint8_t*>(blocks);
  for (int64_t first = 0; first < rows; first += kPanelRows) {
    std::byte* const scales = to + blocks_in_row * ValueBytes(format);
    for (int64_t row = 0; row < kPanelRows; ++row) {
      for (int64_t block = 0; block < blocks_in_row; ++block) {
        PackBlock(source, from, row, to + block * ValueBytes(format),
                  scales + block * ScaleBytes(format));
        from += SourceBlockBytes(source);
      }
    }
    to += PanelBytes(format, columns);
  }
}

}  // namespace bedplate::products
