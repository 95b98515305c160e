// Prefixes that come from outside of the cache, and those that leave it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/scheduler/testing/driver.h"

namespace bedplate::scheduler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Submit Ask(RequestId id, uint32_t stored, uint32_t length = 200, Token first = 7) {
  return {
      .request = id, .prompt = Prompt(length, first), .new_tokens_max = 2, .stored_tokens = stored};
}

TEST(Loading, WhatIsKeptOutsideIsLoadedAndNotComputed) {
  Driver driver(kConfig);
  driver.Add(Ask(1, 128));
  const Actions& actions = driver.Step();
  EXPECT_TRUE(actions.batch.empty());
  EXPECT_THAT(actions.started, IsEmpty());
  EXPECT_THAT(driver.loads, ElementsAre(LoadCells{1, driver.loads.at(0).sequence, 0, 128}));
  driver.Step();
  EXPECT_EQ(driver.cached.at(1), 128U);
  EXPECT_EQ(driver.rows.at(1), 72U);
  driver.RunUntilIdle();
  EXPECT_EQ(driver.ended.at(1).reason, EndReason::kLength);
  EXPECT_EQ(driver.scheduler.GetStats().loaded_tokens_total, 128U);
  EXPECT_EQ(driver.scheduler.GetStats().cached_tokens_total, 128U);
}

TEST(Loading, LongOnesComeInPiecesWithOthersBetween) {
  Driver driver(kConfig);
  Submit talks = Ask(1, 0, 20, 500);
  talks.new_tokens_max = 100;
  driver.Add(std::move(talks));
  driver.Step();
  driver.Add(Ask(2, 1800, 1900));
  for (int step = 0; step < 8; ++step) driver.Step();
  ASSERT_EQ(driver.loads.size(), 4U);
  for (const LoadCells& load : driver.loads) EXPECT_LE(load.end - load.begin, 512);
  EXPECT_EQ(driver.loads.back().end, 1800);
  EXPECT_EQ(driver.rows.at(1), 20U + 8);  // it went on all the time
  driver.RunUntilIdle();
  EXPECT_EQ(driver.cached.at(2), 1800U);
}

TEST(Loading, AllOfAPromptIsNeverLoaded) {
  Driver driver(kConfig);
  driver.Add(Ask(1, 500));
  driver.RunUntilIdle();
  EXPECT_EQ(driver.cached.at(1), 199U);
  EXPECT_EQ(driver.ended.at(1).new_tokens, 2U);
}

TEST(Loading, WhatIsSpoiltIsComputedAndNotAskedForAgain) {
  Driver driver(kConfig);
  driver.load_tokens_max = 64;
  driver.Add(Ask(1, 128));
  driver.RunUntilIdle();
  EXPECT_EQ(driver.loads.size(), 1U);
  EXPECT_EQ(driver.cached.at(1), 64U);
  EXPECT_EQ(driver.rows.at(1), 136U + 1);
}

TEST(Loading, WhatTheCacheHasIsNotLoaded) {
  Driver driver(kConfig);
  driver.Add(Ask(1, 0));
  driver.RunUntilIdle();
  driver.Add(Ask(2, 128));
  driver.Add(Ask(3, 220, 300));  // 20 more than the cache: computed sooner than loaded
  driver.RunUntilIdle();
  EXPECT_THAT(driver.loads, IsEmpty());
  driver.Add(Ask(4, 256, 400));
  driver.RunUntilIdle();
  ASSERT_EQ(driver.loads.size(), 0U);  // request 3 left 300 tokens behind
  driver.Add(Ask(5, 384, 400, 7));
  driver.RunUntilIdle();
  EXPECT_THAT(driver.loads, IsEmpty());
}

TEST(Loading, GoesOnBehindWhatTheCacheHas) {
  Driver driver(kConfig);
  driver.Add(Ask(1, 0, 100));
  driver.RunUntilIdle();
  driver.Add(Ask(2, 192));
  driver.RunUntilIdle();
  ASSERT_EQ(driver.loads.size(), 1U);
  EXPECT_EQ(driver.loads[0].begin, 100);
  EXPECT_EQ(driver.loads[0].end, 192);
  EXPECT_EQ(driver.cached.at(2), 192U);
}

TEST(Loading, OneIsEnoughForAllThatBeginAlike) {
  Driver driver(kConfig);
  for (RequestId id = 1; id <= 5; ++id) driver.Add(Ask(id, 128, 200 + static_cast<uint32_t>(id)));
  driver.RunUntilIdle();
  EXPECT_EQ(driver.loads.size(), 1U);
  for (RequestId id = 1; id <= 5; ++id) EXPECT_GE(driver.cached.at(id), 128U);
}

TEST(Loading, OneThatLeavesMeanwhileLeavesItToOthers) {
  Driver driver(kConfig);
  driver.Add(Ask(1, 128));
  driver.Step();
  driver.Add(Cancel{1});
  driver.RunUntilIdle();
  EXPECT_EQ(driver.ended.at(1).reason, EndReason::kCancelled);
  driver.Add(Ask(2, 0));
  driver.RunUntilIdle();
  EXPECT_EQ(driver.cached.at(2), 128U);
}

Config Saving() {
  Config config = kConfig;
  config.cells = config.context_tokens_max = 512;
  config.saves_evicted = true;
  return config;
}

TEST(Saving, WhatWasFoundAgainIsSavedBeforeItIsEvicted) {
  Driver driver(Saving());
  driver.Add(Ask(1, 0));
  driver.RunUntilIdle();
  driver.Add(Ask(2, 0));
  driver.RunUntilIdle();
  driver.Add(Ask(3, 0, 500, 90));
  driver.RunUntilIdle();
  ASSERT_FALSE(driver.saved.empty());
  Position first = INT32_MAX;
  for (const SaveCells& save : driver.saved) {
    EXPECT_EQ(save.tokens.size(), static_cast<size_t>(save.end));
    EXPECT_LT(save.begin, save.end);
    first = std::min(first, save.begin);
  }
  EXPECT_LT(first, 12);  // as much as there is room for stays
  const std::vector<Token> prompt = Prompt(200);
  EXPECT_TRUE(std::ranges::equal(std::span(driver.saved.front().tokens).first(200), prompt));
}

TEST(Saving, WhatNobodyWantedAgainIsNot) {
  Driver driver(Saving());
  for (RequestId id = 1; id <= 4; ++id) {
    driver.Add(Ask(id, 0, 300, static_cast<Token>(100 * id)));
    driver.RunUntilIdle();
  }
  EXPECT_GT(driver.scheduler.GetStats().evicted_tokens_total, 300U);
  EXPECT_THAT(driver.saved, IsEmpty());
}

TEST(Saving, LeavesAreAllThatTheCacheKnowsTheMostValuableFirst) {
  Driver driver(kConfig);
  for (const auto& [id, first] : {std::pair(1, 100), {2, 200}, {3, 200}, {4, 200}}) {
    Submit ask = Ask(static_cast<RequestId>(id), 0, 150, first);
    ask.new_tokens_max = 1;  // so that alike prompts leave the same
    driver.Add(std::move(ask));
    driver.RunUntilIdle();
  }
  const auto all = driver.scheduler.Leaves();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].tokens[0], 200);
  EXPECT_EQ(all[1].tokens[0], 100);
  for (const SaveCells& leaf : all) EXPECT_EQ(leaf.begin, 0);
  const auto wanted = driver.scheduler.Leaves(1);
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_EQ(wanted[0].tokens[0], 200);
}

TEST(Saving, OfAValuableBeginningItsEndIsLeftOut) {
  Driver driver(kConfig);
  for (RequestId id = 1; id <= 3; ++id) {
    Submit ask = Ask(id, 0, 150);
    ask.prompt.back() = static_cast<Token>(1000 + id);
    driver.Add(std::move(ask));
    driver.RunUntilIdle();
  }
  const auto wanted = driver.scheduler.Leaves(1);
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_EQ(wanted[0].end, 149);
  EXPECT_EQ(driver.scheduler.Leaves().size(), 3U);
}

TEST(Saving, WhatNobodyUsedForLongIsGivenUp) {
  Config config = Saving();
  config.idle_max = Instant{1'000'000};
  Driver driver(config);
  for (RequestId id = 1; id <= 2; ++id) {
    driver.Add(Ask(id, 0, 100, static_cast<Token>(100 * id)));
    driver.Add(Ask(id + 10, 0, 100, static_cast<Token>(100 * id)));
    driver.RunUntilIdle();
    driver.now += Instant{700'000};
  }
  driver.saved.clear();
  driver.Step();
  EXPECT_LT(driver.scheduler.GetStats().cells_idle, 110U);  // the second is left
  ASSERT_FALSE(driver.saved.empty());
  for (const SaveCells& save : driver.saved) EXPECT_EQ(save.tokens.front(), 100);
}

TEST(Layout, HasEveryCellOnce) {
  Driver driver(kConfig);
  for (RequestId id = 1; id <= 3; ++id) {
    Submit ask = Ask(id, 0, 150);
    ask.new_tokens_max = 1;
    ask.prompt[100] = static_cast<Token>(1000 + id);
    driver.Add(std::move(ask));
    driver.RunUntilIdle();
  }
  const auto layout = driver.scheduler.Layout();
  ASSERT_EQ(layout.size(), 4U);
  EXPECT_EQ(layout[0].begin, 0);
  EXPECT_EQ(layout[0].end, 100);
  EXPECT_EQ(layout[0].holders.size(), 3U);
  for (size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(layout[i].begin, 100);
    EXPECT_EQ(layout[i].end, 150);
    EXPECT_EQ(layout[i].holders.size(), 1U);
  }
  const Actions& actions = driver.scheduler.GiveUpIdle();
  EXPECT_EQ(actions.memory.size(), 3U);
  EXPECT_EQ(driver.scheduler.GetStats().cells_used, 0U);
}

}  // namespace
}  // namespace bedplate::scheduler
