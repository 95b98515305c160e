#include "services/openai_api/refusal.h"

#include <algorithm>
#include <utility>

#include "models/protocol/upstream_error.h"

namespace bedplate::services::openai_api {
namespace {

constexpr std::string_view kMalformed = "Malformed input request: #";
constexpr std::string_view kOfModel = "The model returned the following errors: ";

bool IsNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "/messages/0/role" as "messages[0].role".
std::string FromPointer(std::string_view pointer) {
  std::string place;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view part = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(part.size());
    if (IsNumber(part)) {
      place.append("[").append(part).append("]");
    } else {
      if (!place.empty()) place += '.';
      place += part;
    }
  }
  return place;
}

bool IsPlace(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.[]").contains(c);
  });
}

}  // namespace

std::string MemberIn(std::string_view message) {
  if (message.starts_with(kMalformed)) {
    message.remove_prefix(kMalformed.size());
    const size_t end = message.find(": ");
    constexpr std::string_view kMissing = ": required key [";
    if (message.starts_with(kMissing)) {
      message.remove_prefix(kMissing.size());
      return std::string(message.substr(0, message.find(']')));
    }
    return end == message.npos || !message.starts_with('/') ? ""
                                                            : FromPointer(message.substr(0, end));
  }
  if (!message.starts_with(kOfModel)) return {};
  message.remove_prefix(kOfModel.size());
  const size_t end = message.find(": ");
  if (end == message.npos || !IsPlace(message.substr(0, end))) return {};
  return std::string(message.substr(0, end));
}

std::unexpected<Error> Explained(wire::FacadeExchange& exchange, Error error) {
  if (error.fault == Fault::kNotFound) {
    exchange.Explain("model_not_found", "model");
  } else if (error.fault == Fault::kValidation) {
    const bool too_long = error.message.starts_with(models::InputTooLong({}).message);
    exchange.Explain(too_long ? "context_length_exceeded" : "",
                     too_long ? "" : MemberIn(error.message));
  }
  return std::unexpected(std::move(error));
}

}  // namespace bedplate::services::openai_api
