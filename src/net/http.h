// The HTTP vocabulary the rest of the server speaks. One exchange is a Request with a BodyReader
// and a Responder; whether HTTP/1.1 or HTTP/2 carried it does not show.
//
// Threads: an exchange lives on one reactor thread; nothing here is thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/task.h"

namespace bedplate::net {

// Header fields in the order they came. Names are stored in lower case; a name may repeat.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  void Add(std::string_view name, std::string_view value);  // keeps fields of the same name
  void Set(std::string_view name, std::string_view value);  // replaces them
  void Remove(std::string_view name);
  // First value of `name` (any case), or nullptr.
  const std::string* Find(std::string_view name) const;

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

enum class HttpVersion : uint8_t { kHttp11, kHttp2 };

// A message body as it arrives. Back pressure: nothing more is read from the peer until the
// chunk handed out has been taken.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // The next bytes, valid until the next call; empty at the end of the body. Fails with
  // kValidation when the peer broke the framing or passed a limit, kUnavailable when it left.
  virtual Task<Result<std::string_view>> Next() = 0;
};

// Reads the rest of a body; kValidation when it is longer than `bytes_max`.
Task<Result<std::string>> ReadAll(BodyReader& body, size_t bytes_max);

struct Request {
  std::string method;     // as sent, e.g. "POST"
  std::string target;     // origin form as sent: raw path and query, nothing decoded
  std::string authority;  // Host or :authority
  Headers headers;
  HttpVersion version = HttpVersion::kHttp11;
  bool tls = false;
  std::string peer;            // address:port of the client, for the log
  BodyReader* body = nullptr;  // never null inside a handler
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

// Where a handler answers. Exactly one of Send, or Start + Write* + Finish. If the handler
// returns without finishing a started response, the connection (HTTP/1.1) or stream (HTTP/2) is
// reset, so that the client sees a cut and never a false end.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual Task<Result<void>> Send(Response response) = 0;
  virtual Task<Result<void>> Start(int status, Headers headers) = 0;
  // Completes when the bytes are accepted by flow control; kUnavailable when the client left.
  virtual Task<Result<void>> Write(std::string_view bytes) = 0;
  virtual Task<Result<void>> Finish() = 0;
};

// Answers exchanges. Handle runs on the connection's reactor thread, concurrently with others of
// the same thread at await points and with other threads in parallel. It is cancelled (asio
// terminal cancellation) the moment the client leaves.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Task<void> Handle(Request& request, Responder& responder) = 0;
};

}  // namespace bedplate::net
