#include "wire/dispatcher.h"

#include <fmt/format.h>

#include <exception>

#include "base/log.h"
#include "net/cancelled.h"
#include "wire/exchange.h"

namespace bedplate::wire {
namespace {

// Runs the handler. An exception is a bug of ours or of a library (out of memory, say); it costs
// this request and no other. Cancellation passes through.
net::Task<Result<void>> InvokeGuarded(const Operation& operation, void* handler, const Call& call,
                                      Exchange& exchange) {
  try {
    co_return co_await operation.invoke(handler, call, exchange);
  } catch (const std::exception& exception) {
    if (net::IsCancelled(exception)) throw;
    log::Error("wire", "a handler threw",
               {{"operation", operation.name},
                {"request_id", call.request_id},
                {"exception", exception.what()}});
  }
  co_return Fail(Fault::kInternal, "The server failed on this request");
}

}  // namespace

void Dispatcher::Register(const Service& service, void* handler) { handlers_[&service] = handler; }

net::Task<Outcome> Dispatcher::Dispatch(const Match& match, const Call& call,
                                        const net::Request& request, std::string_view body,
                                        net::Responder& responder, InputEvents* events,
                                        BodySource* source) const {
  Exchange exchange(match, call, request, body, events, responder, source);
  const Operation& operation = *match.operation;
  const auto handler = handlers_.find(match.service);
  Result<void> done;
  if (!operation.served() || handler == handlers_.end()) {
    done = Fail(Fault::kNotImplemented, fmt::format("{} of {} is not implemented yet",
                                                    operation.name, match.service->name));
  } else {
    done = co_await InvokeGuarded(operation, handler->second, call, exchange);
  }
  Outcome outcome;
  if (!done) {
    const WireError error = exchange.ErrorOf(done.error());
    outcome.error_type = error.type;
    outcome.error_message = error.message;
    co_await exchange.SendError(error);  // a client that left needs no answer
  }
  outcome.status = exchange.status();
  outcome.streamed = exchange.stream_open();
  outcome.events = exchange.events();
  co_return outcome;
}

}  // namespace bedplate::wire
