// Cyclic redundancy checks of reflected polynomials, whose registers start and end inverted: those
// that S3 has. Several bytes at a step, many where the processor can multiply without carries
// (crc_fold.h); two checks can be combined without the bytes.
//
// Threads: an object serves one thread at a time; the rest is pure.
// spec: CRC-32 (IEEE 802.3), CRC-32/ISCSI, CRC-64/NVME
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "account/objects/crc_fold.h"

namespace bedplate::account::objects {

template <class Word, Word kReversedPolynomial>
class Crc {
 public:
  void Update(std::string_view bytes) {
    auto value = static_cast<Word>(~value_);
    if (const size_t blocks = bytes.size() / kFoldedBytes; blocks > 1 && CanFold()) {
      static const FoldKeys keys = MakeFoldKeys();
      const auto left = Fold(keys, value, bytes.data(), blocks);
      value = Step(0, {left.data(), left.size()});
      bytes.remove_prefix(blocks * kFoldedBytes);
    }
    value_ = static_cast<Word>(~Step(value, bytes));
  }
  // The same without folding.
  void UpdateByTables(std::string_view bytes) {
    value_ = static_cast<Word>(~Step(static_cast<Word>(~value_), bytes));
  }
  Word value() const { return value_; }

  // Of the bytes that gave `a` followed by the `b_bytes` that gave `b`.
  static Word Combine(Word a, Word b, uint64_t b_bytes) {
    // Multiplied by x^(8 * b_bytes) modulo the polynomial.
    Word power = kOne;
    Word square = kOne >> 8;  // x^8
    for (; b_bytes != 0; b_bytes >>= 1) {
      if ((b_bytes & 1) != 0) power = Multiply(square, power);
      square = Multiply(square, square);
    }
    return static_cast<Word>(Multiply(power, a) ^ b);
  }

 private:
  static_assert(std::endian::native == std::endian::little);
  static constexpr std::ptrdiff_t kStep = 16;
  static constexpr Word kOne = Word{1} << (8 * sizeof(Word) - 1);
  using Tables = std::array<std::array<Word, 256>, 16>;

  static constexpr size_t kFoldedBytes = 64;

  // The register behind the bytes.
  static Word Step(Word value, std::string_view bytes) {
    static const Tables tables = MakeTables();
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    for (; end - at >= kStep; at += kStep) {
      uint64_t first = 0;
      uint64_t second = 0;
      std::memcpy(&first, at, sizeof(first));
      std::memcpy(&second, at + sizeof(first), sizeof(second));
      first ^= value;
      Word next = 0;
      for (int i = 0; i < 8; ++i) {
        next ^= tables[15 - i][first >> (8 * i) & 0xff];
        next ^= tables[7 - i][second >> (8 * i) & 0xff];
      }
      value = next;
    }
    for (; at != end; ++at) {
      value =
          static_cast<Word>(tables[0][(value ^ static_cast<uint8_t>(*at)) & 0xff] ^ (value >> 8));
    }
    return value;
  }

  static FoldKeys MakeFoldKeys() {
    const auto power = [](int exponent) {
      Word value = kOne;
      for (int i = 0; i < exponent; ++i) value = TimesX(value);
      return static_cast<uint64_t>(value) << (64 - 8 * sizeof(Word));
    };
    // One less than what is moved over: a product of reflected numbers is one bit off.
    return {.by_512 = {power(575), power(511)}, .by_128 = {power(191), power(127)}};
  }

  static Word TimesX(Word value) {
    return static_cast<Word>((value >> 1) ^ ((value & 1) != 0 ? kReversedPolynomial : Word{0}));
  }

  static Word Multiply(Word a, Word b) {
    Word product = 0;
    for (Word bit = kOne; bit != 0; bit >>= 1) {
      if ((a & bit) != 0) product ^= b;
      b = TimesX(b);
    }
    return product;
  }

  static Tables MakeTables() {
    Tables tables;
    for (size_t byte = 0; byte < 256; ++byte) {
      auto value = static_cast<Word>(byte);
      for (int i = 0; i < 8; ++i) value = TimesX(value);
      tables[0][byte] = value;
    }
    for (size_t table = 1; table < tables.size(); ++table) {
      for (size_t byte = 0; byte < 256; ++byte) {
        const Word before = tables[table - 1][byte];
        tables[table][byte] = static_cast<Word>((before >> 8) ^ tables[0][before & 0xff]);
      }
    }
    return tables;
  }

  Word value_ = 0;
};

using Crc32 = Crc<uint32_t, 0xEDB88320>;
using Crc32c = Crc<uint32_t, 0x82F63B78>;
using Crc64Nvme = Crc<uint64_t, 0x9A6C9329AC4BC9B5>;

}  // namespace bedplate::account::objects
