// What the HTTP/1.1 parsers tell: shared by the request's and the response's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace bedplate::net::http1 {

struct ParseLimits {
  size_t header_bytes_max = 64 * 1024;
  size_t header_count_max = 100;
  uint64_t body_bytes_max = 64ull << 20;
};

enum class ParseStep : uint8_t {
  kNeedMore,  // all that can be used of the input is consumed; more must come
  kChunk,     // some of the body is there
  kDone,      // the head, or the body, is complete
  kFailed,    // failure() says why; the connection cannot be used any more
};

struct ParseFailure {
  int status = 0;       // the answer a server gives
  std::string message;  // for the client
};

}  // namespace bedplate::net::http1
