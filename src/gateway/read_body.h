// Takes in the body of a request: whole, bounded, freed of its aws-chunked encoding, and held
// against what its signature says.
#pragma once

#include <cstdint>
#include <expected>

#include "gateway/passage.h"

namespace bedplate::gateway {

// Why there is no body: an answer to give, or none because the client has left.
struct BodyFailure {
  bool client_left = false;
  wire::WireError answer{};
};

// Sets passage.body, at most `bytes_max` long after decoding and within `budget`. On return the
// sender's proof is complete.
net::Task<std::expected<void, BodyFailure>> ReadBody(Passage& passage, uint64_t bytes_max,
                                                     BodyBudget& budget);

}  // namespace bedplate::gateway
