#include "engine/inference/embedding_loop.h"

#include <algorithm>
#include <utility>

namespace bedplate::engine {

EmbeddingLoop::EmbeddingLoop(EmbedFunction embed, const Limits& limits, Counters& counters,
                             const Clock& clock)
    : embed_(std::move(embed)),
      limits_(limits),
      counters_(counters),
      clock_(clock),
      thread_([this] { Run(); }) {}

EmbeddingLoop::~EmbeddingLoop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
  for (const auto& running : queue_) {
    if (!running->job->abandoned) {
      running->job->done(Fail(Fault::kUnavailable, "the engine is stopping"));
    }
  }
}

Result<void> EmbeddingLoop::Submit(std::shared_ptr<EmbeddingJob> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return Fail(Fault::kUnavailable, "the engine is stopping");
    if (waiting_ + job->inputs.size() > limits_.waiting_max) {
      return Fail(Fault::kUnavailable, "too many inputs wait for the model");
    }
    waiting_ += job->inputs.size();
    counters_.waiting = waiting_;
    counters_.requests.fetch_add(1, std::memory_order_relaxed);
    auto running = std::make_shared<Running>();
    running->job = std::move(job);
    running->vectors.resize(running->job->inputs.size());
    queue_.push_back(std::move(running));
  }
  wake_.notify_one();
  return {};
}

void EmbeddingLoop::Run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || !queue_.empty(); });
      if (stop_) return;
    }
    const std::vector<Picked> batch = PickBatch();
    if (!batch.empty()) Compute(batch);
  }
}

// One input of each request in turn, until the next would not fit. The first in the queue says
// which adapter computes; requests of others keep their places, and so become the first.
std::vector<EmbeddingLoop::Picked> EmbeddingLoop::PickBatch() {
  const std::lock_guard lock(mutex_);
  std::vector<Picked> batch;
  size_t tokens = 0;
  size_t passed = 0;  // requests of other adapters
  while (passed < queue_.size() && batch.size() < limits_.inputs_max) {
    const auto place = queue_.begin() + static_cast<std::ptrdiff_t>(passed);
    std::shared_ptr<Running> running = *place;
    const EmbeddingJob& job = *running->job;
    if (job.abandoned) {
      waiting_ -= job.inputs.size() - running->next;
      queue_.erase(place);
      continue;
    }
    if (!batch.empty() && job.adapter != batch.front().running->job->adapter) {
      ++passed;
      continue;
    }
    const size_t length = job.inputs[running->next].size();
    if (!batch.empty() && tokens + length > limits_.tokens_max) break;
    tokens += length;
    batch.push_back({running, running->next++});
    --waiting_;
    queue_.erase(place);
    if (running->next < job.inputs.size()) queue_.push_back(std::move(running));
  }
  counters_.waiting = waiting_;
  return batch;
}

void EmbeddingLoop::Compute(const std::vector<Picked>& batch) {
  std::vector<std::span<const TokenId>> inputs;
  size_t tokens = 0;
  for (const Picked& picked : batch) {
    inputs.emplace_back(picked.running->job->inputs[picked.input]);
    tokens += inputs.back().size();
  }
  const MonotonicTime begin = clock_.Monotonic();
  counters_.running = batch.size();
  Result<std::vector<Vector>> vectors = embed_(inputs, batch.front().running->job->adapter);
  counters_.running = 0;
  counters_.step_rows.Add(static_cast<double>(tokens));
  counters_.step_seconds.Add(std::chrono::duration<double>(clock_.Monotonic() - begin).count());
  counters_.embedding_inputs.fetch_add(batch.size(), std::memory_order_relaxed);
  counters_.embedding_tokens.fetch_add(tokens, std::memory_order_relaxed);
  for (size_t i = 0; i < batch.size(); ++i) {
    const auto& running = batch[i].running;
    if (!vectors) {
      End(running, std::unexpected(vectors.error()));
      continue;
    }
    running->vectors[batch[i].input] = std::move((*vectors)[i]);
    // A request's inputs are computed in order, so its last one comes last.
    if (batch[i].input + 1 == running->vectors.size()) End(running, std::move(running->vectors));
  }
}

void EmbeddingLoop::End(const std::shared_ptr<Running>& running,
                        Result<std::vector<Vector>> result) {
  if (running->job->abandoned.exchange(true)) return;
  running->job->done(std::move(result));
}

}  // namespace bedplate::engine
