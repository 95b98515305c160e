// Every instruction set that this processor has, against double precision, over shapes and masks of
// every kind.
#include "engine/kernels/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <tuple>

#include "engine/kernels/plan.h"
#include "engine/kernels/testing/attention_cases.h"

namespace bedplate::kernels {
namespace {

constexpr double kErrorMax = 2e-6;

// Computes as `threads` threads would, units and items in the order given by `seed`.
std::vector<float> Compute(const Kernel& kernel, const Attention& attention, int threads,
                           uint32_t seed = 0) {
  const Plan plan = MakePlan(attention, threads);
  SurveyMemory memory;
  const MaskTable& table = memory.Begin(attention, plan);
  std::mt19937 random(seed);
  const auto shuffled = [&](int64_t count) {
    std::vector<int64_t> order(count);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::shuffle(order, random);
    return order;
  };
  for (const int64_t unit : shuffled(plan.units)) kernel.look(attention, plan, table, unit);
  const Survey& survey = memory.Cut(attention);
  std::vector<char> bytes(plan.WorkBytes(threads), '\xff');
  const WorkMemory work(bytes.data(), plan, threads);
  for (const int64_t item : shuffled(survey.item_count)) {
    kernel.compute(attention, survey, item, work, static_cast<int>(item % threads));
  }
  const int64_t rows = attention.streams * attention.query_count * attention.heads;
  kernel.merge(attention, survey, work, 0, rows);
  return {attention.out, attention.out + rows * attention.value_size};
}

class AttentionTest : public testing::TestWithParam<const Kernel*> {};

// Long tests come in parts, so that an emulated processor can be tested with some of them.
template <class Part>
class PartOfTest : public testing::TestWithParam<std::tuple<const Kernel*, Part>> {
 public:
  const Kernel& kernel() const { return *std::get<0>(this->GetParam()); }
  Part part() const { return std::get<1>(this->GetParam()); }
};
using RandomAttentionTest = PartOfTest<uint32_t>;  // ten seeds
using MaskSizeTest = PartOfTest<int64_t>;          // queries
using EveryFormTest = PartOfTest<MaskKind>;

TEST_P(RandomAttentionTest, IsTrueOverShapesAndMasks) {
  for (uint32_t seed = part() * 10; seed < (part() + 1) * 10; ++seed) {
    const Shape shape = RandomShape(seed);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << Describe(shape));
    AttentionCase problem(shape, seed);
    const int threads = 1 + seed % 5;
    const auto out = Compute(kernel(), problem.attention(), threads, seed);
    ASSERT_LE(problem.WorstError(out), kErrorMax) << threads << " threads";
  }
}

TEST_P(AttentionTest, IsTrueOverLongCaches) {
  for (const MaskKind mask : {MaskKind::kCausal, MaskKind::kShared, MaskKind::kMixed}) {
    const Shape shape{.queries = 20, .cells = 5000, .mask = mask};
    SCOPED_TRACE(Describe(shape));
    AttentionCase problem(shape, 1);
    ASSERT_LE(problem.WorstError(Compute(*GetParam(), problem.attention(), 2)), kErrorMax);
  }
}

TEST_P(MaskSizeTest, IsTrueForEveryNumberOfCells) {
  for (const int64_t cells : {1, 31, 33, 1023, 1024, 1025, 2100}) {
    for (const MaskKind mask : {MaskKind::kCausal, MaskKind::kSparse}) {
      const Shape shape{.key_size = 16,
                        .value_size = 16,
                        .key_heads = 1,
                        .group = 2,
                        .queries = part(),
                        .streams = part() == 512 ? 1 : 3,
                        .cells = cells,
                        .mask = mask};
      SCOPED_TRACE(Describe(shape));
      AttentionCase problem(shape, 8);
      ASSERT_LE(problem.WorstError(Compute(kernel(), problem.attention(), 4)), kErrorMax);
    }
  }
}

TEST_P(AttentionTest, DoesNotDependOnTheOrderOfItems) {
  for (const int threads : {2, 7}) {
    AttentionCase problem({.queries = 16, .cells = 900, .mask = MaskKind::kShared}, 5);
    const auto first = Compute(*GetParam(), problem.attention(), threads, 1);
    EXPECT_EQ(first, Compute(*GetParam(), problem.attention(), threads, 2));
  }
}

// Cells that query 0 does not see become NaN or infinite.
void Spoil(AttentionCase& problem, const Shape& shape, Format format, std::vector<char>& bytes) {
  const auto cell_bytes = static_cast<int64_t>(bytes.size()) / shape.cells;
  const uint16_t infinity = format == Format::kBf16 ? 0x7f80 : 0x7c00;
  const int64_t step = format == Format::kQ8 ? 2 + kQ8Block : 2;
  for (int64_t cell = 0; cell < shape.cells; ++cell) {
    if (problem.mask()[cell] != static_cast<_Float16>(kHidden)) continue;
    const uint16_t number = cell % 2 == 0 ? infinity : infinity + 1;  // or NaN
    for (int64_t at = 0; at < cell_bytes; at += step) {
      std::memcpy(&bytes[cell * cell_bytes + at], &number, sizeof number);
    }
  }
}

TEST_P(AttentionTest, WhatAQueryMayNotSeeDoesNotTouchIt) {
  const auto check = [](const Shape& shape) {
    SCOPED_TRACE(Describe(shape));
    AttentionCase problem(shape, 3);
    const auto clean = Compute(*GetParam(), problem.attention(), 2);
    const auto query_0_is_clean = [&] {
      const auto spoiled = Compute(*GetParam(), problem.attention(), 2);
      const int64_t floats = shape.key_heads * shape.group * shape.value_size;
      for (int64_t i = 0; i < floats; ++i) ASSERT_NEAR(clean[i], spoiled[i], 1e-5) << i;
    };
    Spoil(problem, shape, shape.key_format, problem.keys());
    query_0_is_clean();
    Spoil(problem, shape, shape.value_format, problem.values());
    query_0_is_clean();
  };
  // With 712 cells the last block that query 0 sees for the most part ends in hidden cells.
  for (const int64_t cells : {700, 712}) {
    for (const MaskKind mask : {MaskKind::kShared, MaskKind::kMixed, MaskKind::kCausal}) {
      for (const Format format : {Format::kF16, Format::kBf16, Format::kQ8}) {
        Shape shape{.key_heads = 1, .queries = 16, .cells = cells, .mask = mask};
        shape.key_format = shape.value_format = format;
        shape.soft_cap = cells == 700 ? 20 : 0;
        check(shape);
      }
    }
  }
}

// Keys of a cell that query 0 sees become NaN or infinite: its result is no number, be the cell in
// a list or in a block of many, and no other query's that does not see it is touched.
TEST_P(AttentionTest, WhatAQuerySeesAndIsNoNumberIsSeen) {
  for (const int64_t queries : {1, 16}) {
    for (const float soft_cap : {0.0F, 20.0F}) {
      for (const uint16_t number : {uint16_t{0x7e00}, uint16_t{0x7c00}}) {
        Shape shape{.key_heads = 1, .queries = queries, .cells = 700, .mask = MaskKind::kShared};
        shape.soft_cap = soft_cap;
        SCOPED_TRACE(testing::Message() << Describe(shape) << " number " << number);
        AttentionCase problem(shape, 3);
        int64_t cell = 0;
        while (problem.mask()[cell] == static_cast<_Float16>(kHidden)) ++cell;
        for (int64_t d = 0; d < shape.key_size; ++d) {
          const int64_t at = cell * shape.key_size + d;
          std::memcpy(&problem.keys()[2 * at], &number, sizeof number);
        }
        const auto out = Compute(*GetParam(), problem.attention(), 3);
        const bool infinite = number == 0x7c00;
        for (int64_t i = 0; i < shape.group * shape.value_size; ++i) {
          // Infinite keys times a query of both signs are no number either.
          ASSERT_TRUE(std::isnan(out[i])) << i << (infinite ? " of infinity" : " of NaN");
        }
      }
    }
  }
}

TEST_P(EveryFormTest, IsTrueAlone) {
  const auto check = [&](const Shape& shape) {
    SCOPED_TRACE(Describe(shape));
    AttentionCase problem(shape, 6);
    ASSERT_LE(problem.WorstError(Compute(kernel(), problem.attention(), 3)), kErrorMax);
  };
  const Shape plain{.key_heads = 1, .group = 5, .queries = 16, .cells = 333, .mask = part()};
  Shape shape = plain;
  for (shape.soft_cap = 0.5; shape.soft_cap < 100; shape.soft_cap *= 3) check(shape);
  shape = plain;
  shape.max_bias = 8;
  check(shape);
  shape = plain;
  shape.sinks = true;
  check(shape);
  for (const Format key : {Format::kF16, Format::kBf16, Format::kQ8}) {
    for (const Format value : {Format::kF16, Format::kBf16, Format::kQ8}) {
      shape = plain;
      shape.key_format = key;
      shape.value_format = value;
      check(shape);
    }
  }
  for (const int64_t size : {64, 80, 96, 128, 256, 512}) {
    shape = plain;
    shape.key_size = size;
    check(shape);
    shape.value_size = size;
    check(shape);
  }
}

TEST_P(AttentionTest, LargeScoresNeitherOverflowNorVanish) {
  AttentionCase problem({.queries = 16, .cells = 300, .mask = MaskKind::kCausal}, 2);
  Attention attention = problem.attention();
  attention.scale = 100;
  for (const float x : Compute(*GetParam(), attention, 2)) ASSERT_TRUE(std::isfinite(x));
}

TEST_P(AttentionTest, StreamsMayShareAMask) {
  AttentionCase problem({.streams = 3, .cells = 200, .mask = MaskKind::kRandom}, 4);
  Attention attention = problem.attention();
  attention.mask_streams = 1;
  const auto out = Compute(*GetParam(), attention, 2);
  attention.mask_stream_stride = 0;
  attention.mask_streams = 3;
  EXPECT_EQ(out, Compute(*GetParam(), attention, 2));
}

std::vector<const Kernel*> Runnable() {
  const KernelList list = RunnableKernels();
  return {list.kernels, list.kernels + list.count};
}

INSTANTIATE_TEST_SUITE_P(Every, AttentionTest, testing::ValuesIn(Runnable()),
                         [](const auto& info) { return std::string(info.param->name); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AttentionTest);
template <class Part>
auto WithParts(std::initializer_list<Part> parts) {
  return testing::Combine(testing::ValuesIn(Runnable()), testing::ValuesIn(parts));
}
// "avx2_3": the kernel and the part's number.
constexpr auto kNameOfPart = [](const auto& info) {
  return std::string(std::get<0>(info.param)->name) + "_" +
         std::to_string(static_cast<int>(std::get<1>(info.param)));
};
INSTANTIATE_TEST_SUITE_P(Every, RandomAttentionTest,
                         testing::Combine(testing::ValuesIn(Runnable()), testing::Range(0u, 20u)),
                         kNameOfPart);
INSTANTIATE_TEST_SUITE_P(Every, MaskSizeTest, WithParts<int64_t>({1, 2, 47, 512}), kNameOfPart);
INSTANTIATE_TEST_SUITE_P(Every, EveryFormTest,
                         WithParts({MaskKind::kBiased, MaskKind::kSequences, MaskKind::kSparse}),
                         kNameOfPart);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RandomAttentionTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MaskSizeTest);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EveryFormTest);

}  // namespace
}  // namespace bedplate::kernels
