// Blocks of 32 weights as a model file has them, in ggml's formats, read apart.
//
// What a block of the K formats holds is a part of a superblock of 256: eight of them share two
// scales, which the small scales of each block are multiplied by.
//
// spec: ggml's ggml-common.h (the layouts) and ggml-quants.c (what the bits mean)
#pragma once

#include <array>
#include <cstdint>

namespace bedplate::products {

inline constexpr int64_t kBlockColumns = 32;
inline constexpr int64_t kBlocksInSuperblock = 8;

// ggml's Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, F16 and BF16.
enum class Source : uint8_t { kQ40, kQ41, kQ50, kQ51, kQ80, kQ4K, kQ5K, kQ6K, kF16, kBF16 };

constexpr bool HasSuperblocks(Source source) {
  return source == Source::kQ4K || source == Source::kQ5K || source == Source::kQ6K;
}
// Columns that lie together in the file: a row is whole ones.
constexpr int64_t SourceColumns(Source source) {
  return HasSuperblocks(source) ? kBlocksInSuperblock * kBlockColumns : kBlockColumns;
}
// Bytes of SourceColumns().
constexpr int64_t SourceBytes(Source source) {
  switch (source) {
    case Source::kQ40:
      return 18;
    case Source::kQ41:
      return 20;
    case Source::kQ50:
      return 22;
    case Source::kQ51:
      return 24;
    case Source::kQ80:
      return 34;
    case Source::kQ4K:
      return 144;
    case Source::kQ5K:
      return 176;
    case Source::kQ6K:
      return 210;
    case Source::kF16:
    case Source::kBF16:
      return 2 * kBlockColumns;
  }
}

// A block of quantised weights. The weight of column c is
//   scale * (small[c / 16] or 1) * q[c] + minimum * (small_minimum or 1)
// where `small` counts for the K formats; Q6_K has no minimum, and its q are 32 too high.
struct SourceBlock {
  std::array<uint8_t, kBlockColumns> q{};  // Q8_0: 128 too high
  uint16_t scale = 0;                      // F16
  uint16_t minimum = 0;                    // F16
  std::array<int8_t, 2> small{};           // of the two halves; Q4_K and Q5_K have one for both
  int8_t small_minimum = 0;
};

// Block `number` of what lies at `from`: 0, or up to 7 in a superblock. Of quantised sources only.
SourceBlock ReadBlock(Source source, const uint8_t* from, int64_t number);

}  // namespace bedplate::products
