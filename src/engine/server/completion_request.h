// Bodies of /v1/chat/completions, /v1/completions and /v1/tokenize as plain values.
// spec: https://platform.openai.com/docs/api-reference/chat/create, and server/README.md for the
// fields that are ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "engine/chat/answer_form.h"
#include "engine/sampling/params.h"
#include "engine/scheduler/types.h"
#include "engine/server/conversation_request.h"
#include "engine/text/token.h"

namespace bedplate::engine {

// What a request does not say, from the model file or, where that is silent, chosen by us.
struct SamplingDefaults {
  float temperature = 0.7F;
  float top_p = 0.9F;
  int top_k = 0;
  float min_p = 0.0F;
};

using Tokens = std::vector<TokenId>;
// What the model goes on from: a conversation, plain text, or tokens.
using PromptSource = std::variant<Conversation, std::string, Tokens>;

struct CompletionRequest {
  std::string model;  // or one of its adapters; empty: not said
  PromptSource prompt;
  AnswerForm form;                         // of a chat's answer
  std::optional<uint32_t> new_tokens_max;  // absent: to the end of the context
  SamplingParams sampling;
  // Asked for are the log probabilities of the answer's tokens, and of so many of the likeliest at
  // each place.
  std::optional<uint32_t> top_log_probabilities;
  std::vector<std::string> stops;
  bool stream = false;
  bool include_usage = false;  // an extra chunk at the end of a stream
  bool prompt_usage = false;   // the prompt's in the first chunk of a chat's stream
  bool ignore_end = false;     // the model may not end by itself
  scheduler::Tier tier = scheduler::Tier::kDefault;
  bool tells_tier = false;  // the request names one: so does its answer
  std::string tenant;       // "user"
  std::string share_scope;  // "prompt_cache_key"
};

enum class CompletionKind : uint8_t { kChat, kText };

// Fails with kValidation naming member and value.
Result<CompletionRequest> ParseCompletionRequest(std::string_view body, CompletionKind kind,
                                                 const SamplingDefaults& defaults);

struct TokenizeRequest {
  std::string model;  // as in a completion
  PromptSource prompt;
  AnswerForm form;  // as in the request whose prompt it is
  bool with_tokens = false;
};
// Takes the body of either kind of completion, and refuses what that would refuse: a count says
// that the prompt would be taken, too.
Result<TokenizeRequest> ParseTokenizeRequest(std::string_view body);

}  // namespace bedplate::engine
