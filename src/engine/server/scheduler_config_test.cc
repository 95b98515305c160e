#include "engine/server/scheduler_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.h"
#include "engine/server/engine_options.h"

namespace bedplate::engine {
namespace {

using ::testing::HasSubstr;

Result<EngineOptions> Options(const std::string& name, const std::string& value) {
  const std::vector<const char*> words = {"bedplate-engine", "--model",    "m.gguf",     "--listen",
                                          "unix:s",          name.c_str(), value.c_str()};
  std::string help;
  return ParseEngineOptions(static_cast<int>(words.size()), words.data(), help);
}

// Fills a scheduler of this configuration with one request more than may run.
scheduler::Stats StatsWhenFull(scheduler::Config config) {
  config.cells = config.context_tokens_max = 16'384;
  scheduler::Scheduler scheduler(config);  // asserts its bounds
  std::vector<scheduler::Event> events;
  for (uint32_t i = 0; i <= config.running_max; ++i) {
    events.emplace_back(scheduler::Submit{.request = i + 1,
                                          .prompt = {static_cast<scheduler::Token>(i), 1},
                                          .new_tokens_max = 2,
                                          .new_tokens_expected = 2});
  }
  const auto& actions = scheduler.Step(scheduler::Instant{1}, events);
  EXPECT_LE(actions.batch.size(), config.batch_tokens_max);
  return scheduler.GetStats();
}

TEST(SchedulerConfig, EveryNumberThatIsAllowedRuns) {
  for (uint32_t sequences = 1; sequences <= limits::kEngineSequencesMax; ++sequences) {
    const auto options = Options("--sequences", std::to_string(sequences));
    ASSERT_TRUE(options) << options.error().message;
    const auto config = MakeSchedulerConfig(options->sequences);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->running_max, sequences);
    EXPECT_LE(config->running_max, config->sequences - 2) << sequences;
    EXPECT_LE(config->sequences, 256U) << sequences;
    EXPECT_GT(config->batch_tokens_max, config->running_max) << sequences;
    const scheduler::Stats stats = StatsWhenFull(*config);
    EXPECT_EQ(stats.running, sequences);
    EXPECT_EQ(stats.waiting, 1U) << sequences;
  }
}

TEST(SchedulerConfig, OthersAreRefusedByNameAndValue) {
  for (const uint32_t sequences : {193U, 255U, 256U, 4'000'000'000U}) {
    const std::string value = std::to_string(sequences);
    const auto config = MakeSchedulerConfig(sequences);
    ASSERT_FALSE(config) << sequences;
    EXPECT_EQ(config.error().message, "--sequences: expected 1 to 192, got " + value);
    const auto options = Options("--sequences", value);
    ASSERT_FALSE(options) << sequences;
    EXPECT_THAT(options.error().message, HasSubstr("--sequences"));
    EXPECT_THAT(options.error().message, HasSubstr(value));
  }
  EXPECT_FALSE(Options("--sequences", "0"));
  EXPECT_FALSE(Options("--sequences", "-1"));
}

TEST(SchedulerConfig, ChoosesWhereNothingIsAsked) {
  const auto config = MakeSchedulerConfig(0);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->running_max, 64U);
}

TEST(SchedulerConfig, TargetsAreTheOperatorsOrOurs) {
  auto config = MakeSchedulerConfig(0);
  ASSERT_TRUE(config);
  SetTargets({}, *config);
  EXPECT_EQ(config->first_token_target, std::chrono::seconds(1));
  EXPECT_EQ(config->token_gap_target, std::chrono::milliseconds(150));
  const auto options = Options("--first-token-target", "700");
  ASSERT_TRUE(options) << options.error().message;
  SetTargets(*options, *config);
  EXPECT_EQ(config->first_token_target, std::chrono::milliseconds(700));
  EXPECT_EQ(config->token_gap_target, std::chrono::milliseconds(150));
  SetTargets(*Options("--token-gap-target", "90"), *config);
  EXPECT_EQ(config->token_gap_target, std::chrono::milliseconds(90));
}

// What bedplate.toml allows reaches the engine as an option, which has to take it.
TEST(EngineOptions, TakeEveryNumberTheServersSettingsAllow) {
  EXPECT_TRUE(Options("--context-cells", "1"));
  EXPECT_TRUE(Options("--context-cells", "4194304"));
  EXPECT_TRUE(Options("--threads", "256"));
}

}  // namespace
}  // namespace bedplate::engine
