// Vectors of kLanes floats over Highway: its functions, and what it lacks. Included inside the
// namespace of one instruction set, in code compiled for it (see attention_avx512.cc).
//
// Everything is forced inline: a vector must never cross a call, where its layout would depend on
// the caller's instruction set.
#pragma once
#define BEDPLATE_INLINE HWY_INLINE

namespace hn = hwy::HWY_NAMESPACE;
using hn::Add;
using hn::Max;
using hn::Mul;
using hn::MulAdd;
using hn::Sub;

using Floats = hn::CappedTag<float, kLanes>;
using Halves = hn::Rebind<hwy::float16_t, Floats>;
using Bf16s = hn::Rebind<hwy::bfloat16_t, Floats>;
using Bytes = hn::Rebind<int8_t, Floats>;
using Words = hn::Rebind<uint16_t, Floats>;
using Ints = hn::RebindToSigned<Floats>;
using Pairs = hn::Repartition<double, Floats>;
using Vector = hn::Vec<Floats>;
static_assert(hn::MaxLanes(Floats()) == kLanes);

BEDPLATE_INLINE Vector Load(const float* from) { return hn::LoadU(Floats(), from); }
BEDPLATE_INLINE void Store(float* to, Vector v) { hn::StoreU(v, Floats(), to); }
// 16-bit numbers need not be aligned.
BEDPLATE_INLINE hn::Vec<Words> LoadWords(const char* from) {
  return hn::LoadU(Words(), reinterpret_cast<const uint16_t*>(from));
}
BEDPLATE_INLINE Vector LoadHalf(const char* from) {
  return hn::PromoteTo(Floats(), hn::BitCast(Halves(), LoadWords(from)));
}
BEDPLATE_INLINE Vector LoadBf16(const char* from) {
  return hn::PromoteTo(Floats(), hn::BitCast(Bf16s(), LoadWords(from)));
}
// kLanes int8 numbers.
BEDPLATE_INLINE Vector LoadBytes(const char* from) {
  const auto bytes = hn::LoadU(Bytes(), reinterpret_cast<const int8_t*>(from));
  return hn::ConvertTo(Floats(), hn::PromoteTo(Ints(), bytes));
}
BEDPLATE_INLINE Vector Splat(float x) { return hn::Set(Floats(), x); }
BEDPLATE_INLINE float First(Vector v) { return hn::GetLane(v); }
BEDPLATE_INLINE float Sum(Vector v) { return hn::GetLane(hn::SumOfLanes(Floats(), v)); }
BEDPLATE_INLINE float Highest(Vector v) { return hn::GetLane(hn::MaxOfLanes(Floats(), v)); }
// The sum, but -inf where the mask is that, whatever the score: it may be NaN.
BEDPLATE_INLINE Vector AddMask(Vector score, Vector mask) {
  return hn::IfThenElse(hn::Eq(mask, Splat(-INFINITY)), mask, Add(score, mask));
}

// Remembers whether a number was not finite.
struct FiniteWatch {
  hn::Vec<Ints> most;  // magnitude, as an integer
};
BEDPLATE_INLINE FiniteWatch BeginWatch() { return {hn::Zero(Ints())}; }
BEDPLATE_INLINE void Watch(FiniteWatch& watch, Vector v) {
  watch.most = Max(watch.most, hn::BitCast(Ints(), hn::Abs(v)));
}
BEDPLATE_INLINE bool AllFinite(const FiniteWatch& watch) {
  return hn::AllTrue(Ints(), hn::Lt(watch.most, hn::Set(Ints(), 0x7f800000)));
}

// (2^x - 1) / x for x within [-0.5, 0.5]: minimax polynomial, relative error 3e-9 before rounding.
BEDPLATE_INLINE Vector Exp2Slope(Vector x) {
  Vector p = Splat(0.0001534581242594868f);
  p = MulAdd(p, x, Splat(0.0013399930903688073f));
  p = MulAdd(p, x, Splat(0.009618489071726799f));
  p = MulAdd(p, x, Splat(0.05550328642129898f));
  p = MulAdd(p, x, Splat(0.24022646248340607f));
  return MulAdd(p, x, Splat(0.6931471824645996f));
}

// What is no number stays that.
BEDPLATE_INLINE Vector KeepNan(Vector x, Vector result) {
  return hn::IfThenElse(hn::Eq(x, x), result, x);
}

// 2^x for x <= 1, to a relative 1e-7; exactly 0 for x < -125, -inf too.
BEDPLATE_INLINE Vector Exp2(Vector x) {
  const Vector bounded = Max(x, Splat(-126));
  const Vector whole = hn::Round(bounded);
  const Vector rest = Sub(bounded, whole);  // within [-0.5, 0.5]
  const Vector p = MulAdd(Exp2Slope(rest), rest, Splat(1));
  const auto exponent = hn::ShiftLeft<23>(hn::ConvertTo(Ints(), whole));
  const Vector result = hn::BitCast(Floats(), Add(hn::BitCast(Ints(), p), exponent));
  return KeepNan(x, hn::IfThenZeroElse(hn::Lt(x, Splat(-125)), result));
}

// tanh(x), to a relative 4e-7. With e = exp(2|x|) - 1 it is e / (e + 2); e is summed so that what
// is near 0 keeps its digits.
BEDPLATE_INLINE Vector Tanh(Vector x) {
  const Vector power = Mul(hn::Abs(x), Splat(2 * 1.44269504088896f));
  const Vector bounded = hn::Min(power, Splat(40));  // from 26 on tanh is 1
  const Vector whole = hn::Round(bounded);
  const Vector rest = Sub(bounded, whole);
  const auto exponent = Add(hn::ConvertTo(Ints(), whole), hn::Set(Ints(), 127));
  const Vector scale = hn::BitCast(Floats(), hn::ShiftLeft<23>(exponent));
  const Vector e = MulAdd(scale, Mul(Exp2Slope(rest), rest), Sub(scale, Splat(1)));
  return KeepNan(x, hn::CopySignToAbs(hn::Div(e, Add(e, Splat(2))), x));
}

BEDPLATE_INLINE Vector LowerPairs(Vector a, Vector b) {
  return hn::BitCast(
      Floats(), hn::InterleaveLower(Pairs(), hn::BitCast(Pairs(), a), hn::BitCast(Pairs(), b)));
}
BEDPLATE_INLINE Vector UpperPairs(Vector a, Vector b) {
  return hn::BitCast(
      Floats(), hn::InterleaveUpper(Pairs(), hn::BitCast(Pairs(), a), hn::BitCast(Pairs(), b)));
}
// Sums of four vectors: each quarter of the result has the sums of that quarter of a, b, c, d.
BEDPLATE_INLINE Vector SumFour(Vector a, Vector b, Vector c, Vector d) {
  const Vector ab = Add(hn::InterleaveLower(Floats(), a, b), hn::InterleaveUpper(Floats(), a, b));
  const Vector cd = Add(hn::InterleaveLower(Floats(), c, d), hn::InterleaveUpper(Floats(), c, d));
  return Add(LowerPairs(ab, cd), UpperPairs(ab, cd));
}
// The sums of a's halves, then those of b's.
BEDPLATE_INLINE Vector AddHalves(Vector a, Vector b) {
  return Add(hn::ConcatLowerLower(Floats(), b, a), hn::ConcatUpperUpper(Floats(), b, a));
}
// From kLanes / 4 results of SumFour, the kLanes sums in order.
template <int N>
BEDPLATE_INLINE Vector SumAll(Vector (&fours)[N]) {
  if constexpr (N == 1) return fours[0];
  if constexpr (N == 2) return AddHalves(fours[0], fours[1]);
  if constexpr (N == 4) {
    const Vector even = AddHalves(fours[0], fours[2]);
    const Vector odd = AddHalves(fours[1], fours[3]);
    return Add(hn::OddEvenBlocks(odd, even), hn::SwapAdjacentBlocks(hn::OddEvenBlocks(even, odd)));
  }
}

template <int N>
BEDPLATE_INLINE void Transpose(Vector (&rows)[N]) {
  constexpr Floats kF;
  // Within blocks of four lanes.
  HWY_UNROLL()
  for (int i = 0; i < kLanes; i += 4) {
    const Vector a = hn::InterleaveLower(kF, rows[i], rows[i + 2]);
    const Vector b = hn::InterleaveLower(kF, rows[i + 1], rows[i + 3]);
    const Vector c = hn::InterleaveUpper(kF, rows[i], rows[i + 2]);
    const Vector d = hn::InterleaveUpper(kF, rows[i + 1], rows[i + 3]);
    rows[i] = hn::InterleaveLower(kF, a, b);
    rows[i + 1] = hn::InterleaveUpper(kF, a, b);
    rows[i + 2] = hn::InterleaveLower(kF, c, d);
    rows[i + 3] = hn::InterleaveUpper(kF, c, d);
  }
  // Then the blocks.
  if constexpr (N >= 8) {
    HWY_UNROLL()
    for (int i = 0; i < N / 2; ++i) {
      const Vector a = rows[i];
      const Vector b = rows[i + N / 2];
      rows[i] = hn::ConcatLowerLower(kF, b, a);
      rows[i + N / 2] = hn::ConcatUpperUpper(kF, b, a);
    }
  }
  if constexpr (N == 16) {
    HWY_UNROLL()
    for (int half = 0; half < 16; half += 8) {
      HWY_UNROLL()
      for (int i = half; i < half + 4; ++i) {
        const Vector a = rows[i];
        const Vector b = rows[i + 4];
        rows[i] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(b), a);
        rows[i + 4] = hn::OddEvenBlocks(b, hn::SwapAdjacentBlocks(a));
      }
    }
  }
}

inline float HalfAt(const char* from) {
  _Float16 half;
  __builtin_memcpy(&half, from, sizeof half);
  return half;
}

// A bit for each lane, the first one lowest.
template <class Tag>
BEDPLATE_INLINE uint32_t BitsOf(hn::Mask<Tag> mask) {
  uint8_t bytes[8] = {};  // Highway's functions ask for eight
  hn::StoreMaskBits(Tag(), mask, bytes);
  uint32_t bits;
  __builtin_memcpy(&bits, bytes, sizeof bits);
  return bits;
}

// Of the kBlock F16 numbers of a mask: bits of those that are not -inf, and of those among them
// that are not 0 either.
struct MaskBits {
  uint32_t seen;
  uint32_t biased;
};
BEDPLATE_INLINE MaskBits LookAtBlock(const char* mask) {
  using Numbers = hn::CappedTag<uint16_t, 2 * kLanes>;
  constexpr Numbers kNumbers;
  MaskBits result{0, 0};
  HWY_UNROLL()
  for (int i = 0; i < kBlock; i += 2 * kLanes) {
    const auto bits = hn::LoadU(kNumbers, reinterpret_cast<const uint16_t*>(mask) + i);
    const auto hidden = hn::Eq(bits, hn::Set(kNumbers, 0xfc00));  // -inf
    const auto zero = hn::Eq(hn::And(bits, hn::Set(kNumbers, 0x7fff)), hn::Zero(kNumbers));
    result.seen |= BitsOf<Numbers>(hn::Not(hidden)) << i;
    result.biased |= BitsOf<Numbers>(hn::Not(zero)) << i;
  }
  result.biased &= result.seen;
  return result;
}
