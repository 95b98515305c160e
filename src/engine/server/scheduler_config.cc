#include "engine/server/scheduler_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"

namespace bedplate::engine {
namespace {

constexpr uint32_t kRunningDefault = 64;
constexpr uint32_t kSequencesMax = 255;  // llama.cpp's own bound, less one for LlamaContext
constexpr uint32_t kBatchRows = 512;

// scheduler.h wants two sequences more than run, and a prompt's row in a batch beside a row of
// each answer.
static_assert(limits::kEngineSequencesMax + 2 <= kSequencesMax);
static_assert(limits::kEngineSequencesMax < kBatchRows);

scheduler::Instant Milliseconds(uint32_t count) { return std::chrono::milliseconds(count); }

}  // namespace

Result<scheduler::Config> MakeSchedulerConfig(uint32_t sequences) {
  if (sequences > limits::kEngineSequencesMax) {
    return Fail(Fault::kValidation, fmt::format("--sequences: expected 1 to {}, got {}",
                                                limits::kEngineSequencesMax, sequences));
  }
  scheduler::Config config;
  config.running_max = sequences > 0 ? sequences : kRunningDefault;
  // Three idle prefixes for each request that runs, as far as llama.cpp goes.
  config.sequences = std::min(kSequencesMax, 4 * config.running_max);
  config.batch_tokens_max = kBatchRows;
  return config;
}

void SetTargets(const EngineOptions& options, scheduler::Config& config) {
  if (options.first_token_target_ms > 0) {
    config.first_token_target = Milliseconds(options.first_token_target_ms);
  }
  if (options.token_gap_target_ms > 0) {
    config.token_gap_target = Milliseconds(options.token_gap_target_ms);
  }
}

}  // namespace bedplate::engine
