// The cut into items, and which surveys are found again.
#include <gtest/gtest.h>

#include <algorithm>
#include <ranges>
#include <set>
#include <span>

#include "engine/kernels/plan.h"
#include "engine/kernels/survey_cache.h"
#include "engine/kernels/testing/attention_cases.h"

namespace bedplate::kernels {
namespace {

const Kernel* AnyKernel() {
  const KernelList list = RunnableKernels();
  return list.count == 0 ? nullptr : list.kernels[0];
}

const Survey& SurveyOf(const Attention& attention, int threads, SurveyMemory& memory) {
  const Plan plan = MakePlan(attention, threads);
  const MaskTable& table = memory.Begin(attention, plan);
  for (int64_t unit = 0; unit < plan.units; ++unit) {
    AnyKernel()->look(attention, plan, table, unit);
  }
  return memory.Cut(attention);
}

// Live blocks of each item.
std::vector<int64_t> LiveBlocks(const Attention& attention, const Survey& survey) {
  std::vector<int64_t> counts;
  for (const Item& item : std::span(survey.items, survey.item_count)) {
    const int64_t tile = item.stream % attention.mask_streams * survey.plan.tiles + item.tile;
    const uint32_t* const live = survey.table.live + tile * survey.plan.spans;
    counts.push_back(std::ranges::count_if(
        std::views::iota(item.first_block, item.last_block), [&](int32_t block) {
          return (live[block / kSpanBlocks] >> block % kSpanBlocks & 1) != 0;
        }));
  }
  return counts;
}

TEST(Survey, CutsEvenlyWhereverTheLiveCellsLie) {
  if (!AnyKernel()) GTEST_SKIP() << "no kernel for this processor";
  for (const int64_t first : {0, 5000, 8192 - 512}) {
    Shape shape{.key_size = 16, .value_size = 16, .key_heads = 1, .queries = 4, .cells = 8192};
    shape.mask = MaskKind::kCausal;
    AttentionCase problem(shape, 1);
    for (int64_t i = 0; i < shape.queries * shape.cells; ++i) {
      const int64_t cell = i % shape.cells - first;
      problem.mask()[i] = static_cast<_Float16>(cell >= 0 && cell < 512 ? 0 : kHidden);
    }
    SurveyMemory memory;
    const Survey& survey = SurveyOf(problem.attention(), 2, memory);
    EXPECT_EQ(survey.item_count, survey.plan.parts);
    const auto counts = LiveBlocks(problem.attention(), survey);
    EXPECT_LE(std::ranges::max(counts) - std::ranges::min(counts), 1);
  }
}

// One tile of four sees eight times as much as the others together.
TEST(Survey, GivesItemsToTheTileThatSeesMost) {
  if (!AnyKernel()) GTEST_SKIP() << "no kernel for this processor";
  Shape shape{.key_size = 16, .value_size = 16, .key_heads = 1, .queries = 64, .cells = 4096};
  AttentionCase problem(shape, 1);
  for (int64_t i = 0; i < shape.queries * shape.cells; ++i) {
    const int64_t limit = i / shape.cells < 16 ? 4096 : 128;
    problem.mask()[i] = static_cast<_Float16>(i % shape.cells < limit ? 0 : kHidden);
  }
  SurveyMemory memory;
  const Survey& survey = SurveyOf(problem.attention(), 2, memory);
  ASSERT_EQ(survey.plan.tiles, 4);
  EXPECT_EQ(survey.tiles[0].partials, 6);
  for (int tile = 1; tile < 4; ++tile) EXPECT_EQ(survey.tiles[tile].partials, 0);
}

TEST(Survey, ItemsCoverEveryTileOnceAndStayWithinTheirBound) {
  if (!AnyKernel()) GTEST_SKIP() << "no kernel for this processor";
  SurveyMemory memory;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    const Shape shape = RandomShape(seed);
    SCOPED_TRACE(testing::Message() << seed << ": " << Describe(shape));
    AttentionCase problem(shape, seed);
    const Survey& survey = SurveyOf(problem.attention(), 1 + seed % 9, memory);
    std::vector<int32_t> reached(shape.streams * survey.plan.tiles, 0);
    int64_t partials = 0;
    for (const Item& item : std::span(survey.items, survey.item_count)) {
      int32_t& block = reached[item.stream * survey.plan.tiles + item.tile];
      ASSERT_EQ(item.first_block, block);
      block = item.last_block;
      const TileCut& cut = survey.tiles[item.stream * survey.plan.tiles + item.tile];
      ASSERT_EQ(item.partial < 0, cut.partials == 0);
      if (item.partial >= 0) ASSERT_EQ(item.partial, partials++);
    }
    for (const int32_t block : reached) ASSERT_EQ(block, survey.plan.blocks);
    ASSERT_LE(partials, survey.plan.partials_max);
  }
}

TEST(SurveyCache, FindsOnlyTheSameMaskInTheSameComputation) {
  SurveyCache cache;
  bool found = false;
  const int tensor = 0;
  const SurveyKey key{.computation = 7, .tensor = &tensor, .cells = 64};
  SurveyMemory* const memory = &cache.Find(key, found).memory;
  EXPECT_FALSE(found);
  EXPECT_EQ(&cache.Find(key, found).memory, memory);
  EXPECT_TRUE(found);
  const auto differs = [&](auto change) {
    SurveyKey other = key;
    change(other);
    cache.Find(other, found);
    return !found;
  };
  EXPECT_TRUE(differs([](SurveyKey& k) { k.tensor = nullptr; }));
  EXPECT_TRUE(differs([](SurveyKey& k) { k.cells = 96; }));
  cache.Find(key, found);
  EXPECT_TRUE(found) << "two others have not taken its place";
  EXPECT_TRUE(differs([](SurveyKey& k) { k.computation = 8; }));
}

TEST(SurveyCache, NeverFindsWhatBelongsToNoComputation) {
  SurveyCache cache;
  bool found = true;
  for (int i = 0; i < 10; ++i) {
    cache.Find({.cells = 64}, found);
    EXPECT_FALSE(found);
  }
}

TEST(SurveyCache, GivesUpTheOneUnusedForLongest) {
  SurveyCache cache;
  bool found = false;
  const auto find = [&](int64_t cells) {
    cache.Find({.computation = 7, .cells = cells}, found);
    return found;
  };
  for (int64_t i = 1; i <= 4; ++i) EXPECT_FALSE(find(i));
  EXPECT_TRUE(find(1));
  EXPECT_FALSE(find(5));
  EXPECT_TRUE(find(1));
  EXPECT_FALSE(find(2));
}

TEST(SurveyCache, TheNextComputationTakesTheMemoryOfTheOneBefore) {
  SurveyCache cache;
  bool found = false;
  const SurveyCache::Slot* const first = &cache.Find({.computation = 1}, found);
  for (uint64_t i = 2; i <= 10; ++i) EXPECT_EQ(&cache.Find({.computation = i}, found), first);
  std::set<const SurveyCache::Slot*> slots;
  for (uint64_t i = 11; i <= 20; ++i) {
    for (int64_t cells = 1; cells <= 2; ++cells) {
      slots.insert(&cache.Find({.computation = i, .cells = cells}, found));
      EXPECT_FALSE(found);
    }
  }
  EXPECT_EQ(slots.size(), 2U);
}

}  // namespace
}  // namespace bedplate::kernels
