// Vectors of kLanes floats over clang's vector extensions. Included inside the namespace of one
// instruction set, in code compiled for it (see attention_avx512.cc).
//
// Everything is forced inline: a vector must never cross a call, where its layout would depend on
// the caller's instruction set.
#pragma once
#define BEDPLATE_INLINE [[gnu::always_inline]] inline

using Vector = float __attribute__((ext_vector_type(kLanes)));
using IntVector = int32_t __attribute__((ext_vector_type(kLanes)));
using HalfVector = _Float16 __attribute__((ext_vector_type(kLanes)));
using HalfBits = uint16_t __attribute__((ext_vector_type(kLanes)));
using ByteVector = int8_t __attribute__((ext_vector_type(kLanes)));

BEDPLATE_INLINE Vector Load(const float* from) {
  Vector v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}
BEDPLATE_INLINE void Store(float* to, Vector v) { __builtin_memcpy(to, &v, sizeof v); }
BEDPLATE_INLINE HalfBits LoadBits(const char* from) {
  HalfBits v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}
BEDPLATE_INLINE Vector FromHalf(HalfBits bits) {
  return __builtin_convertvector(__builtin_bit_cast(HalfVector, bits), Vector);
}
BEDPLATE_INLINE Vector LoadHalf(const char* from) { return FromHalf(LoadBits(from)); }
BEDPLATE_INLINE Vector LoadBf16(const char* from) {
  const auto bits = __builtin_convertvector(LoadBits(from), IntVector);
  return __builtin_bit_cast(Vector, bits << 16);
}
// kLanes int8 numbers.
BEDPLATE_INLINE Vector LoadBytes(const char* from) {
  ByteVector v;
  __builtin_memcpy(&v, from, sizeof v);
  return __builtin_convertvector(__builtin_convertvector(v, IntVector), Vector);
}
BEDPLATE_INLINE Vector Splat(float x) { return Vector(x); }
BEDPLATE_INLINE Vector Fma(Vector a, Vector b, Vector c) {
  return __builtin_elementwise_fma(a, b, c);
}
BEDPLATE_INLINE Vector Add(Vector a, Vector b) { return a + b; }
BEDPLATE_INLINE Vector Subtract(Vector a, Vector b) { return a - b; }
BEDPLATE_INLINE Vector Multiply(Vector a, Vector b) { return a * b; }
// In each lane: a == b ? then : otherwise.
BEDPLATE_INLINE Vector IfEqual(Vector a, Vector b, Vector then, Vector otherwise) {
  return a == b ? then : otherwise;
}
BEDPLATE_INLINE float First(Vector v) { return v[0]; }
BEDPLATE_INLINE Vector Max(Vector a, Vector b) { return a > b ? a : b; }

BEDPLATE_INLINE float Sum(Vector v) {
  float lanes[kLanes];
  Store(lanes, v);
#pragma clang loop unroll(full)
  for (int width = kLanes / 2; width > 0; width /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}
BEDPLATE_INLINE float Highest(Vector v) {
  float lanes[kLanes];
  Store(lanes, v);
#pragma clang loop unroll(full)
  for (int width = kLanes / 2; width > 0; width /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < width; ++i) {
      if (lanes[i + width] > lanes[i]) lanes[i] = lanes[i + width];
    }
  }
  return lanes[0];
}

// Remembers whether a number was not finite.
struct FiniteWatch {
  IntVector most = 0;  // magnitude, as an integer
};
BEDPLATE_INLINE void Watch(FiniteWatch& watch, Vector v) {
  const IntVector magnitude = __builtin_bit_cast(IntVector, v) & 0x7fffffff;
  watch.most = __builtin_elementwise_max(watch.most, magnitude);
}
BEDPLATE_INLINE bool AllFinite(const FiniteWatch& watch) {
  return __builtin_reduce_max(watch.most) < 0x7f800000;
}

// (2^x - 1) / x for x within [-0.5, 0.5]: minimax polynomial, relative error 3e-9 before rounding.
BEDPLATE_INLINE Vector Exp2Slope(Vector x) {
  Vector p = Splat(0.0001534581242594868f);
  p = Fma(p, x, Splat(0.0013399930903688073f));
  p = Fma(p, x, Splat(0.009618489071726799f));
  p = Fma(p, x, Splat(0.05550328642129898f));
  p = Fma(p, x, Splat(0.24022646248340607f));
  return Fma(p, x, Splat(0.6931471824645996f));
}

// 2^x for x <= 1, to a relative 1e-7; exactly 0 for x < -125, -inf too.
BEDPLATE_INLINE Vector Exp2(Vector x) {
  const Vector bounded = Max(x, Splat(-126));
  const Vector whole = __builtin_elementwise_roundeven(bounded);
  const Vector rest = bounded - whole;  // within [-0.5, 0.5]
  const Vector p = Fma(Exp2Slope(rest), rest, Splat(1.0f));
  const IntVector exponent = __builtin_convertvector(whole, IntVector) << 23;
  const Vector result = __builtin_bit_cast(Vector, __builtin_bit_cast(IntVector, p) + exponent);
  return x < Splat(-125) ? Splat(0) : result;
}

// tanh(x), to a relative 4e-7. With e = exp(2|x|) - 1 it is e / (e + 2); e is summed so that what
// is near 0 keeps its digits.
BEDPLATE_INLINE Vector Tanh(Vector x) {
  const IntVector sign = __builtin_bit_cast(IntVector, x) & static_cast<int32_t>(0x80000000);
  const Vector magnitude =
      __builtin_bit_cast(Vector, __builtin_bit_cast(IntVector, x) & 0x7fffffff);
  const Vector power = magnitude * Splat(2 * 1.44269504088896f);
  const Vector bounded = power < Splat(40) ? power : Splat(40);  // from 26 on tanh is 1
  const Vector whole = __builtin_elementwise_roundeven(bounded);
  const Vector rest = bounded - whole;
  const IntVector exponent = (__builtin_convertvector(whole, IntVector) + 127) << 23;
  const Vector scale = __builtin_bit_cast(Vector, exponent);
  const Vector e = Fma(scale, Exp2Slope(rest) * rest, scale - Splat(1));
  const Vector result = e / (e + Splat(2));
  return __builtin_bit_cast(Vector, __builtin_bit_cast(IntVector, result) | sign);
}

// Shuffle of two vectors by a constant rule: lane i of the result is lane Rule::Lane(i) of a and b
// laid end to end.
template <class Rule, size_t... I>
BEDPLATE_INLINE Vector ShuffleImpl(Vector a, Vector b, std::index_sequence<I...>) {
  return __builtin_shufflevector(a, b, Rule::Lane(I)...);
}
template <class Rule>
BEDPLATE_INLINE Vector Shuffle(Vector a, Vector b) {
  return ShuffleImpl<Rule>(a, b, std::make_index_sequence<kLanes>());
}

// Within each quarter of four lanes: two lanes of a, then two of b; the even ones or the odd ones.
template <int Odd>
struct PairsInQuarters {
  static constexpr int Lane(int i) {
    const int quarter = i / 4 * 4;
    return i % 4 < 2 ? quarter + 2 * (i % 4) + Odd : kLanes + quarter + 2 * (i % 4 - 2) + Odd;
  }
};
// Whole quarters: the even ones of a then of b, or the odd ones.
template <int Odd>
struct Quarters {
  static constexpr int Lane(int i) {
    constexpr int kHalf = kLanes / 2;
    const int source = i < kHalf ? 0 : kLanes;
    const int quarter = (i % kHalf) / 4;
    return source + (2 * quarter + Odd) * 4 + i % 4;
  }
};
// The lower, or upper, halves of a and b, lane by lane in turn.
template <int Upper>
struct Interleave {
  static constexpr int Lane(int i) {
    return (i % 2 == 0 ? 0 : kLanes) + Upper * (kLanes / 2) + i / 2;
  }
};

// Sums of four vectors: each quarter of the result has the sums of that quarter of a, b, c, d.
BEDPLATE_INLINE Vector SumFour(Vector a, Vector b, Vector c, Vector d) {
  const Vector ab = Shuffle<PairsInQuarters<0>>(a, b) + Shuffle<PairsInQuarters<1>>(a, b);
  const Vector cd = Shuffle<PairsInQuarters<0>>(c, d) + Shuffle<PairsInQuarters<1>>(c, d);
  return Shuffle<PairsInQuarters<0>>(ab, cd) + Shuffle<PairsInQuarters<1>>(ab, cd);
}
// From kLanes / 4 results of SumFour, the kLanes sums in order.
BEDPLATE_INLINE Vector SumAll(Vector (&fours)[kLanes / 4]) {
#pragma clang loop unroll(full)
  for (int count = kLanes / 4; count > 1; count /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < count / 2; ++i) {
      const Vector a = fours[2 * i];
      const Vector b = fours[2 * i + 1];
      fours[i] = Shuffle<Quarters<0>>(a, b) + Shuffle<Quarters<1>>(a, b);
    }
  }
  return fours[0];
}

BEDPLATE_INLINE void Transpose(Vector (&rows)[kLanes]) {
#pragma clang loop unroll(full)
  for (int step = 1; step < kLanes; step *= 2) {
    Vector next[kLanes];
#pragma clang loop unroll(full)
    for (int i = 0; i < kLanes / 2; ++i) {
      next[2 * i] = Shuffle<Interleave<0>>(rows[i], rows[i + kLanes / 2]);
      next[2 * i + 1] = Shuffle<Interleave<1>>(rows[i], rows[i + kLanes / 2]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < kLanes; ++i) rows[i] = next[i];
  }
}

inline float HalfAt(const char* from) {
  _Float16 half;
  __builtin_memcpy(&half, from, sizeof half);
  return half;
}

// Of the kBlock F16 numbers of a mask: bits of those that are not -inf, and of those among them
// that are not 0 either.
struct MaskBits {
  uint32_t seen;
  uint32_t biased;
};
BEDPLATE_INLINE MaskBits LookAtBlock(const char* mask) {
  using Bits = uint16_t __attribute__((ext_vector_type(kBlock)));
  using Flags = bool __attribute__((ext_vector_type(kBlock)));
  Bits bits;
  __builtin_memcpy(&bits, mask, sizeof bits);
  constexpr uint16_t kHidden = 0xfc00;  // -inf
  const auto seen = __builtin_convertvector(bits != Bits(kHidden), Flags);
  const auto biased = __builtin_convertvector((bits & uint16_t{0x7fff}) != Bits(0), Flags);
  const auto word = __builtin_bit_cast(uint32_t, seen);
  return {word, word & __builtin_bit_cast(uint32_t, biased)};
}
