// The memory that request bodies may take together. A signature can often only be checked when the
// whole body is there, so this bounds what a stranger who knows a key's id can make us hold.
//
// Threads: any reactor.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <utility>

#include "wire/error.h"

namespace bedplate::gateway {

class BodyBudget {
 public:
  // Of each body this much is not counted: that many requests times this is bounded already.
  static constexpr uint64_t kUncountedBytes = 64 << 10;

  explicit BodyBudget(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // What one request holds, given back at its end.
  class Share {
   public:
    Share() = default;
    ~Share() {
      if (budget_ != nullptr) budget_->taken_.fetch_sub(bytes_, std::memory_order_relaxed);
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    friend class BodyBudget;
    BodyBudget* budget_ = nullptr;
    uint64_t bytes_ = 0;
  };

  // Makes the share hold a body of `bytes`; ThrottlingException when all bodies together are then
  // over the budget.
  std::expected<void, wire::WireError> Grow(Share& share, uint64_t bytes);

 private:
  const uint64_t bytes_max_;
  std::atomic<uint64_t> taken_ = 0;
};

}  // namespace bedplate::gateway
