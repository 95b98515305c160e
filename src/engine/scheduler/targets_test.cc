// Whether batches keep to Config's targets, on machines whose batches take time by a law.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "engine/scheduler/batch_shape.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/testing/driver.h"

namespace bedplate::scheduler {
namespace {

constexpr Config kRoomy{.cells = 32'768, .context_tokens_max = 8192};
constexpr RequestId kAnswers = 1000;  // ids of requests that generate all the time: from here

// Large, and hardly slower for many rows: each batch reads the weights.
constexpr MachineLaw kSlowToRead{.weights = 2.0, .row = 0.03};

// A driver on a machine that was measured at the start, with so many answers under way.
class Machine : public Driver {
 public:
  // `known`: of the machine. Without, batches are as the configuration says.
  Machine(const Config& config, const MachineLaw& machine, uint32_t answers, bool known = true)
      : Driver(config) {
    law = machine;
    tells = known;
    std::vector<Event> profile;
    for (const uint32_t rows : {1, 8, 32, 128}) {
      const uint64_t seen = uint64_t{rows} * (rows + 1) / 2;
      profile.emplace_back(Measured{rows, seen, machine.Seconds(rows, static_cast<double>(seen))});
    }
    if (known) scheduler.Step(now, profile);
    for (uint32_t i = 0; i < answers; ++i) {
      Add(Submit{.request = kAnswers + i,
                 .prompt = Prompt(4, static_cast<Token>(10'000 * (i + 1))),
                 .new_tokens_max = 2000});
    }
    while (first_token.size() < answers) Driver::Step();
  }

  // Until `count` of the others have ended, or for so many seconds.
  void Run(size_t count, double seconds = 1000) {
    const Instant end = now + Instant{static_cast<int64_t>(1e6 * seconds)};
    while (now < end && ended.size() < count) {
      Driver::Step();
      const auto generating = static_cast<uint32_t>(
          std::ranges::count_if(batch.requests, [](const RequestId id) { return id >= kAnswers; }));
      if (generating == 0 || generating == batch.size()) continue;
      longest = std::max(longest, law->Seconds(batch));
      most_prompt_rows = std::max<size_t>(most_prompt_rows, batch.size() - generating);
    }
  }

  // A prompt that nobody had before, now.
  void Ask(RequestId id, uint32_t tokens) {
    asked[id] = now;
    Add(Submit{.request = id,
               .prompt = Prompt(tokens, static_cast<Token>(1000 * id)),
               .new_tokens_max = 1});
  }
  double FirstTokenAfter(RequestId id) const {
    return std::chrono::duration<double>(first_token.at(id) - asked.at(id)).count();
  }
  double MeanFirstToken() const {
    double sum = 0;
    for (const auto& [id, when] : asked) sum += FirstTokenAfter(id);
    return sum / static_cast<double>(asked.size());
  }

  std::map<RequestId, Instant> asked;
  double longest = 0;           // batch with answers and prompts
  size_t most_prompt_rows = 0;  // of these
};

TEST(Targets, BothAreMetWhereTheMachineCan) {
  for (const double gap : {0.060, 0.150, 0.400}) {
    Config config = kRoomy;
    config.token_gap_target = Instant{static_cast<int64_t>(1e6 * gap)};
    Machine machine(config, kSmallModel, 8);
    for (RequestId id = 1; id <= 20; ++id) {
      machine.Ask(id, 300);
      machine.Run(id);
      machine.Run(1000, 0.3);
      EXPECT_LT(machine.FirstTokenAfter(id), 1.0) << gap;
    }
    EXPECT_LT(machine.longest, 1.1 * gap);
    EXPECT_GT(machine.longest, std::min(0.6 * gap, 0.2));  // and the prompt gets what it may
  }
}

TEST(Targets, ATighterFirstTokenTargetTakesMoreOfEachBatch) {
  const auto most_rows = [](Instant first_token_target) {
    Config config = kRoomy;
    config.first_token_target = first_token_target;
    config.token_gap_target = Instant{60'000};
    Machine machine(config, kSmallModel, 40);
    machine.Ask(1, 1500);
    machine.Run(1);
    return machine.most_prompt_rows;
  };
  EXPECT_GE(most_rows(Instant{1'000'000}), 2 * most_rows(Instant{60'000'000}));
}

// More comes than the machine can read.
TEST(Targets, UnderTooMuchWorkNeitherPromptsNorAnswersStarve) {
  for (const MachineLaw& law : {kSmallModel, kMiddleModel, kLargeModel}) {
    Machine machine(kRoomy, law, 8);
    RequestId next = 1;
    size_t batches = 0;
    const Instant begin = machine.now;
    uint64_t prompt_rows = 0;
    while (batches < 300) {
      while (next <= machine.ended.size() + 10) machine.Ask(next++, 500);
      machine.Run(1000, 1e-6);
      ++batches;
      std::map<RequestId, int> rows;
      for (const RequestId id : machine.batch.requests) ++rows[id];
      for (RequestId id = kAnswers; id < kAnswers + 8; ++id) ASSERT_EQ(rows[id], 1);
      ASSERT_GT(machine.batch.size(), 8U);
      prompt_rows += machine.batch.size() - 8;
    }
    // The answers get a tenth of what they would have alone, or of what the gap promises.
    const double alone = law.Seconds(8, 8 * 300.0);
    EXPECT_LT(machine.longest, 1.3 * BatchShape::kLateMost * std::max(0.150, alone));
    // And the prompts most of what they would have alone.
    const double pace = static_cast<double>(prompt_rows) /
                        std::chrono::duration<double>(machine.now - begin).count();
    EXPECT_GT(pace, 0.7 * 500 / law.Seconds(500, 500 * 250.0));
  }
}

TEST(Targets, PromptsAloneOfASlowModelGiveWayToNewcomersSoon) {
  Config config = kRoomy;
  config.first_token_target = Instant{60'000'000};
  Machine machine(config, kLargeModel, 0);
  machine.Ask(1, 200);
  while (machine.ended.empty()) {
    machine.Step();
    EXPECT_LT(machine.law->Seconds(machine.batch), 1.2);
  }
}

// Against every constant.
TEST(Targets, LargerBatchesAreTriedWhereOnlySmallOnesWereMeasured) {
  Driver driver(kRoomy);
  driver.law = kSlowToRead;
  driver.Add(Submit{.request = 1, .prompt = Prompt(30), .new_tokens_max = 1});
  driver.RunUntilIdle();
  const Instant asked = driver.now;
  driver.Add(Submit{.request = 2, .prompt = Prompt(2000, 5000), .new_tokens_max = 1});
  driver.RunUntilIdle();
  const double took = std::chrono::duration<double>(driver.first_token.at(2) - asked).count();
  // In batches of 32 it takes 185 s; of 512, 68 s.
  EXPECT_LT(took, 100);
}

TEST(Targets, OfPromptsThatComeTogetherFirstTokensComeAsSoonAsWithTheBestConstant) {
  for (const MachineLaw& law : {kSmallModel, kMiddleModel}) {
    for (const uint32_t tokens : {8U, 20U, 50U}) {
      const auto mean = [&](uint32_t constant) {
        Config config = kRoomy;
        config.completing_prompt_tokens_max = std::max(1U, constant);
        Machine machine(config, law, 0, constant == 0);
        for (RequestId id = 1; id <= 16; ++id) machine.Ask(id, tokens);
        machine.Run(16);
        return machine.MeanFirstToken();
      };
      double best = 1e9;
      for (uint32_t constant = 8; constant <= 512; constant += 8) {
        best = std::min(best, mean(constant));
      }
      EXPECT_LT(mean(0), 1.05 * best) << tokens;
    }
  }
}

}  // namespace
}  // namespace bedplate::scheduler
