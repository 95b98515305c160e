// The memory that request bodies may take together, with what is made of them. A signature can
// often only be checked when the whole body is there, so this bounds what a stranger who knows a
// key's id can make us hold.
//
// Threads: any reactor.
#pragma once

#include <cstdint>
#include <expected>

#include "base/byte_budget.h"
#include "wire/error.h"

namespace bedplate::gateway {

class BodyBudget {
 public:
  // Of each body this much is not counted: that many requests times this is bounded already.
  static constexpr uint64_t kUncountedBytes = 64 << 10;

  using Share = ByteBudget::Share;

  // `bytes` outlives this.
  explicit BodyBudget(ByteBudget& bytes) : bytes_(bytes) {}

  // Makes the share hold a body of `bytes`; ThrottlingException when all bodies together are then
  // over the budget.
  std::expected<void, wire::WireError> Grow(Share& share, uint64_t bytes);

 private:
  ByteBudget& bytes_;
};

}  // namespace bedplate::gateway
