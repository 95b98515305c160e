#include "models/protocol/upstream_error.h"

#include <fmt/format.h>

#include <charconv>
#include <string>

#include "base/json/value.h"

namespace bedplate::models {
namespace {

constexpr size_t kDetailBytesMax = 1024;  // of a foreign message that we hand on
constexpr int kRetryAfterSecondsMax = 3600;

struct Said {
  std::string message;
  std::string code;
};

std::string TextOf(const json::Value* value) {
  const std::string* text = value == nullptr ? nullptr : value->AsString();
  return text == nullptr ? "" : *text;
}

// {"error":{"message","type","code"}} as OpenAI, {"error":"…"} and {"message":"…"} as others.
Said ReadBody(std::string_view body) {
  Said said;
  if (auto root = json::Value::Parse(body)) {
    const json::Value* error = root->Find("error");
    if (error != nullptr && error->is_object()) {
      said.message = TextOf(error->Find("message"));
      said.code = TextOf(error->Find("code"));
      if (said.code.empty()) said.code = TextOf(error->Find("type"));
    } else {
      said.message = error != nullptr ? TextOf(error) : TextOf(root->Find("message"));
      said.code = TextOf(root->Find("type"));
    }
  }
  if (said.message.size() > kDetailBytesMax) {
    size_t end = kDetailBytesMax;
    while (end > 0 && (said.message[end] & 0xC0) == 0x80) --end;  // keep characters whole
    said.message.resize(end);
  }
  return said;
}

// vLLM and others have no code of their own for a prompt beyond the context.
bool SaysTooLong(const Said& said) {
  return said.code == "context_length_exceeded" ||
         said.message.contains("maximum context length") ||
         said.message.starts_with("prompt is too long") ||  // Anthropic's words
         said.message.contains("exceeds the available context size");
}

}  // namespace

Error InputTooLong(std::string_view detail) {
  std::string message =
      "The model returned the following errors: Input is too long for requested model.";
  if (!detail.empty()) message += fmt::format(" {}", detail);
  return Error{.fault = Fault::kValidation, .message = std::move(message)};
}

Error ReadUpstreamError(int status, std::string_view body,
                        std::optional<std::string_view> retry_after) {
  Said said = ReadBody(body);
  Error error{.fault = Fault::kModelError, .message = {}, .upstream_status = status};
  if (retry_after) {
    int seconds = 0;
    auto [end, code] =
        std::from_chars(retry_after->data(), retry_after->data() + retry_after->size(), seconds);
    if (code == std::errc{} && end == retry_after->data() + retry_after->size() && seconds >= 0 &&
        seconds <= kRetryAfterSecondsMax) {
      error.retry_after_s = seconds;
    }
  }
  if (said.message.empty()) said.message = fmt::format("HTTP status {}", status);
  switch (status) {
    case 400:
    case 413:
    case 422:
      if (SaysTooLong(said)) return InputTooLong(said.message);
      error.fault = Fault::kValidation;
      error.message = fmt::format("The model returned the following errors: {}", said.message);
      return error;
    case 408:
    case 504:
      error.fault = Fault::kModelTimeout;
      error.message =
          fmt::format("The model timed out in processing the request. Try your request again. ({})",
                      said.message);
      return error;
    case 429:
    case 529:  // Anthropic's, for a server that has too much to do
      error.fault = Fault::kThrottling;
      error.message = fmt::format(
          "Too many requests, please wait before trying again. The model's server says: {}",
          said.message);
      return error;
    case 503:
      if (said.code == "overloaded") {
        error.fault = Fault::kThrottling;
        error.message = fmt::format(
            "Too many requests, please wait before trying again. The model's server says: {}",
            said.message);
      } else {
        error.fault = Fault::kUnavailable;
        error.message = fmt::format("The model's server is unavailable: {}", said.message);
      }
      return error;
    default:
      error.message = fmt::format("The model's server answered with an error (HTTP {}): {}", status,
                                  said.message);
      return error;
  }
}

}  // namespace bedplate::models
