#include "wire/checksum.h"

#include <zlib.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <cstddef>
#include <cstring>

namespace bedplate::wire {
namespace {

uint32_t Continue(uint32_t checksum, std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(checksum, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

#ifdef __x86_64__

constexpr size_t kBlock = 16;

bool CanFold() {
  static const bool can = __builtin_cpu_supports("pclmul") != 0;
  return can;
}

// The functions below take bytes as polynomials over GF(2), bits reflected. A block may be
// multiplied by x^128 modulo the CRC's polynomial and added to the block behind it: what is left
// has the same CRC.
__attribute__((target("pclmul"))) __m128i FoldInto(__m128i block, __m128i next) {
  // x^(128+32) and x^(128-32) modulo the polynomial, for the two halves of the block.
  const __m128i factors = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
  const __m128i low = _mm_clmulepi64_si128(block, factors, 0x00);
  const __m128i high = _mm_clmulepi64_si128(block, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// The remainder of the block, times x^32, by the polynomial.
__attribute__((target("pclmul"))) uint32_t Remainder(__m128i block) {
  const __m128i first_word = _mm_set_epi32(0, 0, 0, -1);
  // 128 bits to 96, with x^96; then to 64, with x^64.
  const __m128i x96 = _mm_cvtsi64_si128(0x0ccaa009e);
  const __m128i x64 = _mm_cvtsi64_si128(0x163cd6124);
  block = _mm_xor_si128(_mm_clmulepi64_si128(block, x96, 0x00), _mm_srli_si128(block, 8));
  block = _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(block, first_word), x64, 0x00),
                        _mm_srli_si128(block, 4));
  // Barrett's reduction: the quotient by the inverse of the polynomial, then its product.
  const __m128i inverse = _mm_cvtsi64_si128(0x1f7011641);
  const __m128i polynomial = _mm_cvtsi64_si128(0x1db710641);
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(block, first_word), inverse, 0x00);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, first_word), polynomial, 0x00);
  return static_cast<uint32_t>(
      _mm_cvtsi128_si32(_mm_srli_si128(_mm_xor_si128(block, quotient), 4)));
}

__m128i LoadBlock(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }

// zlib takes several times as long for a frame of a token. `bytes` are a block or more.
__attribute__((target("pclmul"))) uint32_t Fold(std::string_view bytes) {
  // A CRC starts with ones.
  __m128i folded = _mm_xor_si128(LoadBlock(bytes.data()), _mm_cvtsi32_si128(-1));
  size_t at = kBlock;
  for (; bytes.size() - at >= kBlock; at += kBlock) {
    folded = FoldInto(folded, LoadBlock(bytes.data() + at));
  }
  if (const size_t rest = bytes.size() - at; rest > 0) {
    // Cut anew, so that the last block is whole and the first begins with zeros.
    char window[3 * kBlock] = {};
    _mm_storeu_si128(reinterpret_cast<__m128i*>(window + kBlock), folded);
    std::memcpy(window + 2 * kBlock, bytes.data() + at, rest);
    folded = FoldInto(LoadBlock(window + rest), LoadBlock(window + kBlock + rest));
  }
  return ~Remainder(folded);
}

#endif

}  // namespace

uint32_t Crc32(std::string_view bytes) {
#ifdef __x86_64__
  if (bytes.size() >= kBlock && CanFold()) return Fold(bytes);
#endif
  return Continue(0, bytes);
}

}  // namespace bedplate::wire
