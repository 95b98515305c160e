#include "gateway/event_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/authenticate.h"

namespace bedplate::gateway {
namespace {

namespace sigv4 = wire::sigv4;
using sigv4::PayloadKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

Step CheckEventInput(const Passage& passage) {
  const auto& operation = *passage.match.operation;
  if (passage.request.version != net::HttpVersion::kHttp2) {
    return std::unexpected(wire::ToWireError(
        &operation,
        {.fault = Fault::kValidation,
         .message = fmt::format("{} needs HTTP/2, over which events go both ways at the same time. "
                                "The request came over HTTP/1.1.",
                                operation.name)}));
  }
  if (!passage.proof) return {};  // a bearer key covers nothing
  const auto kind = passage.proof->payload.kind;
  if (kind == PayloadKind::kEvents || kind == PayloadKind::kUnsigned) return {};
  return std::unexpected(ToWireError(
      sigv4::AuthError{.fault = sigv4::AuthFault::kInvalidSignature,
                       .message = fmt::format("x-amz-content-sha256 of {} must be "
                                              "STREAMING-AWS4-HMAC-SHA256-EVENTS or "
                                              "UNSIGNED-PAYLOAD: its body is never whole.",
                                              operation.name)}));
}

std::optional<wire::SignedEvents> SigningOf(const Passage& passage, const Clock& clock) {
  if (!passage.proof || passage.proof->payload.kind != PayloadKind::kEvents) return std::nullopt;
  const sigv4::Claim& claim = passage.proof->claim;
  return wire::SignedEvents({passage.proof->key, claim.scope, claim.signature}, claim.date, clock);
}

EventBody::EventBody(Passage& passage, const Limits& limits, BodyBudget& budget, const Clock& clock)
    : passage_(passage),
      limits_(limits),
      budget_(budget),
      clock_(clock),
      began_(clock.Monotonic()) {}

net::Task<Result<std::string_view>> EventBody::Next() {
  const auto left = limits_.duration_max - (clock_.Monotonic() - began_);
  if (left <= left.zero()) co_return Overdue();
  const auto pause_max = std::min(limits_.pause_max, std::chrono::ceil<milliseconds>(left));
  passage_.request.body->AllowPauses(pause_max);
  const auto bytes = co_await passage_.request.body->Next();
  if (!bytes && bytes.error().fault == Fault::kModelTimeout) {
    if (pause_max < limits_.pause_max) co_return Overdue();
    co_return Fail(Fault::kModelTimeout,
                   fmt::format("No event came for {} s, the longest that a client may be silent.",
                               std::chrono::ceil<seconds>(pause_max).count()));
  }
  if (!bytes) co_return std::unexpected(bytes.error());
  passage_.event_bytes += bytes->size();
  if (passage_.event_bytes > limits_.bytes_max) {
    co_return Fail(
        Fault::kValidation,
        fmt::format("The events of one request may have {} bytes together.", limits_.bytes_max));
  }
  // Whoever takes the events keeps what they say.
  if (auto room = budget_.Grow(passage_.body_share, passage_.event_bytes); !room) {
    co_return Fail(Fault::kThrottling, std::move(room.error().message));
  }
  co_return *bytes;
}

std::unexpected<Error> EventBody::Overdue() const {
  return Fail(Fault::kModelTimeout,
              fmt::format("The stream has been open for {} s, the longest that one may be. Open "
                          "another.",
                          std::chrono::ceil<seconds>(limits_.duration_max).count()));
}

}  // namespace bedplate::gateway
