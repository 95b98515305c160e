// For tests: a scheduler, a fake engine over UnifiedCacheModel, a fake clock and random clients,
// all from one seed. Every step checks what must hold at all times; Run returns the first thing
// that does not, or nothing. A seed replays its run exactly.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/testing/machine_law.h"
#include "engine/scheduler/testing/unified_cache_model.h"

namespace bedplate::scheduler {

class Simulation {
 public:
  explicit Simulation(uint32_t seed);

  // Empty, or "step N: what is wrong".
  std::string Run();

  // What the run touched, so that a test can assert that it touched it at all.
  const Stats& stats() const { return stats_; }
  uint32_t ended_as(EndReason reason) const { return ended_as_[static_cast<size_t>(reason)]; }

 private:
  struct Client {
    Submit submit;
    std::vector<Token> tokens;  // prompt and what was sampled
    uint64_t started_step = 0;  // began to be served in; 0: not yet
    uint32_t expected = 0;      // new tokens that it may count on
    Position computed_max = 0;  // highest position computed for it + 1
    bool submitted = false;
    bool cancelled = false;
    bool ended = false;
    bool started = false;
    bool finished = false;  // its last token says so
  };

  uint32_t Below(uint32_t n) { return n == 0 ? 0 : static_cast<uint32_t>(random_() % n); }
  bool OneIn(uint32_t n) { return Below(n) == 0; }
  void MakeClients();
  std::vector<Token> MakePrompt();
  std::vector<Event> NextEvents();
  std::string StepOnce(std::vector<Event> events);
  std::string CheckEnded(const Ended& ended);
  std::string CheckCounts() const;
  std::string Compute(const Batch& batch);
  // Whether everybody who may get on does.
  std::string CheckProgress(const Batch& batch) const;
  // How long the batch takes, now and then longer than it should.
  double SecondsOf(const Batch& batch);
  std::string CheckRow(const Batch& batch, size_t row);
  static Token NextOf(const std::vector<Token>& tokens);
  // What was saved and can be loaded, of a request's first tokens.
  uint32_t StoredOf(const CacheKey& key, const std::vector<Token>& tokens) const;
  std::string Load(const LoadCells& load);
  std::string ApplyMemory(const Actions& actions);
  Draft DraftFor(const Client& client);
  std::vector<Event> MakeDrafts();
  uint32_t Alive() const;

  std::mt19937 random_;
  Config config_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<UnifiedCacheModel> model_;
  std::vector<std::vector<Token>> texts_;  // prompts begin like one of these
  std::vector<Client> clients_;            // by request id - 1
  size_t submitted_ = 0;
  Instant now_{0};
  std::vector<std::pair<CacheKey, std::vector<Token>>> saved_;
  std::vector<Loaded> loaded_;    // to be told of in the next step
  std::vector<Sampled> sampled_;  // of the batch that is out
  MachineLaw law_;
  bool timed_ = false;  // the scheduler hears how long batches took
  double batch_seconds_ = 0;
  uint64_t steps_ = 0;
  bool batch_out_ = false;
  bool batch_failed_ = false;
  Stats stats_;
  uint32_t ended_as_[8] = {};
};

}  // namespace bedplate::scheduler
