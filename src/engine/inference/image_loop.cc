#include "engine/inference/image_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bedplate::engine {

ImageLoop::ImageLoop(ImageEncoder& encoder, const Limits& limits, Counters& counters)
    : encoder_(encoder), limits_(limits), counters_(counters), thread_([this] { Run(); }) {}

ImageLoop::~ImageLoop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
  for (Running& running : queue_) {
    if (running.job->abandoned) continue;
    running.job->done(Fail(Fault::kUnavailable, "the engine is stopping"));
  }
}

Result<void> ImageLoop::Submit(std::shared_ptr<ImageJob> job) {
  {
    const std::lock_guard lock(mutex_);
    const size_t count = job->stretches.size();
    // One request alone is taken whatever it has: the prompt's length bounds that.
    if (waiting_ > 0 && waiting_ + count > limits_.waiting_max) {
      return Fail(Fault::kUnavailable, "too many images wait for the model");
    }
    uint64_t bytes = 0;
    for (const ImageJob::Stretch& stretch : job->stretches) bytes += stretch.chunk->bytes();
    const uint64_t taken = budget_->taken();
    if (taken > 0 && taken + bytes > budget_->bytes_max()) {
      return Fail(
          Fault::kUnavailable,
          fmt::format("the images of other requests take {} bytes in the model's engine and "
                      "this request's take {}; together they may take {}",
                      taken, bytes, budget_->bytes_max()));
    }
    Running running;
    for (const ImageJob::Stretch& stretch : job->stretches) {
      running.held.push_back(std::make_shared<Held>(budget_));
      budget_->Set(running.held.back()->share, stretch.chunk->bytes());
    }
    waiting_ += count;
    running.job = std::move(job);
    queue_.push_back(std::move(running));
  }
  wake_.notify_one();
  return {};
}

void ImageLoop::Run() {
  while (true) {
    Running running;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || !queue_.empty(); });
      if (stop_) return;
      running = std::move(queue_.front());
      queue_.pop_front();
    }
    const size_t before = running.rows.size();
    const bool goes_on = Advance(running);
    const std::lock_guard lock(mutex_);
    waiting_ -= goes_on ? running.rows.size() - before : running.job->stretches.size() - before;
    if (goes_on) queue_.push_back(std::move(running));
  }
}

bool ImageLoop::Advance(Running& running) {
  ImageJob& job = *running.job;
  if (job.abandoned) return false;
  if (running.rows.size() < job.stretches.size()) {
    const size_t at = running.rows.size();
    auto rows = RowsOf(job, job.stretches[at]);
    job.stretches[at].chunk.reset();
    if (job.abandoned) return false;
    if (!rows) {
      job.done(std::unexpected(std::move(rows.error())));
      return false;
    }
    std::shared_ptr<Held> held = std::move(running.held[at]);
    held->rows = std::move(*rows);
    budget_->Set(held->share, held->rows->size() * sizeof(float));
    // The request has the rows, and the budget counts them until it lets go of them.
    const ImageRows* row = held->rows.get();
    running.rows.emplace_back(std::move(held), row);
  }
  if (running.rows.size() < job.stretches.size()) return true;
  job.done(std::move(running.rows));
  running.rows.clear();
  return false;
}

Result<SharedRows> ImageLoop::RowsOf(const ImageJob& job, const ImageJob::Stretch& stretch) {
  const auto found = std::ranges::find(kept_, stretch.id, &Kept::id);
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    return found->rows;
  }
  auto encoded = encoder_.Encode(*stretch.chunk, [&] { return stop_ || job.abandoned; });
  if (stop_) return Fail(Fault::kUnavailable, "the engine is stopping");
  if (!encoded) return std::unexpected(std::move(encoded.error()));
  counters_.images.fetch_add(1, std::memory_order_relaxed);
  auto rows = std::make_shared<const ImageRows>(std::move(*encoded));
  Keep(stretch.id, rows);
  return rows;
}

void ImageLoop::Keep(TokenId id, const SharedRows& rows) {
  const auto bytes_of = [](const SharedRows& kept) { return kept->size() * sizeof(float); };
  if (bytes_of(rows) > limits_.kept_bytes_max) return;
  kept_.push_front({.id = id, .rows = rows});
  kept_bytes_ += bytes_of(rows);
  while (kept_bytes_ > limits_.kept_bytes_max) {
    kept_bytes_ -= bytes_of(kept_.back().rows);
    kept_.pop_back();
  }
}

}  // namespace bedplate::engine
