#include "gateway/admission.h"

namespace bedplate::gateway {

std::expected<Admission::Place, wire::WireError> Admission::Enter() {
  const size_t before = taken_.fetch_add(1, std::memory_order_relaxed);
  Place place(this);
  if (before < in_flight_max_) return place;
  return std::unexpected(wire::WireError{
      .status = 429,
      .type = "ThrottlingException",
      .message = "Too many requests, please wait before trying again. The server answers at most " +
                 std::to_string(in_flight_max_) +
                 " at the same time (its setting limits.in_flight_max).",
      .retry_after_s = 1});
}

}  // namespace bedplate::gateway
