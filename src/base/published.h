// The newest of a thing that readers share and a writer replaces: each reader keeps what it got.
// std::atomic<std::shared_ptr> of libstdc++ 12 lets go of its lock in load() without ordering the
// read before it, which is a data race where the processor does not order it (arm64).
// Threads: any.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace bedplate {

template <class T>
class Published {
 public:
  Published() = default;
  explicit Published(std::shared_ptr<T> first) : newest_(std::move(first)) {}

  std::shared_ptr<T> Get() const {
    const std::lock_guard lock(mutex_);
    return newest_;
  }
  // The one before.
  std::shared_ptr<T> Exchange(std::shared_ptr<T> newest) {
    const std::lock_guard lock(mutex_);
    newest_.swap(newest);
    return newest;
  }
  // The one before, if nobody else has it, is destroyed outside of the lock.
  void Set(std::shared_ptr<T> newest) { Exchange(std::move(newest)); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<T> newest_;
};

}  // namespace bedplate
