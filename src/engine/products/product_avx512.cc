// Products for x86-64 processors with AVX-512 and its VNNI. All that is included from outside comes
// before the pragma: an inline function of another header compiled for AVX-512 could be the one
// that the linker keeps for everybody.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/products/product.h"

#pragma clang attribute push(                                                             \
    __attribute__((                                                                       \
        target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,bmi,bmi2"))), \
    apply_to = function)

namespace bedplate::products::avx512 {
namespace {

constexpr int kLanes = 16;
constexpr int kRowsMax = 12;      // of 32 registers: 12 sums, 12 results, weights, scales
constexpr int kSixRowsMax = 8;    // of 32 registers: 16 sums, 8 results, weights, scales
constexpr int kHalfRowsMax = 12;  // 24 sums, the two vectors of weights, an activation
constexpr bool kBytesAreShifted = true;

using Floats = float __attribute__((vector_size(64)));
using Ints = int32_t __attribute__((vector_size(64)));
using Bytes = uint8_t __attribute__((vector_size(64)));

inline Bytes LoadBytes(const std::byte* from) {
  Bytes bytes;
  __builtin_memcpy(&bytes, from, sizeof bytes);
  return bytes;
}
inline Bytes HighNibbles(Bytes bytes) {
  return reinterpret_cast<Bytes>(_mm512_srli_epi16(reinterpret_cast<__m512i>(bytes), 4)) & 15;
}
inline Floats LoadHalves(const std::byte* from) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
inline Floats LoadBrains(const std::byte* from) {
  const __m256i brains = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(brains), 16));
}
inline Floats LoadSmall(const std::byte* from) {
  return _mm512_cvtepi32_ps(
      _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
}
inline Bytes AddPlane(Bytes bytes, const std::byte* bits, int value) {
  uint64_t mask;
  __builtin_memcpy(&mask, bits, sizeof mask);
  const auto vector = reinterpret_cast<__m512i>(bytes);
  return reinterpret_cast<Bytes>(
      _mm512_mask_add_epi8(vector, mask, vector, _mm512_set1_epi8(static_cast<char>(value))));
}
inline Floats MultiplyAdd(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
inline Ints AddNibbles(Ints sums, Bytes weights, Bytes activations) {
  return reinterpret_cast<Ints>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sums),
                                                    reinterpret_cast<__m512i>(weights),
                                                    reinterpret_cast<__m512i>(activations)));
}
inline Ints AddBytes(Ints sums, Bytes weights, Bytes activations) {
  return AddNibbles(sums, weights, activations);
}

#include "engine/products/product_inl.h"

}  // namespace
}  // namespace bedplate::products::avx512

#pragma clang attribute pop

namespace bedplate::products {

const Kernel kAvx512Kernel{.name = "avx512",
                           .takes_superblocks = true,
                           .prepare = avx512::Prepare,
                           .compute = avx512::Compute};

}  // namespace bedplate::products

#endif
