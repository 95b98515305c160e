#include "engine/products/panels.h"

#include <cassert>
#include <cstring>

namespace bedplate::products {
namespace {

constexpr int kGroupColumns = 4;
constexpr int kHalfBlock = 16;
constexpr int kPlaneBytes = 64;

void PackHalves(const uint8_t* halves, int64_t row, std::byte* values) {
  for (int column = 0; column < kBlockColumns; ++column) {
    std::memcpy(values + (column * kPanelRows + row) * 2, halves + column * 2, 2);
  }
}

void PackBytes(const SourceBlock& block, int64_t row, std::byte* values) {
  for (int column = 0; column < kBlockColumns; ++column) {
    const int group = column / kGroupColumns;
    values[group * kVectorBytes + row * kGroupColumns + column % kGroupColumns] =
        std::byte{block.q[column]};
  }
}

// One row's share of a plane: which of its values have `bit`. The four columns of a row are half
// a byte of the 64 bits of a half of a vector.
void PackPlane(const SourceBlock& block, int bit, int64_t row, std::byte* plane) {
  for (int group = 0; group < kBlockColumns / kGroupColumns; ++group) {
    int four = 0;
    for (int column = 0; column < kGroupColumns; ++column) {
      four |= (block.q[group * kGroupColumns + column] >> bit & 1) << column;
    }
    // The low halves' groups are 0 to 3 of the vectors 0 to 3, the high ones' 4 to 7.
    const int vector = group % 4;
    const int half = group / 4;
    std::byte& byte = plane[(vector * 2 + half) * 8 + row / 2];
    const int shift = row % 2 == 0 ? 0 : 4;
    byte = (byte & std::byte(0xF0 >> shift)) | std::byte(four << shift);
  }
}

void PackLowBits(const SourceBlock& block, int bits, int64_t row, std::byte* values) {
  for (int column = 0; column < kHalfBlock; ++column) {
    const int group = column / kGroupColumns;
    values[group * kVectorBytes + row * kGroupColumns + column % kGroupColumns] =
        std::byte((block.q[column] & 15) | (block.q[kHalfBlock + column] & 15) << 4);
  }
  for (int bit = 4; bit < bits; ++bit) {
    PackPlane(block, bit, row, values + 4 * kVectorBytes + (bit - 4) * kPlaneBytes);
  }
}

// `scales` are those of the group.
void PackScales(Format format, const SourceBlock& block, int64_t within, int64_t row,
                std::byte* scales) {
  std::byte* const own = scales + SuperScaleBytes(format) + within * BlockScaleBytes(format);
  if (IsSuper(format)) {
    own[row] = std::byte(block.small[0]);
    own[kPanelRows + row] =
        std::byte(format == Format::kSuperSixes ? block.small[1] : block.small_minimum);
  }
  // One for the group, or one for each block.
  std::byte* const halves = IsSuper(format) ? scales : own;
  std::memcpy(halves + row * 2, &block.scale, 2);
  if (format != Format::kBytes && format != Format::kSuperSixes) {
    std::memcpy(halves + (kPanelRows + row) * 2, &block.minimum, 2);
  }
}

}  // namespace

void PackPanels(Source source, const void* blocks, int64_t rows, int64_t columns, std::byte* to) {
  assert(FitsPanels(source, rows, columns));
  const Format format = FormatOf(source);
  const int64_t blocks_in_row = columns / kBlockColumns;
  const int64_t together = SourceColumns(source) / kBlockColumns;
  const auto* from = static_cast<const uint8_t*>(blocks);
  for (int64_t first = 0; first < rows; first += kPanelRows) {
    for (int64_t row = 0; row < kPanelRows; ++row) {
      for (int64_t number = 0; number < blocks_in_row; ++number) {
        std::byte* const group = to + number / BlocksInGroup(format) * GroupBytes(format);
        const int64_t within = number % BlocksInGroup(format);
        std::byte* const values = group + within * ValueBytes(format);
        if (!IsQuantised(format)) {
          PackHalves(from, row, values);
        } else {
          const SourceBlock block = ReadBlock(source, from, number % together);
          PackScales(format, block, within, row,
                     group + BlocksInGroup(format) * ValueBytes(format));
          if (format == Format::kBytes) {
            PackBytes(block, row, values);
          } else {
            PackLowBits(block, BitsOf(format), row, values);
          }
        }
        if (number % together == together - 1) from += SourceBytes(source);
      }
    }
    to += PanelBytes(format, columns);
  }
}

}  // namespace bedplate::products
