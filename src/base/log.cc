#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log_format.h"

namespace bedplate::log {
namespace {

// Lines gather this long before they are written together, so that a busy server makes a few
// hundred system calls a second and not one for each request.
constexpr std::chrono::milliseconds kGather{4};

void WriteAll(int file_descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file_descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nowhere left to tell
    text.remove_prefix(static_cast<size_t>(written));
  }
}

class Writer {
 public:
  explicit Writer(const Options& options) : options_(options), thread_([this] { Run(); }) {}

  ~Writer() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void Append(std::string_view line) {
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() + line.size() > limits::kLogBufferBytesMax) {
        ++dropped_lines_;
        return;
      }
      was_empty = waiting_.empty();
      waiting_ += line;
    }
    if (was_empty) wake_.notify_one();
  }

 private:
  void Run() {
    std::string lines;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (!stopping_) wake_.wait_for(lock, kGather, [this] { return stopping_; });
      lines.swap(waiting_);
      const uint64_t dropped = std::exchange(dropped_lines_, 0);
      const bool stopping = stopping_;
      lock.unlock();
      if (dropped > 0) {
        const Field field("lines", dropped);
        AppendLine({SystemClock().Now(),
                    Level::kWarning,
                    "log",
                    "log lines were dropped: standard error is read too slowly",
                    {&field, 1}},
                   options_.format, lines);
      }
      WriteAll(options_.file_descriptor, lines);
      lines.clear();
      if (lines.capacity() > (64 << 10)) lines.shrink_to_fit();
      if (stopping) return;
      lock.lock();
    }
  }

  const Options options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string waiting_;
  uint64_t dropped_lines_ = 0;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the members above
};

struct State {
  std::atomic<Level> level = Level::kInfo;
  std::atomic<Format> format = Format::kText;
  std::atomic<Writer*> writer = nullptr;
  std::unique_ptr<Writer> owned_writer;
};

State& GetState() {
  static State& state = *new State;  // never destroyed: destructors of others may still log
  return state;
}

}  // namespace

void Start(const Options& options) {
  Stop();
  State& state = GetState();
  state.level = options.level;
  state.format = options.format;
  state.owned_writer = std::make_unique<Writer>(options);
  state.writer = state.owned_writer.get();
}

void Stop() {
  State& state = GetState();
  state.writer = nullptr;
  state.owned_writer.reset();
}

void SetLevel(Level level) { GetState().level = level; }

bool Enabled(Level level) { return level >= GetState().level.load(std::memory_order_relaxed); }

void Write(Level level, std::string_view module, std::string_view message,
           std::span<const Field> fields) {
  thread_local std::string line;
  line.clear();
  State& state = GetState();
  AppendLine({SystemClock().Now(), level, module, message, fields},
             state.format.load(std::memory_order_relaxed), line);
  if (Writer* writer = state.writer.load(std::memory_order_acquire); writer != nullptr) {
    writer->Append(line);
  } else {
    WriteAll(2, line);
  }
}

}  // namespace bedplate::log
