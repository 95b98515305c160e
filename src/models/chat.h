// The conversation as an engine sees it: turns in; text, reasoning, tool calls and usage out.
// Documents and search results are blocks for a server that takes them; for any other they are
// rendered into text before (models/citations/sources.h).
//
// Plain values. What most turns do not have (images, calls) is empty and costs no allocation.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "models/citations/citation.h"

namespace bedplate::models {

enum class ChatRole : uint8_t { kSystem, kUser, kAssistant, kTool };

struct ChatImage {
  std::string media_type{};  // e.g. "image/png"
  std::string bytes{};       // the file
};

using ChatPart = std::variant<std::string, ChatImage, ChatSource, ChatCitedText>;

enum class CacheTtl : uint8_t { kFiveMinutes, kOneHour };

// The prompt up to here is worth keeping for later requests that begin the same way.
struct ChatCachePoint {
  size_t at = 0;  // behind so many bytes of the turn's text or, where it has parts, behind so many
  CacheTtl ttl = CacheTtl::kFiveMinutes;
};

// A tool that the model asks the caller to run.
struct ChatToolCall {
  std::string id{};
  std::string name{};
  std::string arguments{};  // JSON text, as the model wrote it
};

struct ChatReasoning {
  std::string text{};
  std::string signature{};  // of a provider that signs what its model thought; may be empty
  std::string redacted{};   // in place of both: thoughts that only the provider can read
};

struct ChatTurn {
  ChatRole role = ChatRole::kUser;
  std::string text{};
  std::vector<ChatPart> parts{};               // in place of `text`, where not all is text
  std::vector<ChatReasoning> reasoning{};      // of kAssistant
  std::vector<ChatToolCall> tool_calls{};      // of kAssistant
  std::string tool_call_id{};                  // of kTool: the call that `text` is the result of
  bool tool_failed = false;                    // of kTool
  std::vector<ChatCachePoint> cache_points{};  // in order
};

struct ChatTool {
  std::string name{};
  std::string description{};              // may be empty
  std::string schema{};                   // JSON schema of its arguments, an object
  bool strict = false;                    // arguments must keep to the schema, not only should
  std::optional<CacheTtl> cache_point{};  // behind it
};

struct ChatToolChoice {
  enum class Kind : uint8_t { kUnset, kAuto, kAny, kNamed, kNone };
  Kind kind = Kind::kUnset;
  std::string name{};  // for kNamed
};

// What the answer's text must be.
struct ChatOutputSchema {
  std::string name{};         // may be empty
  std::string description{};  // may be empty
  std::string schema{};       // JSON schema, an object
};

// Whether the model thinks before it answers. Servers have no word for it in common.
struct ChatThinking {
  enum class Words : uint8_t {
    kNone,       // the server has none: its model does what it always does
    kAnthropic,  // `thinking`, an object
    kEngine,     // `chat_template_kwargs` with `enable_thinking`
  };
  bool on = true;
  bool shown = true;  // whether the answer has the thoughts' text
  Words words = Words::kNone;
  std::string object{};  // of kAnthropic: JSON
};

struct ChatRequest {
  std::vector<ChatTurn> turns{};
  std::vector<ChatTool> tools{};
  ChatToolChoice tool_choice{};
  std::optional<ChatOutputSchema> output_schema{};
  std::optional<ChatThinking> thinking{};  // unset: as the model does by itself
  std::optional<int> tokens_max{};         // of the answer
  std::optional<float> temperature{};
  std::optional<float> top_p{};
  std::vector<std::string> stop_sequences{};
  std::string service_tier{};  // in OpenAI's words ("priority"); empty where none is asked for
  // Further members of the body: name and raw JSON value, already validated, in order.
  std::vector<std::pair<std::string, std::string>> extra_members{};
};

struct ChatUsage {
  int64_t prompt_tokens = 0;
  int64_t completion_tokens = 0;
  std::optional<int64_t> reasoning_tokens{};  // of these, thoughts; nothing where nobody counted
  int64_t cached_tokens = 0;                  // of the prompt, found in the engine's prefix cache
  // Of the prompt, before cache points of the request: read from what an earlier one kept, and kept
  // by this one (of these, for an hour).
  int64_t cache_read_tokens = 0;
  int64_t cache_write_tokens = 0;
  int64_t cache_write_long_tokens = 0;

  // Of the prompt, what no cache point is behind.
  int64_t InputTokens() const {
    return std::max<int64_t>(prompt_tokens - cache_read_tokens - cache_write_tokens, 0);
  }
};

enum class FinishReason : uint8_t {
  kStop,
  kStopSequence,
  kLength,
  kToolCalls,
  kMalformedToolCall,  // the model began a call that its server could not read
  kContentFilter,
};

struct ChatFinish {
  FinishReason reason = FinishReason::kStop;
  std::string stop_sequence{};  // for kStopSequence
};

// A token of an answer's text and the natural logarithm of the probability its model gave it.
struct ChatTokenLogProbability {
  std::string token{};
  double log_probability = 0;
  std::vector<ChatTokenLogProbability> top{};  // the likeliest in its place; empty in these
};

struct ChatAnswer {
  std::string text{};
  std::vector<ChatCitedSpan> cited{};  // what of `text` cites something, in order
  // Where they were asked for, and nothing but text was said.
  std::vector<ChatTokenLogProbability> log_probabilities{};
  std::vector<ChatReasoning> reasoning{};  // in order
  std::vector<ChatToolCall> tool_calls{};
  ChatFinish finish{};
  ChatUsage usage{};
  std::string service_tier{};  // that served, in OpenAI's words; empty where the server is silent

  // What can be read of all thoughts, each on lines of its own.
  std::string ReasoningText() const {
    std::string text;
    for (const ChatReasoning& block : reasoning) {
      if (!text.empty() && !block.text.empty()) text += '\n';
      text += block.text;
    }
    return text;
  }
};

}  // namespace bedplate::models
