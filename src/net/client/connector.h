// Opens connections for the client.
//
// Threads: the calling reactor's.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "net/client.h"
#include "net/io/byte_stream.h"
#include "net/io/tls_context.h"
#include "net/reactors.h"

namespace bedplate::net {

// Connects to `endpoint` within `patience`: kUnavailable when nobody listens or the name is
// unknown, kModelTimeout when it takes too long. The TLS handshake goes on with the first request.
Task<Result<std::shared_ptr<ByteStream>>> Connect(Reactor& reactor, const Endpoint& endpoint,
                                                  const TlsContext& tls,
                                                  std::chrono::milliseconds patience);

// "host:port" or the socket's path, for messages.
std::string Describe(const Endpoint& endpoint);

}  // namespace bedplate::net
