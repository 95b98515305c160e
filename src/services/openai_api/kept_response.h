// The kept half of the Responses API: a request that goes on with an earlier response, and what is
// kept of its own.
//
// Threads: plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json/value.h"
#include "base/result.h"
#include "runtime/stored_responses.h"

namespace bedplate::services::openai_api {

class KeptRequest {
 public:
  // A body whose model was read before. kValidation when it is no JSON.
  static Result<KeptRequest> Read(std::string_view body);

  // The response that the request goes on with; nothing when it begins a conversation.
  std::optional<std::string> previous_id() const;
  // Whether the response is to be kept: unless the request says no.
  bool store() const;

  // Puts the items of the earlier response before the request's own. kInternal when they are none.
  Result<void> GoOn(std::string_view items);
  // The request, as the model is asked.
  std::string Body() const { return root_.ToJson(); }
  // What is kept: a response and the whole conversation. kInternal when it is none.
  Result<runtime::StoredResponse> Keep(std::string_view response) const;

 private:
  json::Value::Array Items() const;

  json::Value root_;
};

}  // namespace bedplate::services::openai_api
