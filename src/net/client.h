// The HTTP/1.1 client: to engines over Unix sockets and to upstream URLs over TCP and TLS.
//
// Threads: one HttpClient serves all reactors at once (each keeps its own pool of kept-alive
// connections); Send is called on a reactor, and the response lives on that reactor.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "net/reactors.h"

namespace bedplate::net {

// Where requests go.
struct Endpoint {
  enum class Kind : uint8_t { kTcp, kTls, kUnix };
  Kind kind = Kind::kTcp;
  std::string host;  // also the Host header and, under TLS, the name to verify
  uint16_t port = 80;
  std::string path;       // of the Unix socket
  std::string base_path;  // of a URL, without trailing slash; put before each target

  // "http://host[:port][/path]", "https://…" or "unix:/path/to/socket". kValidation otherwise.
  static Result<Endpoint> Parse(std::string_view url);
};

// What requests to an endpoint say in their Host header.
std::string HostField(const Endpoint& endpoint);

struct HttpClientOptions {
  std::chrono::milliseconds connect{5'000};      // name, connection and TLS
  std::chrono::milliseconds idle{600'000};       // no byte moves while a response is awaited
  std::chrono::milliseconds total{0};            // whole exchange, 0: none
  std::chrono::milliseconds keep_alive{30'000};  // an unused connection is kept this long
  // Kept for each reactor: as many as were in use at once, or requests connect again and again.
  size_t idle_connections_max = 1'024;
  size_t header_bytes_max = 64 * 1024;
  size_t header_count_max = 200;
  std::string tls_ca_file;  // empty: the system's
  bool tls_verify = true;
};

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, already encoded
  Headers headers{};         // host, content-length and connection are the client's work
  std::string body{};
  // May be sent again when a kept-alive connection turns out dead before any byte of an answer.
  // GET, HEAD, PUT, DELETE and OPTIONS always may.
  bool replayable = false;
  std::chrono::milliseconds total{0};  // this exchange's deadline, 0: the client's
};

// The head has arrived; the body is read as it comes. Destroying it before the end of the body
// closes the connection (that is how a request is cancelled); after the end the connection goes
// back to the pool.
struct ClientResponse {
  int status = 0;
  Headers headers{};
  std::unique_ptr<BodyReader> body{};  // never null
};

// Faults of Send and of the body's Next: kUnavailable (cannot connect, or it closed the connection
// before the end), kModelTimeout (connect, idle or total time is over), kModelError (it broke HTTP
// or passed a limit). Every status is a response, not an error.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual Task<Result<ClientResponse>> Send(ClientRequest request) = 0;
};

// kValidation when the TLS files cannot be used. `reactors` outlives the client; the client is
// destroyed when none of its responses lives and either the reactors are stopped or no Send runs.
Result<std::unique_ptr<HttpClient>> MakeHttpClient(Reactors& reactors, Endpoint endpoint,
                                                   HttpClientOptions options = {});

}  // namespace bedplate::net
