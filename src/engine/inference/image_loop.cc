#include "engine/inference/image_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bedplate::engine {

namespace {

uint64_t BytesOf(const ImageJob& job) {
  uint64_t bytes = 0;
  for (const ImageJob::Stretch& stretch : job.stretches) bytes += stretch.chunk->bytes();
  return bytes;
}

uint64_t BytesOf(const ImageRows& rows) { return rows.size() * sizeof(float); }

}  // namespace

ImageLoop::Held::~Held() {
  Set(0);
  // Between the loop's look at the room and its waiting there is no time for this.
  {
    const std::lock_guard lock(room->mutex);
  }
  room->wake.notify_one();
}

ImageLoop::ImageLoop(ImageEncoder& encoder, const Limits& limits, Counters& counters)
    : encoder_(encoder), limits_(limits), counters_(counters), thread_([this] { Run(); }) {}

ImageLoop::~ImageLoop() {
  {
    const std::lock_guard lock(room_->mutex);
    stop_ = true;
  }
  room_->wake.notify_one();
  thread_.join();
  for (Running& running : queue_) waiting_.push_back(std::move(running.job));
  for (const std::shared_ptr<ImageJob>& job : waiting_) {
    if (job->abandoned) continue;
    job->done(Fail(Fault::kUnavailable, "the engine is stopping"));
  }
}

Result<void> ImageLoop::Submit(std::shared_ptr<ImageJob> job) {
  {
    const std::lock_guard lock(room_->mutex);
    DropAbandoned();
    TakeWaiting();
    if (waiting_.empty() && HasRoomFor(*job)) {
      Take(std::move(job));
    } else if (waiting_.size() >= limits_.waiting_max) {
      return Fail(Fault::kUnavailable,
                  fmt::format("{} requests with images wait for the model already, which is as "
                              "many as may",
                              waiting_.size()));
    } else {
      uint64_t bytes = 0;
      for (const std::shared_ptr<ImageJob>& other : waiting_) bytes += BytesOf(*other);
      if (!waiting_.empty() && bytes + BytesOf(*job) > limits_.waiting_bytes_max) {
        return Fail(Fault::kUnavailable,
                    fmt::format("the images of requests that wait for the model take {} bytes and "
                                "this request's take {}; together they may take {}",
                                bytes, BytesOf(*job), limits_.waiting_bytes_max));
      }
      waiting_.push_back(std::move(job));
    }
  }
  room_->wake.notify_one();
  return {};
}

bool ImageLoop::HasRoomFor(const ImageJob& job) const {
  const uint64_t taken = room_->budget.taken();
  return (encoding_ == 0 || encoding_ + job.stretches.size() <= limits_.encoding_max) &&
         (taken == 0 || taken + BytesOf(job) <= limits_.held_bytes_max);
}

void ImageLoop::Take(std::shared_ptr<ImageJob> job) {
  Running running;
  for (const ImageJob::Stretch& stretch : job->stretches) {
    running.held.push_back(std::make_shared<Held>(room_));
    running.held.back()->Set(stretch.chunk->bytes());
  }
  encoding_ += job->stretches.size();
  running.job = std::move(job);
  queue_.push_back(std::move(running));
}

void ImageLoop::TakeWaiting() {
  while (!waiting_.empty() && HasRoomFor(*waiting_.front())) {
    Take(std::move(waiting_.front()));
    waiting_.pop_front();
  }
}

void ImageLoop::DropAbandoned() {
  std::erase_if(waiting_,
                [](const std::shared_ptr<ImageJob>& job) { return job->abandoned.load(); });
}

void ImageLoop::Run() {
  while (true) {
    Running running;
    {
      std::unique_lock lock(room_->mutex);
      room_->wake.wait(lock, [&] {
        DropAbandoned();
        TakeWaiting();
        return stop_ || !queue_.empty();
      });
      if (stop_) return;
      running = std::move(queue_.front());
      queue_.pop_front();
    }
    const size_t before = running.rows.size();
    const bool goes_on = Advance(running);
    const std::lock_guard lock(room_->mutex);
    encoding_ -= goes_on ? running.rows.size() - before : running.job->stretches.size() - before;
    if (goes_on) queue_.push_back(std::move(running));
  }
}

bool ImageLoop::Advance(Running& running) {
  ImageJob& job = *running.job;
  if (job.abandoned) return false;
  if (running.rows.size() < job.stretches.size()) {
    const size_t at = running.rows.size();
    auto held = RowsOf(job, job.stretches[at], std::move(running.held[at]));
    job.stretches[at].chunk.reset();
    if (job.abandoned) return false;
    if (!held) {
      job.done(std::unexpected(std::move(held.error())));
      return false;
    }
    // The request has the rows, and they count as held until it lets go of them.
    const ImageRows* rows = (*held)->rows.get();
    running.rows.emplace_back(std::move(*held), rows);
  }
  if (running.rows.size() < job.stretches.size()) return true;
  job.done(std::move(running.rows));
  running.rows.clear();
  return false;
}

Result<std::shared_ptr<ImageLoop::Held>> ImageLoop::RowsOf(const ImageJob& job,
                                                           const ImageJob::Stretch& stretch,
                                                           std::shared_ptr<Held> held) {
  const auto found = std::ranges::find(kept_, stretch.id, &Kept::id);
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    if (auto shared = found->held.lock()) return shared;
    held->rows = found->rows;
    held->Set(BytesOf(*held->rows));
    found->held = held;
    return held;
  }
  auto encoded = encoder_.Encode(*stretch.chunk, [&] { return stop_ || job.abandoned; });
  if (stop_) return Fail(Fault::kUnavailable, "the engine is stopping");
  if (!encoded) return std::unexpected(std::move(encoded.error()));
  counters_.images.fetch_add(1, std::memory_order_relaxed);
  held->rows = std::make_shared<const ImageRows>(std::move(*encoded));
  held->Set(BytesOf(*held->rows));
  Keep(stretch.id, held);
  return held;
}

void ImageLoop::Keep(TokenId id, const std::shared_ptr<Held>& held) {
  if (BytesOf(*held->rows) > limits_.kept_bytes_max) return;
  kept_.push_front({.id = id, .rows = held->rows, .held = held});
  kept_bytes_ += BytesOf(*held->rows);
  while (kept_bytes_ > limits_.kept_bytes_max) {
    kept_bytes_ -= BytesOf(*kept_.back().rows);
    kept_.pop_back();
  }
}

}  // namespace bedplate::engine
