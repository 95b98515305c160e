// For tests: drives a scheduler step by step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/testing/machine_law.h"

namespace bedplate::scheduler {

inline constexpr Config kConfig{.cells = 4096, .context_tokens_max = 2048};

inline std::vector<Token> Prompt(uint32_t length, Token first = 7) {
  std::vector<Token> prompt(length);
  for (uint32_t i = 0; i < length; ++i) prompt[i] = first + static_cast<Token>(i % 50);
  return prompt;
}

// Drives a scheduler with an engine that samples 1, 2, 3, ... and computes each batch in 10 ms, or
// in the time that a law says.
class Driver {
 public:
  explicit Driver(const Config& config) : scheduler(config) {}

  void Add(Submit submit) { events_.emplace_back(std::move(submit)); }
  void Add(Cancel cancel) { events_.emplace_back(cancel); }

  const Actions& Step() {
    const bool computed = std::exchange(batch_out_, false);
    now += computed && law ? Took() : Instant{10'000};
    if (computed) {
      BatchDone done{.failed = std::exchange(fail_next, false)};
      if (law && tells) done.seconds = law->Seconds(batch);
      for (size_t i = 0; i < batch.size() && !done.failed; ++i) {
        if (!batch.outputs[i]) continue;
        done.sampled.push_back({batch.requests[i], ++sampled_});
        first_token.try_emplace(batch.requests[i], now);
      }
      events_.insert(events_.begin(), std::move(done));
    }
    std::vector<Event> events = std::exchange(events_, {});
    const Actions& actions = scheduler.Step(now, events);
    batch = actions.batch;
    batch_out_ = !batch.empty();
    for (const MemoryOperation& operation : actions.memory) {
      if (const auto* save = std::get_if<SaveCells>(&operation)) saved.push_back(*save);
      const auto* load = std::get_if<LoadCells>(&operation);
      if (!load) continue;
      loads.push_back(*load);
      const auto ordered = static_cast<uint32_t>(load->end - load->begin);
      events_.emplace_back(Loaded{load->request, std::min(ordered, load_tokens_max)});
    }
    ++steps;
    for (const RequestId id : batch.requests) ++rows[id];
    for (size_t i = 0; i < batch.size(); ++i) {
      if (batch.outputs[i]) first_output.try_emplace(batch.requests[i], steps);
    }
    for (const Started& s : actions.started) {
      started[s.request] = steps;
      cached[s.request] = s.cached_tokens;
    }
    for (const Ended& e : actions.ended) ended[e.request] = e;
    return actions;
  }

  void RunUntilIdle() {
    do {
      Step();
      if (steps > 100'000) throw std::runtime_error("it does not come to an end");
    } while (batch_out_ || !events_.empty());
  }

  Scheduler scheduler;
  Instant now{0};
  Batch batch;
  bool fail_next = false;
  uint32_t load_tokens_max = UINT32_MAX;  // of each LoadCells
  std::vector<LoadCells> loads;
  std::vector<SaveCells> saved;
  std::optional<MachineLaw> law;
  bool tells = true;  // the scheduler how long batches took
  uint32_t steps = 0;
  std::map<RequestId, uint64_t> rows;
  std::map<RequestId, uint32_t> started;       // step of
  std::map<RequestId, uint32_t> cached;        // tokens found
  std::map<RequestId, uint32_t> first_output;  // step of the batch that brings the first token
  std::map<RequestId, Instant> first_token;
  std::map<RequestId, Ended> ended;

 private:
  Instant Took() const { return Instant{static_cast<int64_t>(1e6 * law->Seconds(batch))}; }

  std::vector<Event> events_;
  bool batch_out_ = false;
  Token sampled_ = 1000;
};

}  // namespace bedplate::scheduler
