// Parses HTTP/1.1 requests, one after the other, from a buffer that grows.
//
// spec: RFC 9112. Stricter where leniency lets two servers see two messages: bare line feeds,
// folded fields, blanks before a colon, repeated Content-Length, Content-Length beside
// Transfer-Encoding and every transfer coding but "chunked" are refused.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "net/http1/parse_step.h"

namespace bedplate::net::http1 {

class RequestParser {
 public:
  explicit RequestParser(ParseLimits limits);
  ~RequestParser();

  // Starts a new request, which is filled in as its head is parsed. `request` outlives the parse.
  void Begin(Request& request);

  // Parses from the start of `input`; `consumed` bytes of it are not to be given again.
  // kDone: the request is whole but for its body.
  ParseStep ParseHead(std::string_view input, size_t& consumed);
  // kChunk: `chunk` is a view of the next body bytes in `input`. kDone: the body has ended.
  ParseStep ParseBody(std::string_view input, size_t& consumed, std::string_view& chunk);

  const ParseFailure& failure() const;
  bool started() const;     // some of the head has been consumed
  bool body_done() const;   // nothing of the request is to come any more
  bool keep_alive() const;  // the client wants to use the connection again
  bool http10() const;
  bool expects_continue() const;
  // The HTTP2-Settings of a well-formed wish to upgrade to h2c.
  std::optional<std::string_view> http2_settings() const;
  // Of the body, where the framing says so.
  std::optional<uint64_t> body_bytes_left() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bedplate::net::http1
