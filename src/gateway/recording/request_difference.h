// In what one request differs from another, for whoever wonders why his has no recording.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>

#include "gateway/recording/recorded_request.h"

namespace bedplate::gateway {

struct RequestDifference {
  size_t members = 0;     // how many differ; 0: the requests are the same
  std::string text = {};  // the first of them, by JSON pointer, with the values on both sides
};

// Of two requests for one operation and model.
RequestDifference DifferenceOf(const RecordedRequest& asked, const RecordedRequest& recorded);

}  // namespace bedplate::gateway
