// The HTTP vocabulary the rest of the server speaks. One exchange is a Request with a BodyReader
// and a Responder; whether HTTP/1.1 or HTTP/2 carried it does not show.
//
// Threads: an exchange lives on one reactor thread; nothing here is thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/task.h"

namespace bedplate::net {

// Header fields in the order they came. Names are stored in lower case; a name may repeat.
// All text lies in one buffer, so that a request costs two allocations here and not two a field.
// Views handed out are valid until the next change of this object.
class Headers {
 public:
  struct Field {
    std::string_view name;  // lower case
    std::string_view value;
  };

  class Iterator {
   public:
    using value_type = Field;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Field operator*() const { return (*owner_)[index_]; }
    Iterator& operator++() { return ++index_, *this; }
    Iterator operator++(int) { return {owner_, index_++}; }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    friend class Headers;
    Iterator(const Headers* owner, size_t index) : owner_(owner), index_(index) {}
    const Headers* owner_ = nullptr;
    size_t index_ = 0;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields);

  void Add(std::string_view name, std::string_view value);  // keeps fields of the same name
  void Set(std::string_view name, std::string_view value);  // replaces them
  void Remove(std::string_view name);
  void Clear();  // keeps the memory
  // First value of `name` (any case), or nothing. Use: if (auto value = headers.Find("x")) *value
  std::optional<std::string_view> Find(std::string_view name) const;
  bool Has(std::string_view name) const { return Find(name).has_value(); }

  Field operator[](size_t index) const;
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, spans_.size()}; }
  size_t size() const { return spans_.size(); }
  bool empty() const { return spans_.empty(); }

 private:
  struct Span {
    uint32_t name_offset, name_size, value_size;  // the value follows the name
  };
  std::string text_;
  std::vector<Span> spans_;
};

enum class HttpVersion : uint8_t { kHttp11, kHttp2 };

// A message body as it arrives. Back pressure: the reader holds a bounded amount (64 KiB or one
// flow-control window); more is taken from the peer only as chunks are taken from here.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // The next bytes, valid until the next call; empty at the end of the body. Fails with
  // kValidation when the peer broke the framing or passed a limit, kUnavailable when it left
  // before the end (a client's: cancellation may come first), kModelTimeout when it was too slow.
  virtual Task<Result<std::string_view>> Next() = 0;
  // As Next, of what has arrived already; nothing when that says nothing yet, and Next must wait.
  // Spares a stream of small chunks a coroutine for each.
  virtual std::optional<Result<std::string_view>> TryNext() { return std::nullopt; }
  // From now on the sender may be silent for up to `longest` at a time, in place of the pace that
  // is asked of bodies: a conversation waits for people. Nobody knows how long it would go on, so
  // Next fails with kUnavailable once the server is stopping. HTTP/2 only; elsewhere nothing
  // changes.
  virtual void AllowPauses(std::chrono::milliseconds /*longest*/) {}
};

// Reads the rest of a body; kValidation when it is longer than `bytes_max`.
Task<Result<std::string>> ReadAll(BodyReader& body, size_t bytes_max);

struct Request {
  std::string method;     // as sent, e.g. "POST"
  std::string target;     // origin form as sent: raw path and query, nothing decoded
  std::string authority;  // Host or :authority
  Headers headers;        // without HTTP/2 pseudo fields; over HTTP/2 "host" is not added
  HttpVersion version = HttpVersion::kHttp11;
  bool tls = false;
  std::string peer;                        // address:port of the client, or "unix", for the log
  BodyReader* body = nullptr;              // never null inside a handler
  std::optional<uint64_t> content_length;  // as declared; checked against the body that comes
};

struct Response {
  int status = 200;
  Headers
      headers{};  // content-length, connection, transfer-encoding and date are the server's work
  std::string body{};
};

// Where a handler answers. Exactly one of Send, or Start + Write* + Finish. If the handler
// returns without finishing a started response, the connection (HTTP/1.1) or stream (HTTP/2) is
// reset, so that the client sees a cut and never a false end. If it answers nothing, the client
// gets a 500. The answer to HEAD and statuses without a body lose their body here.
//
// Small writes are gathered: what is written before the reactor's next turn leaves in one packet.
// Nothing waits longer than that.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual Task<Result<void>> Send(Response response) = 0;
  virtual Task<Result<void>> Start(int status, Headers headers) = 0;
  // Completes when the bytes are accepted by flow control (`bytes` may go then); kUnavailable when
  // the client left.
  virtual Task<Result<void>> Write(std::string_view bytes) = 0;
  // As Write, when it need not wait; nothing when it must, and then nothing was written. Spares a
  // stream of small pieces a coroutine for each.
  virtual std::optional<Result<void>> TryWrite(std::string_view /*bytes*/) { return std::nullopt; }
  virtual Task<Result<void>> Finish() = 0;
};

// Answers exchanges. Handle runs on the connection's reactor thread, concurrently with others of
// the same thread at await points and with other threads in parallel. It is cancelled (net/task.h
// says what that means) the moment the client leaves.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Task<void> Handle(Request& request, Responder& responder) = 0;
};

}  // namespace bedplate::net
