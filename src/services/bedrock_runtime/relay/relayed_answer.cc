#include "services/bedrock_runtime/relay/relayed_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json/value.h"
#include "base/log.h"
#include "services/bedrock_runtime/relay/relayed_trace.h"
#include "services/bedrock_runtime/relay/relayed_usage.h"
#include "wire/error.h"
#include "wire/event_frame.h"
#include "wire/event_stream.h"

namespace bedplate::services::bedrock_runtime {
namespace {

constexpr size_t kAnswerBytesMax = 64 << 20;
constexpr size_t kErrorBytesMax = 64 << 10;

bool IsPassedBack(std::string_view header) {
  return header == "content-type" || header == "retry-after" || header == "x-amzn-errortype" ||
         header.starts_with("x-amzn-bedrock-");
}

// From the header, "ValidationException:http://…", or `__type` of the body, "aws.x#Validation…".
std::string ErrorTypeOf(const net::ClientResponse& response, std::string_view body) {
  std::string type(response.headers.Find("x-amzn-errortype").value_or(""));
  if (type.empty()) {
    const auto root = json::Value::Parse(body);
    const json::Value* named = root ? root->Find("__type") : nullptr;
    if (named != nullptr && named->AsString() != nullptr) type = *named->AsString();
  }
  type = type.substr(0, type.find(':'));
  return type.substr(type.rfind('#') + 1);  // npos + 1 is 0
}

// The words of errors in the network, as model_client says them of other servers.
Error Explain(Fault fault) {
  switch (fault) {
    case Fault::kModelTimeout:
      return {.fault = fault,
              .message = "The model timed out in processing the request. Try your request again."};
    case Fault::kUnavailable:
      return {.fault = fault,
              .message =
                  "The Amazon Bedrock that this model is bound to can't be reached. Try your "
                  "request again."};
    default:
      return {.fault = Fault::kModelError,
              .message =
                  "The Amazon Bedrock that this model is bound to sent an answer that can't "
                  "be read."};
  }
}

}  // namespace

void RelayedAnswer::LogFailure(std::string_view what) const {
  log::Warning(
      "relay", "an exchange with Amazon Bedrock failed",
      {{"request_id", call_.request_id}, {"operation", match_.operation->name}, {"error", what}});
}

net::Headers RelayedAnswer::HeadersFrom(const net::Headers& theirs) const {
  net::Headers headers;
  headers.Add("x-amzn-requestid", call_.request_id);
  for (const auto [name, value] : theirs) {
    if (IsPassedBack(name)) headers.Add(name, value);
  }
  return headers;
}

net::Task<wire::Outcome> RelayedAnswer::Refuse(const Error& error) {
  const wire::WireError wire_error = wire::ToWireError(match_.operation, error);
  (void)co_await responder_.Send(
      wire::ErrorResponse(match_.protocol, wire_error, call_.request_id, match_.service));
  outcome_.status = wire_error.status;
  outcome_.error_type = wire_error.type;
  outcome_.error_message = wire_error.message;
  co_return outcome_;
}

net::Task<wire::Outcome> RelayedAnswer::FailOnNetwork(const Error& error) {
  LogFailure(error.message);
  co_return co_await Refuse(Explain(error.fault));
}

net::Task<wire::Outcome> RelayedAnswer::Pass(net::ClientResponse response, Counter count,
                                             std::string routed_to) {
  count_ = std::move(count);
  routed_to_ = std::move(routed_to);
  if (const auto theirs = response.headers.Find("x-amzn-requestid")) {
    log::Debug("relay", "Amazon Bedrock answered",
               {{"request_id", call_.request_id},
                {"bedrock_request_id", *theirs},
                {"status", response.status}});
  }
  if (response.status < 200 || response.status > 299) {
    co_return co_await PassError(std::move(response));
  }
  const std::string type(response.headers.Find("content-type").value_or(""));
  const bool streams = wire::FindEventStream(*match_.operation->output) != nullptr;
  const bool takes_any = match_.operation->name == "InvokeModel";
  const std::string_view expected =
      streams ? wire::event_stream::kContentType : std::string_view("application/json");
  if (!takes_any && !type.starts_with(expected)) {
    LogFailure(
        fmt::format("an answer of the type '{}' in place of {}", type.substr(0, 64), expected));
    co_return co_await Refuse(Explain(Fault::kModelError));
  }
  if (streams) co_return co_await PassStream(std::move(response));
  co_return co_await PassWhole(std::move(response));
}

net::Task<wire::Outcome> RelayedAnswer::PassError(net::ClientResponse response) {
  auto body = co_await net::ReadAll(*response.body, kErrorBytesMax);
  std::string type = ErrorTypeOf(response, body ? *body : std::string());
  const bool declared = std::ranges::any_of(
      match_.operation->errors, [&](const wire::Shape* shape) { return shape->name == type; });
  // Who may not use the model is this server, whose name is in the words.
  if (body && declared && type != "AccessDeniedException") {
    outcome_.status = response.status;
    outcome_.error_type = std::move(type);
    net::Response answer{.status = response.status,
                         .headers = HeadersFrom(response.headers),
                         .body = std::move(*body)};
    answer.headers.Set("x-amzn-errortype", outcome_.error_type);
    (void)co_await responder_.Send(std::move(answer));
    co_return outcome_;
  }
  // Not its words: those about a wrong signature hold the session's token.
  const std::string named = type.empty() ? "" : ", " + type.substr(0, 64);
  LogFailure(fmt::format("HTTP {}{}", response.status, named));
  co_return co_await Refuse(
      {.fault = response.status == 503 ? Fault::kUnavailable : Fault::kModelError,
       .message =
           fmt::format("The Amazon Bedrock that this model is bound to refused this server's "
                       "request (HTTP {}{}).",
                       response.status, named),
       .upstream_status = response.status});
}

void RelayedAnswer::CountUse(const std::optional<runtime::TokenUsage>& usage) const {
  if (usage) count_(*usage);
}

net::Task<wire::Outcome> RelayedAnswer::PassWhole(net::ClientResponse response) {
  auto body = co_await net::ReadAll(*response.body, kAnswerBytesMax);
  if (!body) co_return co_await FailOnNetwork(body.error());
  outcome_.status = response.status;
  const bool native = match_.operation->name == "InvokeModel";
  CountUse(native ? UsageOfHeaders(response.headers) : UsageOfAnswer(*body));
  if (!native && !routed_to_.empty()) AddRoute(*body, routed_to_);
  net::Response answer{.status = response.status,
                       .headers = HeadersFrom(response.headers),
                       .body = std::move(*body)};
  for (const auto& [name, value] : call_.response_headers) answer.headers.Set(name, value);
  (void)co_await responder_.Send(std::move(answer));
  co_return outcome_;
}

net::Task<wire::Outcome> RelayedAnswer::PassStream(net::ClientResponse response) {
  outcome_.status = response.status;
  outcome_.streamed = true;
  auto started = co_await responder_.Start(response.status, HeadersFrom(response.headers));
  if (!started) co_return outcome_;  // the client left
  std::string pending;
  std::string wrong;
  while (wrong.empty()) {
    const auto bytes = co_await response.body->Next();
    if (!bytes) {
      wrong = bytes.error().message;
    } else if (bytes->empty()) {
      if (!pending.empty()) wrong = "the stream ends within a frame";
      break;
    } else {
      pending += *bytes;
      const auto written = co_await WriteFrames(pending);
      if (client_left_) co_return outcome_;
      if (!written) wrong = written.error().message;
    }
  }
  if (wrong.empty()) {
    CountUse(UsageOfFrame(last_frame_));
    (void)co_await responder_.Finish();
  } else {
    LogFailure(wrong);
    co_await EndWithException();
  }
  co_return outcome_;
}

net::Task<Result<void>> RelayedAnswer::WriteFrames(std::string& pending) {
  size_t at = 0;
  while (at < pending.size()) {
    const std::string_view rest = std::string_view(pending).substr(at);
    const auto size = wire::event_stream::FrameBytes(rest);
    if (!size) co_return std::unexpected(size.error());
    if (!*size) break;
    last_frame_ = rest.substr(0, **size);
    if (!routed_to_.empty()) AddRouteToFrame(last_frame_, routed_to_);
    auto sent = co_await responder_.Write(last_frame_);
    client_left_ = !sent;
    if (!sent) co_return sent;
    ++outcome_.events;
    at += **size;
  }
  pending.erase(0, at);
  co_return Result<void>();
}

net::Task<void> RelayedAnswer::EndWithException() {
  const Error error{
      .fault = Fault::kModelStreamError,
      .message = "An error occurred while streaming the response. Retry your request."};
  const wire::Shape& stream = *wire::FindEventStream(*match_.operation->output)->shape;
  const wire::WireError wire_error = wire::ToStreamError(*match_.operation, stream, error);
  outcome_.error_type = wire_error.type;
  outcome_.error_message = wire_error.message;
  std::string frame;
  auto sent = wire::AppendErrorFrame(match_.protocol, stream, wire_error, frame);
  if (sent) sent = co_await responder_.Write(frame);
  if (sent) (void)co_await responder_.Finish();
}

}  // namespace bedplate::services::bedrock_runtime
