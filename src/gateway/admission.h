// How many requests may be answered at once. The one limit that holds before anything is known of
// a request.
//
// Threads: any reactor.
#pragma once

#include <atomic>
#include <cstddef>

#include "gateway/passage.h"

namespace bedplate::gateway {

class Admission {
 public:
  explicit Admission(size_t in_flight_max) : in_flight_max_(in_flight_max) {}

  // A place among the requests being answered, given back at its end.
  class Place {
   public:
    explicit Place(Admission* owner) : owner_(owner) {}
    ~Place() {
      if (owner_ != nullptr) owner_->taken_.fetch_sub(1, std::memory_order_relaxed);
    }
    Place(Place&& other) noexcept : owner_(other.owner_) { other.owner_ = nullptr; }
    Place& operator=(Place&&) = delete;

   private:
    Admission* owner_;
  };

  // ThrottlingException, which names the limit and says when to come again, when all are taken.
  std::expected<Place, wire::WireError> Enter();

 private:
  const size_t in_flight_max_;
  std::atomic<size_t> taken_ = 0;
};

}  // namespace bedplate::gateway
