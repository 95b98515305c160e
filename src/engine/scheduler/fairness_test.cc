// Who is served when not all can be: shares, starvation, bounds of the queue.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/testing/driver.h"

namespace bedplate::scheduler {
namespace {

TEST(Fairness, AShortPromptIsNotHeldUpByALongOne) {
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

TEST(Fairness, ALongPromptIsNotStarvedByShortOnes) {
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

TEST(Fairness, TenantsShareEvenlyWhateverTheSizesOfTheirRequests) {
  const auto rows = Backlogged(
      {{1, Tier::kDefault}, {2, Tier::kDefault}, {3, Tier::kDefault}, {4, Tier::kDefault}}, 4000);
  const auto [least, most] =
      std::ranges::minmax_element(rows, {}, [](const auto& entry) { return entry.second; });
  EXPECT_LT(most->second, 1.05 * least->second);
}

TEST(Fairness, TiersShareByWeightAndNoneStarves) {
  const auto rows = Backlogged({{1, Tier::kFlex}, {2, Tier::kDefault}, {3, Tier::kPriority}}, 4000);
  const double normal = rows.at(2);
  EXPECT_NEAR(rows.at(1) / normal, 0.25, 0.05);
  EXPECT_NEAR(rows.at(3) / normal, 4, 0.4);
}

TEST(Fairness, AdaptersTakeTurnsByTheHighestTierThatTheyServe) {
  Config config = kConfig;
  config.running_max = 32;
  Driver driver(config);
  const auto add = [&](RequestId id, AdapterId adapter, Tier tier) {
    driver.Add(Submit{.request = id,
                      .prompt = Prompt(5, static_cast<Token>(100 * id)),
                      .new_tokens_max = 180,
                      .new_tokens_expected = 180,
                      .adapter = adapter,
                      .tenant = id,
                      .tier = tier});
  };
  for (AdapterId adapter = 1; adapter <= 15; ++adapter) add(adapter, adapter, Tier::kFlex);
  add(16, 16, Tier::kPriority);
  add(17, 16, Tier::kFlex);
  // In a time in which weight 1 has 40 turns.
  std::map<AdapterId, int> turns;
  for (int i = 0; i < 40 * 4 + 15 * 10; ++i) {
    driver.Step();
    ++turns[driver.batch.adapter];
  }
  EXPECT_EQ(driver.started.size(), 17u);
  EXPECT_NEAR(turns[16], 160, 4);
  for (AdapterId adapter = 1; adapter <= 15; ++adapter) EXPECT_NEAR(turns[adapter], 10, 1);
  EXPECT_EQ(driver.rows[17], driver.rows[16]);  // it shares the turns
}

TEST(Fairness, AnAdapterThatGetsAHigherTierIsNextAndDoesNotCatchUp) {
  Driver driver(kConfig);
  const auto add = [&](RequestId id, AdapterId adapter, Tier tier) {
    driver.Add(Submit{.request = id,
                      .prompt = Prompt(5, static_cast<Token>(100 * id)),
                      .new_tokens_max = 100,
                      .adapter = adapter,
                      .tenant = id,
                      .tier = tier});
  };
  add(1, 1, Tier::kFlex);
  add(2, 2, Tier::kPriority);
  while (driver.batch.adapter != 1) driver.Step();
  for (int i = 0; i < 12; ++i) {
    driver.Step();
    ASSERT_EQ(driver.batch.adapter, 2u);
  }
  add(3, 1, Tier::kPriority);
  driver.Step();
  EXPECT_EQ(driver.batch.adapter, 1u);
  int turns = 0;
  for (int i = 0; i < 20; ++i) {
    driver.Step();
    turns += driver.batch.adapter == 1 ? 1 : 0;
  }
  EXPECT_NEAR(turns, 10, 1);
}

// Between two turns of an adapter that stays, every other has at most as many as its weight allows,
// however they come, go and change their tiers.
TEST(Fairness, NoAdapterStarvesWhateverOthersDo) {
  constexpr int kOthers = 7;
  constexpr int kTurnsMost = 4 * 4 + 1;  // of priority to one of flex, and one that was due
  for (uint32_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    Config config = kConfig;
    config.running_max = 16;
    Driver driver(config);
    driver.Add(Submit{.request = 1,
                      .prompt = Prompt(5),
                      .new_tokens_max = 1000,
                      .new_tokens_expected = 1000,
                      .tenant = 1,
                      .tier = Tier::kFlex});
    driver.Step();
    uint32_t state = seed;
    const auto below = [&](uint32_t bound) {
      state = state * 1103515245 + 12345;
      return (state >> 16) % bound;
    };
    const uint32_t crowd = 1 + below(12);
    const uint32_t tiers = 1 + below(3);
    RequestId next = 2;
    std::map<AdapterId, int> turns;
    for (int i = 0; i < 1000; ++i) {
      while (next - 2 < driver.ended.size() + crowd) {
        driver.Add(Submit{.request = next,
                          .prompt = Prompt(3, static_cast<Token>(100 * next)),
                          .new_tokens_max = 1 + below(3),
                          .adapter = 1 + below(kOthers),
                          .tenant = 2 + below(3),
                          .tier = static_cast<Tier>(2 - below(tiers))});
        ++next;
      }
      driver.Step();
      if (driver.batch.adapter == 0) {
        turns.clear();
      } else {
        ASSERT_LE(++turns[driver.batch.adapter], kTurnsMost) << driver.batch.adapter;
      }
    }
    ASSERT_FALSE(driver.ended.contains(1));
    driver.RunUntilIdle();
    EXPECT_EQ(driver.ended.size(), next - 1);
  }
}

TEST(Fairness, AFloodOfOneTenantDelaysAnotherByAFewBatches) {
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

TEST(Fairness, IdlenessSavesUpNothing) {
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

TEST(Fairness, ALargeRequestIsNotStarvedBySmallOnes) {
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

TEST(Fairness, AFullQueueTurnsAwayWhoeverWaitsWithMost) {
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

TEST(Fairness, WhoWaitsTooLongIsTurnedAway) {
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

}  // namespace
}  // namespace bedplate::scheduler
