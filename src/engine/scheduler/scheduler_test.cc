// What a Step does in chosen situations; simulation_test.cc covers the rest at random.
#include "engine/scheduler/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "engine/scheduler/testing/driver.h"

namespace bedplate::scheduler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Scheduler, ComputesAPromptThenTokens) {
  Driver driver(kConfig);
  driver.Add(Submit{.request = 1, .prompt = {5, 6, 7}, .new_tokens_max = 3});
  const Actions& first = driver.Step();
  ASSERT_EQ(first.started.size(), 1u);
  EXPECT_EQ(first.started[0].prompt_tokens, 3u);
  EXPECT_EQ(first.started[0].cached_tokens, 0u);
  EXPECT_THAT(first.batch.tokens, ElementsAre(5, 6, 7));
  EXPECT_THAT(first.batch.positions, ElementsAre(0, 1, 2));
  EXPECT_THAT(first.batch.outputs, ElementsAre(0, 0, 1));
  const Actions& second = driver.Step();
  EXPECT_THAT(second.batch.tokens, ElementsAre(1001));
  EXPECT_THAT(second.batch.positions, ElementsAre(3));
  driver.RunUntilIdle();
  EXPECT_EQ(driver.ended[1].reason, EndReason::kLength);
  EXPECT_EQ(driver.ended[1].new_tokens, 3u);
  EXPECT_EQ(driver.scheduler.GetStats().cells_idle, 5u);
}

TEST(Scheduler, SixteenWithOnePrefixComputeItOnce) {
  Driver driver(kConfig);
  for (RequestId id = 1; id <= 16; ++id) {
    std::vector<Token> prompt = Prompt(500);
    for (int i = 0; i < 20; ++i) prompt.push_back(static_cast<Token>(1000 * id + i));
    driver.Add(Submit{.request = id, .prompt = std::move(prompt), .new_tokens_max = 1});
  }
  driver.RunUntilIdle();
  EXPECT_EQ(driver.ended.size(), 16u);
  EXPECT_EQ(driver.scheduler.GetStats().computed_tokens_total, 500u + 16 * 20);
  EXPECT_EQ(driver.scheduler.GetStats().cached_tokens_total, 500u * 15);
  EXPECT_LE(driver.steps, 8u);
}

TEST(Scheduler, TheSamePromptAgainNeedsOneRow) {
  Driver driver(kConfig);
  driver.Add(Submit{.request = 1, .prompt = Prompt(300), .new_tokens_max = 1});
  driver.RunUntilIdle();
  driver.Add(Submit{.request = 2, .prompt = Prompt(300), .new_tokens_max = 1});
  const Actions& actions = driver.Step();
  EXPECT_EQ(actions.started[0].cached_tokens, 299u);
  EXPECT_EQ(actions.batch.size(), 1u);
}

TEST(Scheduler, ANextTurnReusesTheAnswerToo) {
  Driver driver(kConfig);
  driver.Add(Submit{.request = 1, .prompt = Prompt(100), .new_tokens_max = 10});
  driver.RunUntilIdle();
  std::vector<Token> prompt = Prompt(100);
  for (Token t = 1001; t <= 1010; ++t) prompt.push_back(t);
  prompt.push_back(3);
  driver.Add(Submit{.request = 2, .prompt = prompt, .new_tokens_max = 1});
  // All but the answer's last token, which was never computed.
  EXPECT_EQ(driver.Step().started[0].cached_tokens, 109u);
}

TEST(Scheduler, WithoutSharingEverythingIsComputedAndNothingKept) {
  Config config = kConfig;
  config.share_prefixes = false;
  Driver driver(config);
  for (RequestId id = 1; id <= 3; ++id) {
    driver.Add(Submit{.request = id, .prompt = Prompt(100), .new_tokens_max = 2});
  }
  driver.RunUntilIdle();
  EXPECT_EQ(driver.scheduler.GetStats().computed_tokens_total, 3u * 101);
  EXPECT_EQ(driver.scheduler.GetStats().cells_used, 0u);
}

TEST(Scheduler, RefusesWhatDoesNotFitTheContext) {
  Driver driver(kConfig);
  driver.Add(Submit{.request = 1, .prompt = Prompt(2048), .new_tokens_max = 1});
  driver.Add(Submit{.request = 2, .prompt = Prompt(2047), .new_tokens_max = 9});
  driver.Add(Submit{.request = 3, .prompt = {}, .new_tokens_max = 1});
  driver.Add(Submit{.request = 4, .prompt = {1}, .new_tokens_max = 0});
  driver.RunUntilIdle();
  EXPECT_EQ(driver.ended[1].reason, EndReason::kContextLengthExceeded);
  EXPECT_EQ(driver.ended[2].reason, EndReason::kLength);
  EXPECT_EQ(driver.ended[2].new_tokens, 1u);
  EXPECT_EQ(driver.ended[3].reason, EndReason::kInvalid);
  EXPECT_EQ(driver.ended[4].reason, EndReason::kInvalid);
}

TEST(Scheduler, ACancelledRequestEndsAtOnceAndItsCellsFollow) {
  Driver driver(kConfig);
  driver.Add(Submit{.request = 1, .prompt = Prompt(50), .new_tokens_max = 500});
  driver.Step();
  driver.Step();
  std::vector<Event> cancel{Cancel{1}};
  const Actions& busy = driver.scheduler.Step(driver.now, cancel);  // a batch is out
  ASSERT_EQ(busy.ended.size(), 1u);
  EXPECT_EQ(busy.ended[0].reason, EndReason::kCancelled);
  EXPECT_THAT(busy.memory, IsEmpty());
  EXPECT_THAT(driver.Step().ended, IsEmpty());
  const Stats stats = driver.scheduler.GetStats();
  EXPECT_EQ(stats.running, 0u);
  EXPECT_EQ(stats.cells_reserved, 0u);
  EXPECT_EQ(stats.cells_used, stats.cells_idle);
}

TEST(Scheduler, AFailedBatchEndsItsRequestsAndNoOthers) {
  Driver driver(kConfig);
  driver.Add(Submit{.request = 1, .prompt = Prompt(50), .new_tokens_max = 5, .adapter = 1});
  driver.Add(Submit{.request = 2, .prompt = Prompt(50), .new_tokens_max = 5, .adapter = 2});
  driver.Step();
  const RequestId first = driver.batch.requests[0];
  driver.fail_next = true;
  const Actions& actions = driver.Step();
  ASSERT_EQ(actions.ended.size(), 1u);
  EXPECT_EQ(actions.ended[0].request, first);
  EXPECT_EQ(actions.ended[0].reason, EndReason::kEngineFailure);
  driver.RunUntilIdle();
  EXPECT_EQ(driver.ended[3 - first].reason, EndReason::kLength);
}

TEST(Scheduler, ABatchHasOneAdapterAndAdaptersTakeTurns) {
  Driver driver(kConfig);
  for (RequestId id = 1; id <= 6; ++id) {
    driver.Add(Submit{.request = id,
                      .prompt = Prompt(10),
                      .new_tokens_max = 50,
                      .adapter = static_cast<AdapterId>(id % 3)});
  }
  std::map<AdapterId, int> batches;
  for (int i = 0; i < 30; ++i) {
    driver.Step();
    ++batches[driver.batch.adapter];
    for (const RequestId id : driver.batch.requests) ASSERT_EQ(id % 3, driver.batch.adapter);
  }
  EXPECT_EQ(batches[0], 10);
  EXPECT_EQ(batches[1], 10);
  EXPECT_EQ(batches[2], 10);
}

TEST(Scheduler, OneRequestOfAnAdapterDoesNotWaitForTheManyOfOthers) {
  Driver driver(kConfig);
  for (RequestId id = 1; id <= 8; ++id) {
    driver.Add(Submit{.request = id,
                      .prompt = Prompt(50),
                      .new_tokens_max = 50,
                      .adapter = static_cast<AdapterId>(id % 2)});
  }
  for (int i = 0; i < 10; ++i) driver.Step();
  driver.Add(Submit{.request = 9, .prompt = Prompt(5), .new_tokens_max = 3, .adapter = 7});
  // Its prompt, then a token of it in every third batch.
  for (int i = 0; i < 10 && !driver.ended.contains(9); ++i) driver.Step();
  ASSERT_TRUE(driver.ended.contains(9));
  EXPECT_EQ(driver.ended[9].reason, EndReason::kLength);
}

TEST(Scheduler, WhoWantsMoreThanItExpectedMakesRoomForWhoDoesNot) {
  Driver driver({.cells = 200,
                 .context_tokens_max = 200,
                 .running_max = 4,
                 .new_tokens_expected = 10,
                 .extension_tokens = 8});
  driver.Add(Submit{.request = 1, .prompt = Prompt(50, 100), .new_tokens_max = 120});
  driver.Add(Submit{.request = 2, .prompt = Prompt(50, 200), .new_tokens_max = 120});
  driver.Add(Submit{
      .request = 3, .prompt = Prompt(30, 300), .new_tokens_max = 40, .new_tokens_expected = 40});
  driver.RunUntilIdle();
  for (RequestId id = 1; id <= 3; ++id) EXPECT_EQ(driver.ended[id].reason, EndReason::kLength);
  EXPECT_GE(driver.scheduler.GetStats().set_back_total, 1u);
  EXPECT_EQ(driver.rows[1], 50u + 119);  // the oldest was never set back
  EXPECT_EQ(driver.rows[3], 30u + 39);   // nor the one that told what it needs
  EXPECT_GT(driver.rows[2], 50u + 119);
}

TEST(Scheduler, GeneratingRequestsGetATokenInEveryBatch) {
  Driver driver(kConfig);
  driver.Add(Submit{.request = 1, .prompt = Prompt(5), .new_tokens_max = 100});
  driver.Step();
  driver.Add(Submit{.request = 2, .prompt = Prompt(2000, 100), .new_tokens_max = 1});
  while (!driver.ended.contains(2)) {
    driver.Step();
    if (driver.ended.contains(2)) break;
    EXPECT_EQ(std::ranges::count(driver.batch.requests, 1u), 1);
    EXPECT_LE(driver.batch.size(), 1 + kConfig.mixed_prompt_tokens_max);
  }
}

TEST(Scheduler, OfPromptsThatComeTogetherTheFirstAreDoneSoon) {
  Driver driver(kConfig);
  for (RequestId id = 1; id <= 16; ++id) {
    driver.Add(Submit{
        .request = id, .prompt = Prompt(20, static_cast<Token>(100 * id)), .new_tokens_max = 1});
  }
  driver.Step();
  EXPECT_LE(driver.batch.size(), kConfig.completing_prompt_tokens_max);
  driver.Step();
  EXPECT_GE(driver.ended.size(), 2u);
  EXPECT_LT(driver.ended.size(), 16u);
  driver.RunUntilIdle();
  EXPECT_EQ(driver.ended.size(), 16u);
}

TEST(Scheduler, ADraftIsComputedBesideTheLastTokenAndItsRefusedCellsLeave) {
  Config config = kConfig;
  config.speculating_max = 1;
  config.draft_rows_max = 8;
  Scheduler scheduler(config);
  const auto step = [&](std::vector<Event> events) -> const Actions& {
    return scheduler.Step(Instant{1}, events);
  };
  ASSERT_EQ(step({Submit{.request = 1, .prompt = {5, 6, 7}, .new_tokens_max = 100}}).batch.size(),
            3U);
  EXPECT_EQ(scheduler.DraftTokensMax(), 8U);
  const Actions& drafted = step({BatchDone{.sampled = {{1, 10}}}, Draft{1, {11, 12, 13}}});
  EXPECT_EQ(drafted.batch.tokens, (std::vector<Token>{10, 11, 12, 13}));
  EXPECT_EQ(drafted.batch.positions, (std::vector<Position>{3, 4, 5, 6}));
  EXPECT_EQ(drafted.batch.outputs, (std::vector<int8_t>{1, 1, 1, 1}));
  // 11 was right, 12 was not.
  const Actions& after = step({BatchDone{.sampled = {{1, 11}, {1, 20}}}});
  ASSERT_EQ(after.memory.size(), 1U);
  const auto& removed = std::get<RemoveCells>(after.memory[0]);
  EXPECT_EQ(removed.begin, 5);
  EXPECT_EQ(after.batch.tokens, (std::vector<Token>{20}));
  EXPECT_EQ(after.batch.positions, (std::vector<Position>{5}));
  EXPECT_EQ(scheduler.GetStats().drafted_tokens_total, 3U);
  EXPECT_EQ(scheduler.GetStats().accepted_tokens_total, 1U);
  EXPECT_EQ(scheduler.GetStats().cells_used, 5U);
  const Actions& ended = step({BatchDone{.sampled = {{1, 21, true}}}});
  ASSERT_EQ(ended.ended.size(), 1U);
  EXPECT_EQ(ended.ended[0].new_tokens, 4U);  // 10, 11, 20, 21
}

TEST(Scheduler, DraftsArePassedOverUnderLoad) {
  Config config = kConfig;
  config.speculating_max = 2;
  config.draft_rows_max = 8;
  Scheduler scheduler(config);
  const auto step = [&](std::vector<Event> events) -> const Actions& {
    return scheduler.Step(Instant{1}, events);
  };
  step({Submit{.request = 1, .prompt = {5}, .new_tokens_max = 100},
        Submit{.request = 2, .prompt = {6}, .new_tokens_max = 100}});
  EXPECT_EQ(scheduler.DraftTokensMax(), 4U);  // shared evenly
  EXPECT_EQ(step({BatchDone{.sampled = {{1, 10}, {2, 10}}}, Draft{1, Prompt(9)}}).batch.size(),
            2U + 4);
  // A third one reads its prompt.
  EXPECT_EQ(step({BatchDone{.sampled = {{1, 11}, {2, 11}}}, Draft{1, {1, 2}},
                  Submit{.request = 3, .prompt = {7, 8, 9}, .new_tokens_max = 100}})
                .batch.size(),
            2U + 3);
  EXPECT_EQ(scheduler.DraftTokensMax(), 0U);
  const std::vector<Sampled> three = {{1, 12}, {2, 12}, {3, 12}};
  EXPECT_EQ(step({BatchDone{.sampled = three}, Draft{1, {1, 2}}}).batch.size(), 3U);
}

TEST(Scheduler, AnEndedLeaderLeavesItsPrefixToAFollower) {
  Config config = kConfig;
  config.batch_tokens_max = 100;
  Driver driver(config);
  driver.Add(Submit{.request = 1, .prompt = Prompt(1000), .new_tokens_max = 1});
  driver.Add(Submit{.request = 2, .prompt = Prompt(1000), .new_tokens_max = 1});
  for (int i = 0; i < 4; ++i) driver.Step();
  EXPECT_FALSE(driver.started.contains(2));
  driver.Add(Cancel{1});
  const Actions& actions = driver.Step();
  ASSERT_EQ(actions.started.size(), 1u);
  EXPECT_EQ(actions.started[0].cached_tokens, 400u);
  driver.RunUntilIdle();
  EXPECT_EQ(driver.ended[2].reason, EndReason::kLength);
}

}  // namespace
}  // namespace bedplate::scheduler
