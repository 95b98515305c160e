#include "engine/llamacpp/thread_pool.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <set>
#include <string>

#include "llama.h"

namespace bedplate::engine {
namespace {

// Processors' worth of time that control group 2 grants, 0 when it sets no bound.
// spec: Linux Documentation/admin-guide/cgroup-v2.rst, cpu.max
double QuotaOfControlGroup() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period_us = 0;
  if (!(file >> quota >> period_us) || quota == "max" || period_us <= 0) return 0;
  return std::atof(quota.c_str()) / period_us;
}

// Computed since the last look at what the threads waited: long enough to tell a neighbour from a
// thread that woke late.
constexpr double kWindowSeconds = 0.05;

double Seconds(MonotonicTime::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

int SuitableThreads() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  std::set<std::string> cores;
  int processors = 0;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (!CPU_ISSET(i, &allowed)) continue;
    ++processors;
    std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(i) +
                       "/topology/thread_siblings_list");
    std::string siblings;
    if (file >> siblings) cores.insert(siblings);
  }
  int threads = cores.empty() ? processors : static_cast<int>(cores.size());
  const double quota = QuotaOfControlGroup();
  if (quota > 0) threads = std::min(threads, static_cast<int>(std::ceil(quota)));
  return std::max(1, threads);
}

ThreadPool::ThreadPool(int threads, const Clock& clock)
    : size_(threads), clock_(clock), count_(threads), threads_now_(threads) {
  const std::vector<pid_t> before = ThreadsOfProcess();
  ggml_threadpool_params params = ggml_threadpool_params_default(threads);
  params.poll = 0;
  pool_ = ggml_threadpool_new(&params);
  // What began meanwhile is the pool's; ggml does not tell.
  for (const pid_t thread : ThreadsOfProcess()) {
    if (std::ranges::find(before, thread) == before.end()) wait_.Add(thread);
  }
}

ThreadPool::~ThreadPool() { ggml_threadpool_free(pool_); }

void ThreadPool::Attach(llama_context* context) const {
  llama_attach_threadpool(context, pool_, pool_);
  llama_set_n_threads(context, size_, size_);
}

void ThreadPool::Begin(llama_context* context) {
  // It computes too.
  const pid_t caller = gettid();
  if (std::ranges::find(callers_, caller) == callers_.end()) {
    callers_.push_back(caller);
    wait_.Add(caller);
    computed_ = 0;
    waited_ = wait_.Seconds();
  }
  llama_set_n_threads(context, count_.now(), count_.now());
  begin_ = clock_.Monotonic();
}

void ThreadPool::End() {
  const MonotonicTime now = clock_.Monotonic();
  computed_ += Seconds(now - begin_);
  if (size_ == 1 || computed_ < kWindowSeconds) return;
  const double waited = wait_.Seconds();
  count_.Note(computed_, waited - waited_, Seconds(now.time_since_epoch()));
  threads_now_.store(count_.now(), std::memory_order_relaxed);
  computed_ = 0;
  waited_ = waited;
}

}  // namespace bedplate::engine
