// Memory that many holders may take together, such as all requests at hand.
//
// Threads: a budget from any; a share is its holder's. A share does not outlive its budget.
#pragma once

#include <atomic>
#include <cstdint>

namespace bedplate {

class ByteBudget {
 public:
  explicit ByteBudget(uint64_t bytes_max) : bytes_max_(bytes_max) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  // What one holder has, given back at its end.
  class Share {
   public:
    Share() = default;
    ~Share() {
      if (budget_ != nullptr) budget_->taken_.fetch_sub(bytes_, std::memory_order_relaxed);
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    uint64_t bytes() const { return bytes_; }

   private:
    friend class ByteBudget;
    ByteBudget* budget_ = nullptr;
    uint64_t bytes_ = 0;
  };

  // Makes `share` hold `bytes`, more or less than before. False when all shares together are then
  // over the budget; they are counted all the same, and the holder is to end or to take less.
  bool Set(Share& share, uint64_t bytes) {
    const uint64_t before = share.bytes_;
    share.budget_ = this;
    share.bytes_ = bytes;
    // Unsigned, so that less is added too.
    const uint64_t all =
        taken_.fetch_add(bytes - before, std::memory_order_relaxed) + bytes - before;
    return bytes <= before || all <= bytes_max_;
  }

  uint64_t bytes_max() const { return bytes_max_; }
  uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const uint64_t bytes_max_;
  std::atomic<uint64_t> taken_ = 0;
};

}  // namespace bedplate
