// The body of OpenAI's Responses API, read into the neutral request.
//
// What OpenAI's own server does beside answering is refused by name: tools of its own, answers in
// the background, conversations and prompts that it keeps, truncation. Who serves the API puts the
// items of an earlier response into `input` before (previous_response_id is only told again).
//
// Errors: kValidation in MalformedInput's words. Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/responses/create
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "models/chat.h"

namespace bedplate::models {

struct ResponsesRequest {
  ChatRequest chat{};
  // Members of the request that the response says again: name and raw JSON, in order.
  std::vector<std::pair<std::string, std::string>> echo{};
};

Result<ResponsesRequest> ReadResponsesRequest(std::string_view body);

}  // namespace bedplate::models
