// What a Step does in chosen situations; simulation_test.cc covers the rest at random.
#include "engine/scheduler/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace bedplate::scheduler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Config kConfig{.cells = 4096, .context_tokens_max = 2048};

std::vector<Token> Prompt(uint32_t length, Token first = 7) {
  std::vector<Token> prompt(length);
  for (uint32_t i = 0; i < length; ++i) prompt[i] = first + static_cast<Token>(i % 50);
  return prompt;
}

// Drives a scheduler with an engine that computes each batch in 10 ms and samples 1, 2, 3, ...
class Driver {
 public:
  explicit Driver(const Config& config) : scheduler(config) {}

  void Add(Submit submit) { events_.emplace_back(std::move(submit)); }
  void Add(Cancel cancel) { events_.emplace_back(cancel); }

  const Actions& Step() {
    if (std::exchange(batch_out_, false)) {
      BatchDone done{.failed = std::exchange(fail_next, false)};
      for (size_t i = 0; i < batch.size() && !done.failed; ++i) {
        if (batch.outputs[i]) done.sampled.push_back({batch.requests[i], ++sampled_});
      }
      events_.insert(events_.begin(), std::move(done));
    }
    now += Instant{10'000};
    std::vector<Event> events = std::exchange(events_, {});
    const Actions& actions = scheduler.Step(now, events);
    batch = actions.batch;
    batch_out_ = !batch.empty();
    ++steps;
    for (const RequestId id : batch.requests) ++rows[id];
    for (size_t i = 0; i < batch.size(); ++i) {
      if (batch.outputs[i]) first_output.try_emplace(batch.requests[i], steps);
    }
    for (const Started& s : actions.started) started[s.request] = steps;
    for (const Ended& e : actions.ended) ended[e.request] = e;
    return actions;
  }

  void RunUntilIdle() {
    do {
      Step();
      ASSERT_LT(steps, 100'000u);
    } while (batch_out_ || !events_.empty());
  }

  Scheduler scheduler;
  Instant now{0};
  Batch batch;
  bool fail_next = false;
  uint32_t steps = 0;
  std::map<RequestId, uint64_t> rows;
  std::map<RequestId, uint32_t> started;       // step of
  std::map<RequestId, uint32_t> first_output;  // step of the batch that brings the first token
  std::map<RequestId, Ended> ended;

 private:
  std::vector<Event> events_;
  bool batch_out_ = false;
  Token sampled_ = 1000;
};

TEST(Scheduler, ComputesAPromptThenToken) {
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
  EXPECT_LE(driver.steps, 4u);
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

TEST(Scheduler, AShortPromptIsNotHeldUpByALongOne) {
  Config config = kConfig;
  config.batch_tokens_max = 128;
  Driver driver(config);
  driver.Add(Submit{.request = 1, .prompt = Prompt(2000, 100), .new_tokens_max = 1});
  driver.Step();
  for (RequestId id = 2; id <= 4; ++id) {
    const Token first = static_cast<Token>(1000 * id);
    driver.Add(Submit{.request = id, .prompt = Prompt(20, first), .new_tokens_max = 1});
  }
  driver.RunUntilIdle();
  for (RequestId id = 2; id <= 4; ++id) EXPECT_EQ(driver.first_output[id], 2u);
  EXPECT_EQ(driver.rows[1], 2000u);
}

TEST(Scheduler, ALongPromptIsNotStarvedByShortOnes) {
  Config config = kConfig;
  config.batch_tokens_max = 128;
  config.running_max = 16;
  Driver driver(config);
  driver.Add(Submit{.request = 1, .prompt = Prompt(2000, 100), .new_tokens_max = 1});
  RequestId next = 2;
  while (!driver.ended.contains(1)) {
    for (int i = 0; i < 3; ++i, ++next) {
      const Token first = static_cast<Token>(1000 * next);
      driver.Add(Submit{.request = next, .prompt = Prompt(100, first), .new_tokens_max = 1});
    }
    driver.Step();
    ASSERT_LT(driver.steps, 2000u / (128 / 4) + 10);
  }
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

// Keeps `each` requests of each flow waiting and returns the rows computed for each flow.
std::map<TenantId, uint64_t> Backlogged(const std::map<TenantId, Tier>& flows, uint32_t steps) {
  Config config = kConfig;
  config.running_max = 6;
  Driver driver(config);
  std::map<RequestId, TenantId> owner;
  std::map<TenantId, std::set<RequestId>> alive;
  RequestId next = 1;
  uint32_t salt = 1;
  while (driver.steps < steps) {
    for (const auto& [tenant, tier] : flows) {
      while (alive[tenant].size() < 8) {
        salt = salt * 1103515245 + 12345;
        const uint32_t length = 10 + (salt >> 16) % (40 * tenant);  // tenants differ in sizes
        const Token first = static_cast<Token>(100 * next);
        driver.Add(Submit{.request = next,
                          .prompt = Prompt(length, first),
                          .new_tokens_max = 5 + (salt >> 20) % 40,
                          .tenant = tenant,
                          .tier = tier});
        owner[next] = tenant;
        alive[tenant].insert(next++);
      }
    }
    driver.Step();
    for (const auto& [id, ended] : driver.ended) alive[owner[id]].erase(id);
  }
  std::map<TenantId, uint64_t> rows;
  for (const auto& [id, count] : driver.rows) rows[owner[id]] += count;
  return rows;
}

TEST(Scheduler, TenantsShareEvenlyWhateverTheSizesOfTheirRequests) {
  const auto rows = Backlogged(
      {{1, Tier::kDefault}, {2, Tier::kDefault}, {3, Tier::kDefault}, {4, Tier::kDefault}}, 4000);
  const auto [least, most] =
      std::ranges::minmax_element(rows, {}, [](const auto& entry) { return entry.second; });
  EXPECT_LT(most->second, 1.05 * least->second);
}

TEST(Scheduler, TiersShareByWeightAndNoneStarves) {
  const auto rows = Backlogged({{1, Tier::kFlex}, {2, Tier::kDefault}, {3, Tier::kPriority}}, 4000);
  const double normal = rows.at(2);
  EXPECT_NEAR(rows.at(1) / normal, 0.25, 0.05);
  EXPECT_NEAR(rows.at(3) / normal, 4, 0.4);
}

TEST(Scheduler, AFloodOfOneTenantDelaysAnotherByAFewBatches) {
  Config config = kConfig;
  config.running_max = 8;
  Driver driver(config);
  for (RequestId id = 1; id <= 500; ++id) {
    const Token first = static_cast<Token>(100 * id);
    driver.Add(
        Submit{.request = id, .prompt = Prompt(60, first), .new_tokens_max = 20, .tenant = 1});
  }
  for (int i = 0; i < 100; ++i) driver.Step();
  const uint32_t asked = driver.steps;
  driver.Add(Submit{.request = 1000, .prompt = Prompt(60, 3), .new_tokens_max = 20, .tenant = 2});
  while (!driver.started.contains(1000)) {
    driver.Step();
    ASSERT_LE(driver.steps, asked + 25);  // one of those that run is done by then
  }
}

TEST(Scheduler, IdlenessSavesUpNothing) {
  Config config = kConfig;
  config.running_max = 4;
  Driver driver(config);
  RequestId next = 1;
  const auto add = [&](TenantId tenant, int count) {
    for (int i = 0; i < count; ++i, ++next) {
      const Token first = static_cast<Token>(100 * next);
      driver.Add(Submit{
          .request = next, .prompt = Prompt(50, first), .new_tokens_max = 10, .tenant = tenant});
    }
  };
  add(1, 200);
  while (driver.started.size() < 150) driver.Step();
  const RequestId first_of_late = next;
  add(2, 100);
  add(1, 50);
  const size_t before = driver.started.size();
  while (driver.started.size() < before + 40) driver.Step();
  const auto late = std::ranges::count_if(driver.started,
                                          [&](const auto& s) { return s.first >= first_of_late; });
  EXPECT_NEAR(late, 20, 4);
}

TEST(Scheduler, ALargeRequestIsNotStarvedBySmallOnes) {
  Driver driver({.cells = 1000, .context_tokens_max = 1000, .running_max = 8});
  RequestId next = 2;
  while (!driver.started.contains(1)) {
    for (int i = 0; i < 3; ++i, ++next) {
      const Token first = static_cast<Token>(100 * next);
      driver.Add(Submit{.request = next,
                        .prompt = Prompt(50, first),
                        .new_tokens_max = 30,
                        .new_tokens_expected = 30,
                        .tenant = 1});
    }
    if (driver.steps == 70) {
      driver.Add(Submit{.request = 1, .prompt = Prompt(900, 3), .new_tokens_max = 90, .tenant = 2});
    }
    driver.Step();
    ASSERT_LT(driver.steps, 70u + 60);
  }
}

TEST(Scheduler, AFullQueueTurnsAwayWhoeverWaitsWithMost) {
  Config config = kConfig;
  config.queue_requests_max = 10;
  config.running_max = 1;
  Driver driver(config);
  for (RequestId id = 1; id <= 12; ++id) {
    driver.Add(Submit{.request = id, .prompt = Prompt(9), .new_tokens_max = 500, .tenant = 1});
  }
  driver.Step();
  // All came before the first could start, so ten waited and two found the queue full.
  EXPECT_EQ(driver.ended.size(), 2u);
  EXPECT_EQ(driver.ended[12].reason, EndReason::kOverloaded);
  // One started, so there is room for one; the next newcomer takes the place of a flooder's.
  driver.Add(Submit{.request = 20, .prompt = Prompt(9), .new_tokens_max = 5, .tenant = 2});
  driver.Add(Submit{.request = 21, .prompt = Prompt(9), .new_tokens_max = 5, .tenant = 2});
  const Actions& actions = driver.Step();
  ASSERT_EQ(actions.ended.size(), 1u);
  EXPECT_EQ(actions.ended[0].request, 10u);
}

TEST(Scheduler, WhoWaitsTooLongIsTurnedAway) {
  Config config = kConfig;
  config.running_max = 1;
  config.queue_wait_max = Instant{500'000};
  Driver driver(config);
  driver.Add(Submit{.request = 1, .prompt = Prompt(9), .new_tokens_max = 200});
  driver.Add(Submit{.request = 2, .prompt = Prompt(9), .new_tokens_max = 5});
  driver.RunUntilIdle();
  EXPECT_EQ(driver.ended[1].reason, EndReason::kLength);
  EXPECT_EQ(driver.ended[2].reason, EndReason::kOverloaded);
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
