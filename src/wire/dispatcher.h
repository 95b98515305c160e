// Carries a routed, authenticated request with its whole body to its handler and the answer back:
// decode, validate, call, encode. Everything that goes wrong is answered here as a modelled error.
//
// Threads: Register before serving; Dispatch from any reactor.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/http.h"
#include "wire/call.h"
#include "wire/error.h"
#include "wire/input_events.h"
#include "wire/operation.h"
#include "wire/router.h"

namespace bedplate::wire {

// What became of a request, for the access log and the metrics.
struct Outcome {
  int status = 0;            // HTTP status sent; 0 when the client left before one was
  std::string error_type{};  // "ValidationException"; empty on success
  std::string error_message{};
  bool streamed = false;  // an event stream was begun; error_type then tells how it ended
  uint64_t events = 0;
};

class Dispatcher {
 public:
  // `handler` serves the operations of `service`; it is the generated Handler class, and the
  // generated `Register(Dispatcher&, Handler&)` is the typed way to call this. Must outlive this.
  void Register(const Service& service, void* handler);

  // Answers through `responder`, always exactly once, unless the client left. `body` is whole,
  // verified and not content-encoded. Cancellation passes through to the handler. `events`: the
  // input of an operation that takes it as events, whose body is empty; likewise `source`, the
  // payload of one that streams it.
  net::Task<Outcome> Dispatch(const Match& match, const Call& call, const net::Request& request,
                              std::string_view body, net::Responder& responder,
                              InputEvents* events = nullptr, BodySource* source = nullptr) const;

 private:
  std::unordered_map<const Service*, void*> handlers_;
};

}  // namespace bedplate::wire
