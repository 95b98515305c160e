// What an operation of a facade works with. A facade is an API of another provider that Bedrock
// serves beside its own; no service model has it, so its handlers read and write JSON bodies and
// server-sent events themselves. Routes, keys, limits and records are those of all operations.
//
// An error that a handler returns is answered in the facade's words; once a stream is open, as the
// event that ends it.
//
// Threads: lives on the reactor thread of its request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "net/task.h"
#include "wire/exchange.h"
#include "wire/uri.h"

namespace bedplate::wire {

class FacadeExchange {
 public:
  explicit FacadeExchange(Exchange& exchange) : exchange_(exchange) {}

  std::string_view body() const { return exchange_.body(); }
  std::optional<std::string_view> Header(std::string_view name) const {
    return exchange_.request().headers.Find(name);
  }
  // The raw value of a parameter of the query.
  std::optional<std::string_view> Query(std::string_view name) const {
    return FindParameter(SplitTarget(exchange_.request().target).query, name);
  }
  // The text that stands for the path's only label; kValidation when its escapes are wrong.
  Result<std::string> Label() const {
    std::string text;
    if (AppendPercentDecoded(text, exchange_.match().labels.values[0], false)) return text;
    return Fail(Fault::kValidation, "The path holds an escape that is none");
  }

  // What the error that the handler returns says beside its message; for protocols that have a
  // place for it.
  void Explain(std::string code, std::string member) {
    exchange_.Explain(std::move(code), std::move(member));
  }

  // The whole answer.
  net::Task<Result<void>> SendJson(std::string json) { return exchange_.SendJson(std::move(json)); }
  // Server-sent events, `count` of them, already framed. The first call begins the answer. The
  // stream ends when the handler returns.
  net::Task<Result<void>> WriteEvents(std::string_view events, uint64_t count) {
    return exchange_.WriteEvents(events, count);
  }
  // As WriteEvents, when it need not wait; nothing when it must, and then nothing was sent.
  std::optional<Result<void>> TryWriteEvents(std::string_view events, uint64_t count) {
    return exchange_.TryWriteEvents(events, count);
  }

 private:
  Exchange& exchange_;
};

}  // namespace bedplate::wire
