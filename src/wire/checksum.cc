#include "wire/checksum.h"

#include <zlib.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <cstddef>

namespace bedplate::wire {
namespace {

uint32_t Continue(uint32_t checksum, std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(checksum, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

#ifdef __x86_64__

constexpr size_t kFoldBytesMin = 48;  // below it folding saves nothing

bool CanFold() {
  static const bool can = __builtin_cpu_supports("pclmul") != 0;
  return can;
}

// The bytes as a polynomial over GF(2): sixteen of them are multiplied by x^128 modulo the CRC's
// polynomial and added to the next sixteen, until sixteen are left, which have the CRC of all.
// zlib takes twice as long for a frame of a token.
__attribute__((target("pclmul"))) uint32_t Fold(std::string_view bytes) {
  // x^(128+32) and x^(128-32) modulo the polynomial, bits reflected.
  const __m128i factors = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
  const auto load = [&bytes](size_t at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + at));
  };
  __m128i folded = _mm_xor_si128(load(0), _mm_cvtsi32_si128(-1));  // a CRC starts with ones
  size_t at = 16;
  for (; bytes.size() - at >= 16; at += 16) {
    const __m128i low = _mm_clmulepi64_si128(folded, factors, 0x00);
    const __m128i high = _mm_clmulepi64_si128(folded, factors, 0x11);
    folded = _mm_xor_si128(_mm_xor_si128(low, high), load(at));
  }
  char rest[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(rest), folded);
  constexpr uint32_t kFromZero = 0xffffffff;  // the ones are in already; zlib inverts
  return Continue(Continue(kFromZero, {rest, sizeof rest}), bytes.substr(at));
}

#endif

}  // namespace

uint32_t Crc32(std::string_view bytes) {
#ifdef __x86_64__
  if (bytes.size() >= kFoldBytesMin && CanFold()) return Fold(bytes);
#endif
  return Continue(0, bytes);
}

}  // namespace bedplate::wire
