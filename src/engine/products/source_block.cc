#include "engine/products/source_block.h"

#include <bit>
#include <cassert>
#include <cstring>

namespace bedplate::products {
namespace {

constexpr int kHalfBlock = 16;
constexpr uint16_t kHalfSign = 0x8000;

uint16_t ReadHalf(const uint8_t* from) {
  uint16_t half;
  std::memcpy(&half, from, sizeof half);
  return half;
}

uint32_t ReadBits(const uint8_t* from) {
  uint32_t bits;
  std::memcpy(&bits, from, sizeof bits);
  return bits;
}

// `factor` times an F16: the minimum of formats that subtract a number from q. Exact, but for
// scales so large (over 4,094) that no weight has them.
uint16_t Times(int factor, uint16_t half) {
  const auto value = static_cast<float>(std::bit_cast<_Float16>(half));
  return std::bit_cast<uint16_t>(static_cast<_Float16>(static_cast<float>(factor) * value));
}

// Byte c has column c in its low half and column 16 + c in its high one.
void ReadNibbles(const uint8_t* nibbles, SourceBlock& block) {
  for (int column = 0; column < kHalfBlock; ++column) {
    block.q[column] = nibbles[column] & 15;
    block.q[kHalfBlock + column] = nibbles[column] >> 4;
  }
}

void AddFifthBits(uint32_t bits, SourceBlock& block) {
  for (int column = 0; column < kBlockColumns; ++column) {
    block.q[column] = static_cast<uint8_t>(block.q[column] | (bits >> column & 1) << 4);
  }
}

SourceBlock ReadOldBlock(Source source, const uint8_t* from) {
  const bool has_minimum = source == Source::kQ41 || source == Source::kQ51;
  const bool has_fifth = source == Source::kQ50 || source == Source::kQ51;
  SourceBlock block;
  block.scale = ReadHalf(from);
  block.minimum = has_minimum ? ReadHalf(from + 2) : Times(has_fifth ? -16 : -8, block.scale);
  const uint8_t* const bits = from + (has_minimum ? 4 : 2);
  ReadNibbles(bits + (has_fifth ? 4 : 0), block);
  if (has_fifth) AddFifthBits(ReadBits(bits), block);
  return block;
}

SourceBlock ReadBytesBlock(const uint8_t* from) {
  SourceBlock block;
  block.scale = ReadHalf(from);
  for (int column = 0; column < kBlockColumns; ++column) {
    block.q[column] = from[2 + column] ^ 0x80;
  }
  return block;
}

// Q4_K and Q5_K: 12 bytes hold eight small scales and eight small minima of six bits. Of the first
// four, each has a byte's low bits; of the last four, two halves and what is left of those bytes.
void ReadSmallScales(const uint8_t* packed, int64_t number, SourceBlock& block) {
  int scale = packed[number] & 63;
  int minimum = packed[number + 4] & 63;
  if (number >= 4) {
    scale = (packed[number + 4] & 15) | (packed[number - 4] >> 6 << 4);
    minimum = (packed[number + 4] >> 4) | (packed[number] >> 6 << 4);
  }
  block.small = {static_cast<int8_t>(scale), static_cast<int8_t>(scale)};
  block.small_minimum = static_cast<int8_t>(minimum);
}

SourceBlock ReadFourOrFiveBits(bool five, const uint8_t* from, int64_t number) {
  SourceBlock block;
  block.scale = ReadHalf(from);
  block.minimum = ReadHalf(from + 2) ^ kHalfSign;  // the file says what is subtracted
  ReadSmallScales(from + 4, number, block);
  const uint8_t* const fifth = from + 16;
  const uint8_t* const nibbles = from + (five ? 48 : 16) + number / 2 * kBlockColumns;
  for (int column = 0; column < kBlockColumns; ++column) {
    const int q = number % 2 == 0 ? nibbles[column] & 15 : nibbles[column] >> 4;
    const int high = five ? fifth[column] >> number & 1 : 0;
    block.q[column] = static_cast<uint8_t>(q | high << 4);
  }
  return block;
}

SourceBlock ReadSixBits(const uint8_t* from, int64_t number) {
  // Two halves of 128 weights. In each, byte l of the low bits has weights l and 64 + l, and byte
  // l of the high ones a pair of bits of l, 32 + l, 64 + l and 96 + l.
  const int64_t half = number / 4;
  const int64_t quarter = number % 4;
  const uint8_t* const low = from + half * 64 + quarter % 2 * kBlockColumns;
  const uint8_t* const high = from + 128 + half * 32;
  SourceBlock block;
  for (int column = 0; column < kBlockColumns; ++column) {
    const int four = quarter < 2 ? low[column] & 15 : low[column] >> 4;
    const int two = high[column] >> (2 * quarter) & 3;
    block.q[column] = static_cast<uint8_t>(four | two << 4);
  }
  block.scale = ReadHalf(from + 208);
  std::memcpy(block.small.data(), from + 192 + number * 2, block.small.size());
  return block;
}

}  // namespace

SourceBlock ReadBlock(Source source, const uint8_t* from, int64_t number) {
  assert(number < SourceColumns(source) / kBlockColumns);
  switch (source) {
    case Source::kQ40:
    case Source::kQ41:
    case Source::kQ50:
    case Source::kQ51:
      return ReadOldBlock(source, from);
    case Source::kQ80:
      return ReadBytesBlock(from);
    case Source::kQ4K:
      return ReadFourOrFiveBits(false, from, number);
    case Source::kQ5K:
      return ReadFourOrFiveBits(true, from, number);
    case Source::kQ6K:
      return ReadSixBits(from, number);
    case Source::kF16:
    case Source::kBF16:
      break;
  }
  return {};
}

}  // namespace bedplate::products
