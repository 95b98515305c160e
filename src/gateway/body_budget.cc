#include "gateway/body_budget.h"

#include <string>

namespace bedplate::gateway {
namespace {

// Taken at a time, so that a body which arrives in thousands of pieces does not count thousands of
// times.
constexpr uint64_t kStepBytes = 256 << 10;

}  // namespace

std::expected<void, wire::WireError> BodyBudget::Grow(Share& share, uint64_t bytes) {
  if (bytes <= kUncountedBytes || bytes <= share.bytes()) return {};
  const uint64_t wanted = (bytes + kStepBytes - 1) / kStepBytes * kStepBytes;
  if (bytes_.Set(share, wanted)) return {};
  return std::unexpected(wire::WireError{
      .status = 429,
      .type = "ThrottlingException",
      .message = "Too many requests, please wait before trying again. The bodies of the requests "
                 "at hand may hold " +
                 std::to_string(bytes_.bytes_max()) +
                 " bytes together (the server's setting limits.bodies_bytes_max).",
      .retry_after_s = 1});
}

}  // namespace bedplate::gateway
