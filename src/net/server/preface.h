// Tells HTTP/2 by prior knowledge from HTTP/1.1 on the same port, by a connection's first bytes.
//
// Threads: the connection's reactor.
#pragma once

#include <chrono>
#include <string_view>

#include "net/io/byte_stream.h"
#include "net/io/waiter.h"
#include "net/task.h"
#include "net/ticker.h"

namespace bedplate::net {

// spec: RFC 9113 3.4
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

class Preface final : private ByteStreamEvents, private Ticker::Entry {
 public:
  // Waits `idle` for the first byte (and the end of a TLS handshake) and `head` from there on.
  Preface(Ticker& ticker, ByteStream& stream, std::chrono::milliseconds idle,
          std::chrono::milliseconds head);
  ~Preface() override;

  // Whether the client speaks HTTP/2; consumes nothing. The stream is closed when it stayed
  // silent for too long.
  Task<bool> IsHttp2();

 private:
  void OnInput() override { waiter_.NotifyNow(); }
  void OnOutput() override {}
  void OnDeadline() override;

  ByteStream& stream_;
  std::chrono::milliseconds head_;
  Waiter waiter_;
};

}  // namespace bedplate::net
