// The conversation as an engine sees it: plain text turns in, text and usage out. Documents and
// other Bedrock content were rendered into text before (src/runtime).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bedplate::models {

enum class ChatRole : uint8_t { kSystem, kUser, kAssistant };

struct ChatTurn {
  ChatRole role = ChatRole::kUser;
  std::string text{};
};

struct ChatRequest {
  std::vector<ChatTurn> turns{};
  std::optional<int> tokens_max{};  // of the answer
  std::optional<float> temperature{};
  std::optional<float> top_p{};
  std::vector<std::string> stop_sequences{};
  // Further members of the body: name and raw JSON value, already validated, in order.
  std::vector<std::pair<std::string, std::string>> extra_members{};
};

struct ChatUsage {
  int64_t prompt_tokens = 0;
  int64_t completion_tokens = 0;
  int64_t cached_tokens = 0;  // of the prompt, found in the engine's prefix cache
};

enum class FinishReason : uint8_t { kStop, kStopSequence, kLength, kToolCalls, kContentFilter };

struct ChatFinish {
  FinishReason reason = FinishReason::kStop;
  std::string stop_sequence{};  // for kStopSequence
};

struct ChatAnswer {
  std::string text{};
  ChatFinish finish{};
  ChatUsage usage{};
};

}  // namespace bedplate::models
