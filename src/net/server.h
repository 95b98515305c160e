// The HTTP server: HTTP/1.1, HTTP/2 (h2c by prior knowledge, by upgrade, ALPN under TLS) on TCP
// and Unix sockets, in front of one Handler.
//
// Threads: Server is used from one thread that is no reactor (main, a test). The handler runs on
// the reactors.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "net/reactors.h"

namespace bedplate::net {

// Bounds on everything an outsider can make the server hold or wait for.
struct ServerLimits {
  size_t connections_max = 10'000;          // one more gets 503 and is closed
  size_t header_bytes_max = 64 * 1024;      // request line and header fields together: 431
  size_t header_count_max = 100;            // 431
  uint64_t body_bytes_max = 64ull << 20;    // 413; a handler's own, lower limit is ReadAll's
  size_t discard_bytes_max = 256 * 1024;    // of an unread body, to keep an HTTP/1.1 connection
  uint64_t linger_bytes_max = 64ull << 20;  // of an unread body after an answer that closes
  size_t write_buffer_bytes = 64 * 1024;    // a response waits for the client beyond this

  std::chrono::milliseconds idle{75'000};    // a connection without a request: closed
  std::chrono::milliseconds head{15'000};    // from first byte to whole head (or TLS): 408
  std::chrono::milliseconds linger{10'000};  // how long an unread body is taken after the answer
  // A peer that we wait for (its body, or its reading of ours) must move this many bytes in each
  // window, or the exchange ends: 408 while reading, a reset while writing.
  std::chrono::milliseconds slow_window{20'000};
  size_t slow_bytes_min = 4'800;

  uint32_t streams_max = 128;                 // concurrent, for each HTTP/2 connection
  uint32_t stream_window_bytes = 256 * 1024;  // request body held for each stream at most
  // Control frames a client may send in ten seconds beyond those that answer ours (RST_STREAM,
  // PING, SETTINGS, PRIORITY, empty DATA, CONTINUATION): more is a flood, GOAWAY.
  uint32_t control_frames_max = 1'000;
};

struct TlsOptions {
  std::string certificate_file;  // PEM, the chain, leaf first
  std::string key_file;          // PEM
};

// The body (and headers such as content-type) of an answer the server gives without the handler:
// 400, 408, 413, 417, 431, 500, 501, 503. `message` says what is wrong, for the client.
// Runs on any reactor thread.
using ErrorAnswer = std::function<Response(int status, std::string_view message)>;

struct ServerOptions {
  ServerLimits limits{};
  std::optional<TlsOptions> tls{};  // for TCP listeners; TLS 1.2 or newer
  ErrorAnswer error_answer{};       // empty: text/plain with the message
  bool http2 = true;
  // A client that has shut its sending side has left: its exchange is cancelled. Off, it is
  // answered and then closed (a client that left entirely is then seen at the next write).
  bool half_close_is_leaving = true;
};

// What the server is doing now; any thread.
struct ServerCounts {
  size_t connections = 0;
  size_t exchanges = 0;   // handlers running
  uint64_t accepted = 0;  // connections since start
  uint64_t refused = 0;   // over connections_max
};

class Server {
 public:
  // `reactors` and `handler` outlive the server, and the reactors run until it is gone.
  Server(Reactors& reactors, Handler& handler, ServerOptions options = {});
  ~Server();  // closes everything at once; Drain first for a graceful stop

  // Accepts from now on. `host` is a literal address or "localhost"; port 0 picks a free one.
  // Returns the port. kValidation for a bad address or unusable TLS files, kUnavailable when the
  // port is taken; messages name host, port and reason.
  Result<uint16_t> ListenTcp(std::string_view host, uint16_t port);
  // A socket file left behind by a dead server is replaced; one that answers is kUnavailable.
  Result<void> ListenUnix(const std::string& path, unsigned mode = 0600);

  // Graceful stop: running exchanges finish until `patience` is over, then they are cancelled; new
  // requests meanwhile get 503 with connection: close (HTTP/2: GOAWAY), on new connections too.
  // Listening ends with the last exchange. Returns whether all finished by themselves, with every
  // connection closed.
  bool Drain(std::chrono::milliseconds patience);

  ServerCounts Counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bedplate::net
