// InferenceLoop: the thread that owns the model's context. Each step takes what came in, asks the
// scheduler what to do, lets the model compute one batch, and chooses a token for each answer.
//
// Threads: Submit, Cancel and counters may be called from any thread; everything else happens on
// the loop's own. What a step made of all answers is handed over in one call, so that the reactor
// is woken once a step and not once a token: with as many computing threads as processors, each
// waking up takes time from the computation.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/inference/answer_state.h"
#include "engine/inference/cache_care.h"
#include "engine/inference/counters.h"
#include "engine/inference/decoder.h"
#include "engine/inference/generation.h"
#include "engine/inference/kept_prefixes.h"
#include "engine/scheduler/scheduler.h"
#include "engine/speculation/speculator.h"

namespace bedplate::engine {

// What a loop works with if it is there.
struct LoopHelpers {
  Speculator* speculator = nullptr;
  // What leaves the cache goes there and comes back from there; Config::saves_evicted then.
  KeptPrefixes* kept = nullptr;
  // The cache is cared for when nobody has asked for anything for so long.
  std::chrono::milliseconds idle_for{2'000};
  // How long batches take, as far as it is known.
  std::span<const scheduler::Measured> profile{};
};

class InferenceLoop {
 public:
  // Takes what a step made of the answers; called on the inference thread, must not block. Of
  // each request it gets exactly one Progress with an ending, the last.
  using Deliver = std::function<void(std::vector<Progress>)>;

  // Requests handed in that the loop has not looked at yet; Submit refuses beyond.
  static constexpr size_t kInboxMax = 4096;

  // A loop that ends saves what the cache knows for so long at most.
  static constexpr std::chrono::milliseconds kLastSavingMax{2'000};

  // The arguments outlive the loop, whose thread starts here.
  InferenceLoop(Decoder& decoder, const Vocabulary& vocabulary, const scheduler::Config& config,
                Deliver deliver, Counters& counters, LoopHelpers helpers = {},
                const Clock& clock = SystemClock());
  // Ends every request with kCancelled, saves what the cache knows, then ends the thread.
  ~InferenceLoop();

  // kUnavailable when too many requests wait.
  Result<void> Submit(Generation generation);
  // Frees what the request holds before the next step. Unknown ids are fine: it may have ended.
  void Cancel(RequestId id);

 private:
  void Run();
  bool WaitForWork();
  void TakeInbox();
  void Apply(const std::vector<scheduler::MemoryOperation>& operations);
  void Load(const scheduler::LoadCells& order);
  void CareForCache();
  scheduler::Instant Now() const;
  bool AnnounceBatch(const scheduler::Batch& batch);
  void GiveUp();
  void Compute(const scheduler::Batch& batch);
  std::span<const float* const> ImageRows(const scheduler::Batch& batch);
  void Sample(const scheduler::Batch& batch, scheduler::BatchDone& done);
  // Draws behind `row`, and behind the rows of a draft that follow as long as they have what is
  // drawn.
  void SampleRows(const scheduler::Batch& batch, size_t row, scheduler::BatchDone& done);
  std::vector<scheduler::Draft> MakeDrafts(const scheduler::BatchDone& done);
  void Report(const scheduler::Actions& actions);
  void CountStats();

  Decoder& decoder_;
  const Vocabulary& vocabulary_;
  scheduler::Scheduler scheduler_;
  Deliver deliver_;
  Counters& counters_;
  Speculator* const speculator_;
  KeptPrefixes* const kept_;
  CacheCare care_;
  const Clock& clock_;
  const MonotonicTime start_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Generation> submitted_;  // guarded by mutex_
  // Requests of the batch that is being computed and still have a client; when the last of them
  // leaves, the computation is given up.
  std::vector<RequestId> computing_;  // guarded by mutex_
  std::atomic<bool> give_up_ = false;
  std::vector<RequestId> cancelled_;  // guarded by mutex_
  bool stop_ = false;                 // guarded by mutex_

  // Of the inference thread alone.
  std::vector<scheduler::Event> events_;
  std::unordered_map<RequestId, std::unique_ptr<AnswerState>> answers_;
  std::vector<RequestId> spoken_;  // answers that got a token in this step
  std::vector<const float*> image_rows_;
  CheckpointTable checkpoints_;
  SamplingScratch scratch_;

  std::thread thread_;  // last: it starts when all else is there
};

}  // namespace bedplate::engine
