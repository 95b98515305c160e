// Weights of a matrix, laid out so that a processor multiplies 16 rows at a time.
//
// A panel is 16 rows. Its columns go in blocks of 32, as in ggml's formats. Within a block of
// quantised weights, four columns of all 16 rows lie together, so that one vector holds what one
// instruction multiplies with the same four activations. Blocks go in groups: the values of one to
// eight blocks, then their scales. So a product reads a panel from its beginning to its end, as one
// stream, which is what memory is fastest at.
//
// Values of a block:
//   4 bits  4 vectors of 64 bytes, columns 4j.. in the low halves of vector j, 16 + 4j.. in the
//           high ones.
//   5 bits  The same, then a plane of the fifth bits: for each vector 64 bits for its low halves
//           and 64 for its high ones, a bit for each byte.
//   6 bits  The same with a second plane, of the sixth bits.
//   8 bits  8 vectors of 64 bytes, 128 too high.
//
// Scales of a group, and what a value is for a q:
//   kNibbles, kFives            a block: 16 scales and 16 minima in F16. scale * q + minimum
//   kBytes                      two blocks, each: 16 scales in F16. scale * (q - 128)
//   kSuperNibbles, kSuperFives  eight blocks: 16 scales and 16 minima in F16; then for each block
//                               16 small scales and 16 small minima of a byte.
//                               scale * small * q + minimum * small minimum
//   kSuperSixes                 eight blocks: 16 scales in F16; then for each block 16 small scales
//                               for its first half and 16 for its second.
//                               scale * small * (q - 32)
//   kHalves, kBrains            F16 or BF16 as it is: the 16 rows of each column together.
//
// Values are those of the source exactly; nothing is rounded again.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/products/source_block.h"

namespace bedplate::products {

enum class Format : uint8_t {
  kNibbles,
  kFives,
  kBytes,
  kSuperNibbles,
  kSuperFives,
  kSuperSixes,
  kHalves,
  kBrains
};

inline constexpr int64_t kPanelRows = 16;
inline constexpr int64_t kVectorBytes = 64;

constexpr Format FormatOf(Source source) {
  switch (source) {
    case Source::kQ40:
    case Source::kQ41:
      return Format::kNibbles;
    case Source::kQ50:
    case Source::kQ51:
      return Format::kFives;
    case Source::kQ80:
      return Format::kBytes;
    case Source::kQ4K:
      return Format::kSuperNibbles;
    case Source::kQ5K:
      return Format::kSuperFives;
    case Source::kQ6K:
      return Format::kSuperSixes;
    case Source::kF16:
      return Format::kHalves;
    case Source::kBF16:
      return Format::kBrains;
  }
}
// Whether activations are rounded to 8 bits for it; they stay F32 for the others.
constexpr bool IsQuantised(Format format) {
  return format != Format::kHalves && format != Format::kBrains;
}
constexpr bool IsSuper(Format format) {
  return format == Format::kSuperNibbles || format == Format::kSuperFives ||
         format == Format::kSuperSixes;
}
constexpr int BitsOf(Format format) {
  switch (format) {
    case Format::kNibbles:
    case Format::kSuperNibbles:
      return 4;
    case Format::kFives:
    case Format::kSuperFives:
      return 5;
    case Format::kSuperSixes:
      return 6;
    case Format::kBytes:
      return 8;
    case Format::kHalves:
    case Format::kBrains:
      return 16;
  }
}
constexpr int64_t ValueBytes(Format format) {  // of a block of a panel
  return BitsOf(format) * kVectorBytes;
}
// How many blocks have their scales together: as many as a superblock has, or as few as fill whole
// cache lines.
constexpr int64_t BlocksInGroup(Format format) {
  if (IsSuper(format)) return kBlocksInSuperblock;
  return format == Format::kBytes ? 2 : 1;
}
// What the blocks of a superblock share, before the scales of each.
constexpr int64_t SuperScaleBytes(Format format) {
  if (!IsSuper(format)) return 0;
  return (format == Format::kSuperSixes ? 2 : 4) * kPanelRows;
}
constexpr int64_t BlockScaleBytes(Format format) {
  if (!IsQuantised(format)) return 0;
  return (format == Format::kBytes || IsSuper(format) ? 2 : 4) * kPanelRows;
}
// Whole cache lines, as every panel then is.
constexpr int64_t GroupBytes(Format format) {
  const int64_t bytes = BlocksInGroup(format) * (ValueBytes(format) + BlockScaleBytes(format)) +
                        SuperScaleBytes(format);
  return (bytes + 63) / 64 * 64;
}
constexpr int64_t PanelBytes(Format format, int64_t columns) {
  const int64_t blocks = columns / kBlockColumns;
  return (blocks + BlocksInGroup(format) - 1) / BlocksInGroup(format) * GroupBytes(format);
}

// Whether a matrix of this shape can be laid out in panels.
constexpr bool FitsPanels(Source source, int64_t rows, int64_t columns) {
  return rows > 0 && columns > 0 && rows % kPanelRows == 0 && columns % SourceColumns(source) == 0;
}
constexpr int64_t MatrixBytes(Format format, int64_t rows, int64_t columns) {
  return rows / kPanelRows * PanelBytes(format, columns);
}

// Lays the rows out; `to` has MatrixBytes. The shape fits.
void PackPanels(Source source, const void* blocks, int64_t rows, int64_t columns, std::byte* to);

}  // namespace bedplate::products
