// EmbeddingLoop: the thread that makes embeddings. Inputs of several requests share a computation,
// where one adapter computes them; requests take turns, so that one with thousands of inputs does
// not hold up the others.
//
// Threads: Submit from any; Done is called on the loop's own thread and must not block.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/inference/counters.h"
#include "engine/text/token.h"

namespace bedplate::engine {

using Vector = std::vector<float>;

// Computes a few inputs at once with one adapter (0: the model alone), one vector for each.
using EmbedFunction = std::function<Result<std::vector<Vector>>(
    std::span<const std::span<const TokenId>> inputs, uint32_t adapter)>;

struct EmbeddingJob {
  std::vector<std::vector<TokenId>> inputs;  // each within the model's context, none empty
  uint32_t adapter = 0;                      // that computes them; 0: the model alone
  std::function<void(Result<std::vector<Vector>>)> done;  // exactly once, unless abandoned
  std::atomic<bool> abandoned = false;  // set when nobody waits any more: the rest is skipped
};

class EmbeddingLoop {
 public:
  struct Limits {
    size_t inputs_max = 16;      // of one computation
    size_t tokens_max = 512;     // of one computation, at least the longest input
    size_t waiting_max = 65536;  // inputs that wait, of all requests
  };

  EmbeddingLoop(EmbedFunction embed, const Limits& limits, Counters& counters,
                const Clock& clock = SystemClock());
  // Fails what waits with kUnavailable.
  ~EmbeddingLoop();

  // kUnavailable when too many inputs wait.
  Result<void> Submit(std::shared_ptr<EmbeddingJob> job);

 private:
  struct Running {
    std::shared_ptr<EmbeddingJob> job;
    size_t next = 0;  // input not computed yet
    std::vector<Vector> vectors;
  };
  struct Picked {
    std::shared_ptr<Running> running;
    size_t input;
  };

  void Run();
  std::vector<Picked> PickBatch();
  void Compute(const std::vector<Picked>& batch);
  void End(const std::shared_ptr<Running>& running, Result<std::vector<Vector>> result);

  EmbedFunction embed_;
  const Limits limits_;
  Counters& counters_;
  const Clock& clock_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Running>> queue_;  // guarded by mutex_; the front has its turn next
  size_t waiting_ = 0;                          // guarded by mutex_
  bool stop_ = false;                           // guarded by mutex_
  std::thread thread_;
};

}  // namespace bedplate::engine
