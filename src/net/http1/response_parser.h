// Parses HTTP/1.1 responses from a buffer that grows. As strict as RequestParser.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "net/http.h"
#include "net/http1/parse_step.h"

namespace bedplate::net::http1 {

class ResponseParser {
 public:
  explicit ResponseParser(ParseLimits limits);
  ~ResponseParser();

  // Starts a new response; `answers_head`: it has no body whatever its head says.
  void Begin(bool answers_head);

  // As RequestParser's.
  ParseStep ParseHead(std::string_view input, size_t& consumed);
  ParseStep ParseBody(std::string_view input, size_t& consumed, std::string_view& chunk);
  // The connection has ended: kDone when that is how the body ends, kFailed when it is cut.
  ParseStep ParseEnd();

  const ParseFailure& failure() const;
  int status() const;
  Headers& headers();
  bool body_done() const;
  bool keep_alive() const;  // after the body, the connection can be used again

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bedplate::net::http1
