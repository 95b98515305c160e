// What a handler knows of the request it serves beyond its input, and where a streaming handler
// puts its events.
//
// Threads: a Call and an EventSink live on the reactor thread of their request.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/task.h"

namespace bedplate::wire {

// What a handler adds to the request's line in the access log: a text, or a number without one.
struct Note {
  std::string_view name;
  std::string text{};
  int64_t number = 0;
};

class Permission;

struct Call {
  std::string request_id{};
  std::string account{};  // 12 digits
  std::string region{};
  std::string principal_arn{};
  // Who calls: the gateway's account::Principal, for the few services that need more than its ARN;
  // null for nobody.
  std::shared_ptr<const void> principal{};
  std::string_view service{};    // "bedrock-runtime"
  std::string_view operation{};  // "Converse"
  // What the caller may (wire/permits.h). Null in tests of handlers alone: then nothing is asked.
  Permission* permission = nullptr;
  // When the answer is of no more use; time_point::max() when the caller set no limit. Nothing
  // cancels the handler at this time: it is told so that it can decide itself.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  // The model that the body names, where the path names none; for the access log.
  mutable std::string model_id{};
  // Added to the answer. A streaming handler adds before its first Open or Emit.
  mutable std::vector<std::pair<std::string, std::string>> response_headers{};
  mutable int response_status = 0;  // of a success, in the model's place; 0: the model's
  mutable std::vector<Note> notes{};
};

// The way of events to the client. Nothing is sent before the first Open or Emit, so an error
// that the handler returns before is an ordinary HTTP error; one returned later becomes an
// exception event that ends the stream.
//
// Event is the union of the model's events, Output the structure that holds the stream.
template <class Event, class Output>
class EventSink {
 public:
  virtual ~EventSink() = default;
  // Sends the members of `output` that are not the stream (headers, as a rule). Optional, once,
  // before the first Emit.
  virtual net::Task<Result<void>> Open(const Output& output) = 0;
  // Sends one event; exactly one member of `event` is set. Completes when the client's flow
  // control took it; kUnavailable when the client left.
  virtual net::Task<Result<void>> Emit(const Event& event) = 0;
  // As Emit, when it need not wait; nothing when it must, and then nothing was sent.
  virtual std::optional<Result<void>> TryEmit(const Event& /*event*/) { return std::nullopt; }
};

// The events of a client that sends them while it is answered; each was validated against the
// model. Event is the union of the input's events.
template <class Event>
class EventSource {
 public:
  virtual ~EventSource() = default;
  // The next event; exactly one of its members is set. Nothing when the client has sent all.
  // kValidation for what is no event, kAccessDenied for one that its sender did not sign in this
  // place, kModelTimeout when none came in time, kUnavailable when the server stops or the client
  // left. No event follows a failure.
  virtual net::Task<Result<std::optional<Event>>> Next() = 0;
};

// The payload of a request whose model streams it, freed of what frames and signs it. Back
// pressure: no more is taken from the client than is taken from here.
class BodySource {
 public:
  virtual ~BodySource() = default;
  // The length that the client declared of what Next gives; nothing when it declared none.
  virtual std::optional<uint64_t> size() const = 0;
  // The next bytes, valid until the next call; empty at the end, which is told once everything
  // that the request's signature says of the body was found true: until then, keep nothing for
  // good. kValidation for a body that is cut, too long or not what was signed, kAccessDenied for a
  // chunk that nobody signed, kModelTimeout when it came too slowly, kUnavailable when the client
  // left. Nothing follows a failure.
  virtual net::Task<Result<std::string_view>> Next() = 0;
  // A field that came behind the body, by its name in lower case; after the end. What it says of
  // the content (x-amz-checksum-*) is the handler's to check.
  virtual std::optional<std::string_view> Trailer(std::string_view name) const = 0;
  // The names of such fields that the request announces, "a,b".
  virtual std::string_view announced() const { return {}; }
};

// The way of a payload that the model streams to the client. As with EventSink, an error before
// Open is an ordinary one; a failure later cuts the answer, so that it is not taken for whole.
template <class Output>
class BodySink {
 public:
  virtual ~BodySink() = default;
  // Once, before the first Write: the other members of `output`, and how many bytes will come.
  virtual net::Task<Result<void>> Open(const Output& output, uint64_t bytes) = 0;
  // Completes when the client's flow control took the bytes; kUnavailable when the client left.
  virtual net::Task<Result<void>> Write(std::string_view bytes) = 0;
};

}  // namespace bedplate::wire
