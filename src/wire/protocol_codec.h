// What a protocol does with a whole message; one constant object for each protocol.
//
// Threads: stateless.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "wire/error.h"
#include "wire/router.h"

namespace bedplate::wire {

struct ProtocolCodec {
  // Fills `object`, of match.operation's input shape. kValidation with words that name the member.
  Result<void> (*read_input)(const Match& match, const net::Request& request, std::string_view body,
                             void* object);
  // `object` is of match.operation's output shape, or null when it has none (or, for a stream,
  // when the handler set none of its members).
  net::Response (*write_output)(const Match& match, const void* object,
                                std::string_view request_id);
  net::Response (*write_error)(const WireError& error, const Service* service,
                               std::string_view request_id);

  // Of facades alone, whose bodies are their handlers' business (the first two are null).
  // The server-sent event that ends a stream which failed.
  void (*append_stream_error)(std::string& out, const WireError& error) = nullptr;
  std::string_view id_header{};  // in which clients look for the request's id (S3's do too)
};

const ProtocolCodec& CodecOf(Protocol protocol);

extern const ProtocolCodec kRestJsonCodec;
extern const ProtocolCodec kRestXmlCodec;
extern const ProtocolCodec kJsonRpcCodec;
extern const ProtocolCodec kQueryCodec;
extern const ProtocolCodec kCborCodec;
extern const ProtocolCodec kOpenAiCodec;
extern const ProtocolCodec kAnthropicCodec;

}  // namespace bedplate::wire
