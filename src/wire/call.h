// What a handler knows of the request it serves beyond its input, and where a streaming handler
// puts its events.
//
// Threads: a Call and an EventSink live on the reactor thread of their request.
#pragma once

#include <chrono>
#include <cstdint>
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

struct Call {
  std::string request_id{};
  std::string account{};  // 12 digits
  std::string region{};
  std::string principal_arn{};
  std::string_view service{};    // "bedrock-runtime"
  std::string_view operation{};  // "Converse"
  // When the answer is of no more use; time_point::max() when the caller set no limit. Nothing
  // cancels the handler at this time: it is told so that it can decide itself.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  // The model that the body names, where the path names none; for the access log.
  mutable std::string model_id{};
  // Added to the answer. A streaming handler adds before its first Open or Emit.
  mutable std::vector<std::pair<std::string, std::string>> response_headers{};
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

}  // namespace bedplate::wire
