// The threads that compute, shared by what the process computes.
//
// Threads: one computation at a time, on any thread; threads_now() from any.
#pragma once

#include <atomic>
#include <vector>

#include "base/clock.h"
#include "engine/llamacpp/processor_wait.h"
#include "engine/llamacpp/thread_count.h"

struct ggml_threadpool;
struct llama_context;

namespace bedplate::engine {

// How many threads suit this machine: the processors this process may run on, one for each core
// (a core's second hardware thread adds nothing to arithmetic), and no more than a container's
// quota of processor time.
int SuitableThreads();

// ggml's pool, set to sleep rather than spin between computations, so that an idle engine costs
// its neighbours nothing. Where other work takes the processors, fewer of its threads compute.
class ThreadPool {
 public:
  // One computation of a context, from here to the end of its scope.
  class Turn {
   public:
    Turn(ThreadPool& pool, llama_context* context) : pool_(pool) { pool_.Begin(context); }
    ~Turn() { pool_.End(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    ThreadPool& pool_;
  };

  // `clock` outlives it.
  explicit ThreadPool(int threads, const Clock& clock = SystemClock());
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return size_; }
  int threads_now() const { return threads_now_.load(std::memory_order_relaxed); }
  void Attach(llama_context* context) const;

 private:
  void Begin(llama_context* context);
  void End();

  const int size_;
  const Clock& clock_;
  ggml_threadpool* pool_;
  ThreadCount count_;
  std::atomic<int> threads_now_;
  ProcessorWait wait_;          // of all threads that compute
  std::vector<pid_t> callers_;  // those of `wait_` that are not the pool's own
  MonotonicTime begin_{};       // of the computation
  double computed_ = 0;         // seconds since the last look at `wait_`
  double waited_ = 0;           // as it was then
};

}  // namespace bedplate::engine
