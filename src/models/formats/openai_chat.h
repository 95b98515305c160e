// OpenAI's chat completion body, which InvokeModel takes for chat models: the caller's members go
// to the model's server as they are, except for the few that belong to Bedrock.
//
// Errors: kValidation for the caller's body, kModelError for the server's. Threads: pure functions.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "models/chat.h"

namespace bedplate::models {

struct OpenAiChatNames {
  std::string_view model_id;        // what Bedrock calls the model
  std::string_view model_as_asked;  // the identifier in the request's path
  std::string_view upstream_name;   // what the model's server calls it
};

// The body for the server. `model` in the caller's body may only repeat the path's, `stream` only
// the operation.
Result<std::string> ToUpstreamChatBody(std::string_view body, const OpenAiChatNames& names,
                                       bool stream);

// The body of a tokenize request for the same prompt.
Result<std::string> ToUpstreamTokenizeBody(std::string_view body, const OpenAiChatNames& names);

// What goes into the last chunk of a stream.
struct InvocationMetrics {
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
  int64_t latency_ms = 0;
  int64_t first_byte_latency_ms = 0;
};

// The server's answer or chunk under Bedrock's name for the model. Both are JSON objects that were
// read before (ReadChatAnswer, ChatChunkReader).
std::string FromUpstreamChatBody(std::string_view json, std::string_view model_id,
                                 const std::optional<InvocationMetrics>& metrics);

}  // namespace bedplate::models
