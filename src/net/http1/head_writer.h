// Writes the head of an HTTP/1.1 answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace bedplate::net::http1 {

// How the end of a body is told.
enum class BodyFraming : uint8_t { kNone, kLength, kChunked, kUntilClose };

struct HeadPlan {
  int status = 200;
  BodyFraming framing = BodyFraming::kLength;
  uint64_t length = 0;  // for kLength
  bool close = false;
  bool keep_alive_told = false;  // an HTTP/1.0 client is told that the connection stays
};

// Appends status line, `headers` (but for those that are the server's work), framing and date.
void AppendHead(std::string& out, const HeadPlan& plan, const Headers& headers);

// Whether an answer of this status never has a body.
constexpr bool IsBodiless(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace bedplate::net::http1
