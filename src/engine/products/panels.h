// Weights of a matrix, laid out so that a processor multiplies 16 rows at a time.
//
// A panel is 16 rows. Its columns go in blocks of 32, as in ggml's formats. Within a block of
// quantised weights, four columns of all 16 rows lie together, so that one vector holds what one
// instruction multiplies with the same four activations. First come the values of all blocks, then
// their scales.
//
//   kNibbles  4 bits: value = scale * q + minimum, q from 0 to 15. A block: 4 vectors of 64 bytes,
//             columns 4j.. in the low halves of vector j, 16 + 4j.. in the high ones; then
//             16 scales and 16 minima in F16.
//   kBytes    8 bits: value = scale * (q - 128), q from 0 to 255. A block: 8 vectors of 64 bytes;
//             then 16 scales in F16.
//   kHalves   F16 as it is: the 16 rows of each column together. No scales.
//   kBrains   BF16, laid out as kHalves.
//
// Values are those of the source exactly; nothing is rounded again.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bedplate::products {

enum class Format : uint8_t { kNibbles, kBytes, kHalves, kBrains };
// How the source stores a block of 32: ggml's Q4_0, Q4_1, Q8_0, F16 and BF16.
enum class Source : uint8_t { kQ40, kQ41, kQ80, kF16, kBF16 };

inline constexpr int64_t kPanelRows = 16;
inline constexpr int64_t kBlockColumns = 32;
inline constexpr int64_t kVectorBytes = 64;

constexpr Format FormatOf(Source source) {
  switch (source) {
    case Source::kQ40:
    case Source::kQ41:
      return Format::kNibbles;
    case Source::kQ80:
      return Format::kBytes;
    case Source::kF16:
      return Format::kHalves;
    case Source::kBF16:
      return Format::kBrains;
  }
}
// Whether activations are rounded to 8 bits for it; they stay F32 for the others.
constexpr bool IsQuantised(Format format) {
  return format == Format::kNibbles || format == Format::kBytes;
}
constexpr int64_t SourceBlockBytes(Source source) {
  switch (source) {
    case Source::kQ40:
      return 18;
    case Source::kQ41:
      return 20;
    case Source::kQ80:
      return 34;
    case Source::kF16:
    case Source::kBF16:
      return 2 * kBlockColumns;
  }
}
constexpr int64_t ValueBytes(Format format) {  // of a block of a panel
  return (format == Format::kNibbles ? 4 : format == Format::kBytes ? 8 : 16) * kVectorBytes;
}
constexpr int64_t ScaleBytes(Format format) {  // of a block of a panel
  return format == Format::kNibbles ? 64 : format == Format::kBytes ? 32 : 0;
}
// A multiple of 64, so that each panel of a matrix that begins at such an address does too.
constexpr int64_t PanelBytes(Format format, int64_t columns) {
  const int64_t bytes = columns / kBlockColumns * (ValueBytes(format) + ScaleBytes(format));
  return (bytes + 63) / 64 * 64;
}

// Whether a matrix of this shape can be laid out in panels.
constexpr bool FitsPanels(int64_t rows, int64_t columns) {
  return rows > 0 && columns > 0 && rows % kPanelRows == 0 && columns % kBlockColumns == 0;
}
constexpr int64_t MatrixBytes(Format format, int64_t rows, int64_t columns) {
  return rows / kPanelRows * PanelBytes(format, columns);
}

// Lays the rows out; `to` has MatrixBytes. The shape fits.
void PackPanels(Source source, const void* blocks, int64_t rows, int64_t columns, std::byte* to);

}  // namespace bedplate::products
