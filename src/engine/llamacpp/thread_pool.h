// The threads that compute, shared by what the process computes.
#pragma once

#include <cstddef>

struct ggml_threadpool;
struct llama_context;

namespace bedplate::engine {

// How many threads suit this machine: the processors this process may run on, one for each core
// (a core's second hardware thread adds nothing to arithmetic), and no more than a container's
// quota of processor time.
int SuitableThreads();

// ggml's pool, set to sleep rather than spin between computations, so that an idle engine costs
// its neighbours nothing.
class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return size_; }
  void Attach(llama_context* context) const;

 private:
  int size_;
  ggml_threadpool* pool_;
};

}  // namespace bedplate::engine
