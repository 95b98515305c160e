#include "account/objects/crc_fold.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <cstdlib>

namespace bedplate::account::objects {

#if defined(__x86_64__)

namespace {

#define BEDPLATE_FOLDS __attribute__((target("pclmul,sse4.1")))

BEDPLATE_FOLDS __m128i Load(const char* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

BEDPLATE_FOLDS __m128i Load(const std::array<uint64_t, 2>& keys) {
  return _mm_set_epi64x(static_cast<long long>(keys[1]), static_cast<long long>(keys[0]));
}

// `before`, moved over as many bits as the keys are for, and `next` added. The low half stands for
// the higher powers.
BEDPLATE_FOLDS __m128i Onto(__m128i before, __m128i keys, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(before, keys, 0x00);
  const __m128i high = _mm_clmulepi64_si128(before, keys, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

}  // namespace

bool CanFold() {
  static const bool can = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  return can;
}

BEDPLATE_FOLDS std::array<char, 16> Fold(const FoldKeys& keys, uint64_t start, const char* bytes,
                                         size_t blocks) {
  const __m128i far = Load(keys.by_512);
  const __m128i near = Load(keys.by_128);
  __m128i a = _mm_xor_si128(Load(bytes), _mm_cvtsi64_si128(static_cast<long long>(start)));
  __m128i b = Load(bytes + 16);
  __m128i c = Load(bytes + 32);
  __m128i d = Load(bytes + 48);
  for (size_t i = 1; i < blocks; ++i) {
    bytes += 64;
    a = Onto(a, far, Load(bytes));
    b = Onto(b, far, Load(bytes + 16));
    c = Onto(c, far, Load(bytes + 32));
    d = Onto(d, far, Load(bytes + 48));
  }
  std::array<char, 16> left{};
  _mm_storeu_si128(reinterpret_cast<__m128i*>(left.data()),
                   Onto(Onto(Onto(a, near, b), near, c), near, d));
  return left;
}

#undef BEDPLATE_FOLDS

#else

bool CanFold() { return false; }

std::array<char, 16> Fold(const FoldKeys& /*keys*/, uint64_t /*start*/, const char* /*bytes*/,
                          size_t /*blocks*/) {
  std::abort();
}

#endif

}  // namespace bedplate::account::objects
