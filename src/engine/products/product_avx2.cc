// Products for x86-64 processors with AVX2. What is included comes before the pragma, as in
// product_avx512.cc.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/products/product.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi,bmi2"))), apply_to = function)

namespace bedplate::products::avx2 {
namespace {

constexpr int kLanes = 8;
constexpr int kRowsMax = 5;      // of 16 registers: 5 sums, 5 results, weights, scales, ones
constexpr int kSixRowsMax = 3;   // 6 sums, 3 results, weights, scales, ones
constexpr int kHalfRowsMax = 6;  // 12 sums, the two vectors of weights, an activation
constexpr bool kBytesAreShifted = false;

using Floats = float __attribute__((vector_size(32)));
using Ints = int32_t __attribute__((vector_size(32)));
using Bytes = uint8_t __attribute__((vector_size(32)));

inline Bytes LoadBytes(const std::byte* from) {
  Bytes bytes;
  __builtin_memcpy(&bytes, from, sizeof bytes);
  return bytes;
}
inline Bytes HighNibbles(Bytes bytes) {
  return reinterpret_cast<Bytes>(_mm256_srli_epi16(reinterpret_cast<__m256i>(bytes), 4)) & 15;
}
inline Floats LoadHalves(const std::byte* from) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
inline Floats LoadBrains(const std::byte* from) {
  const __m128i brains = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(brains), 16));
}
inline Floats LoadSmall(const std::byte* from) {
  return _mm256_cvtepi32_ps(
      _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
}
inline Bytes AddPlane(Bytes bytes, const std::byte* bits, int value) {
  int32_t mask;
  __builtin_memcpy(&mask, bits, sizeof mask);
  // Each byte of the mask to the eight bytes it is for, and of it the bit of each.
  const __m256i spread = _mm256_shuffle_epi8(
      _mm256_set1_epi32(mask),
      _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303));
  const __m256i one_bit = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201));
  const __m256i is_set = _mm256_cmpeq_epi8(_mm256_and_si256(spread, one_bit), one_bit);
  return bytes | (reinterpret_cast<Bytes>(is_set) & static_cast<uint8_t>(value));
}
inline Floats MultiplyAdd(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
// Pairs are summed in 16 bits, which 2 * 63 * 127 and 2 * 128 * 127 fit in.
inline Ints AddPairs(Ints sums, __m256i weights, __m256i activations) {
  const __m256i pairs = _mm256_maddubs_epi16(weights, activations);
  return sums + reinterpret_cast<Ints>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
inline Ints AddNibbles(Ints sums, Bytes weights, Bytes activations) {
  return AddPairs(sums, reinterpret_cast<__m256i>(weights), reinterpret_cast<__m256i>(activations));
}
// Weights up to 255 would not fit: their sign goes to the activations.
inline Ints AddBytes(Ints sums, Bytes weights, Bytes activations) {
  const auto with_sign = reinterpret_cast<__m256i>(weights ^ 128);
  return AddPairs(sums, _mm256_abs_epi8(with_sign),
                  _mm256_sign_epi8(reinterpret_cast<__m256i>(activations), with_sign));
}

#include "engine/products/product_inl.h"

}  // namespace
}  // namespace bedplate::products::avx2

#pragma clang attribute pop

namespace bedplate::products {

const Kernel kAvx2Kernel{
    .name = "avx2", .takes_superblocks = false, .prepare = avx2::Prepare, .compute = avx2::Compute};

}  // namespace bedplate::products

#endif
