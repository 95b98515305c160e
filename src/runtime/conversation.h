// A conversation in the terms of Bedrock's Converse, free of generated types.
//
// Indices in messages of errors count as the caller's request does: messages.N.content.M.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "models/chat.h"

namespace bedplate::runtime {

enum class Role : uint8_t { kUser, kAssistant, kSystem };

struct TextBlock {
  std::string text{};
};

// spec: bedrock-runtime#DocumentBlock
struct DocumentBlock {
  enum class Source : uint8_t { kBytes, kText, kContent };  // the member that brought it
  std::string format{};  // as sent: "txt", "md", "csv", "html", "pdf", ...; empty for none
  std::string name{};
  std::string bytes{};     // the file, or the text itself where the source was text
  std::string context{};   // how the caller wants it read; may be empty
  bool citations = false;  // the answer may cite it
  Source source = Source::kBytes;
  // Where the source was several texts: their ends in `bytes`; a line end stands behind each.
  std::vector<size_t> part_ends{};
  bool paged = false;    // `bytes` are the text of pages that end with form feeds
  bool as_file = false;  // the model's server reads the file itself
};

// spec: bedrock-runtime#SearchResultBlock
struct SearchResultBlock {
  std::string source{};
  std::string title{};
  std::vector<std::string> content{};
  bool citations = false;
};

// spec: bedrock-runtime#ImageBlock
struct ImageBlock {
  std::string format{};  // as sent: "png", "jpeg", "gif", "webp"
  std::string bytes{};   // the file
};

// A tool that the model asked for. spec: bedrock-runtime#ToolUseBlock
struct ToolUseBlock {
  std::string id{};
  std::string name{};
  std::string input{};  // raw JSON
};

struct JsonBlock {
  std::string json{};  // raw
};

// spec: bedrock-runtime#ToolResultContentBlock
using ToolResultPart =
    std::variant<TextBlock, JsonBlock, ImageBlock, DocumentBlock, SearchResultBlock>;

// spec: bedrock-runtime#ToolResultBlock
struct ToolResultBlock {
  std::string tool_use_id{};
  std::vector<ToolResultPart> content{};
  bool failed = false;  // status "error"
};

// What the model thought before it answered. spec: bedrock-runtime#ReasoningContentBlock
struct ReasoningBlock {
  std::string text{};
  std::string signature{};  // may be empty
  std::string redacted{};   // in place of both: thoughts that only their provider can read
};

// What comes before it is worth keeping. spec: bedrock-runtime#CachePointBlock
struct CachePointBlock {
  models::CacheTtl ttl = models::CacheTtl::kFiveMinutes;
};

// ChatCitedText is of an earlier answer. spec: bedrock-runtime#CitationsContentBlock
using ContentBlock =
    std::variant<TextBlock, DocumentBlock, ImageBlock, ToolUseBlock, ToolResultBlock,
                 ReasoningBlock, CachePointBlock, SearchResultBlock, models::ChatCitedText>;

// A text of the system's, or a cache point.
using SystemBlock = std::variant<std::string, CachePointBlock>;

struct Message {
  Role role = Role::kUser;
  std::vector<ContentBlock> content{};
};

struct InferenceSettings {
  std::optional<int> tokens_max{};
  std::optional<float> temperature{};
  std::optional<float> top_p{};
  std::vector<std::string> stop_sequences{};
};

struct Conversation {
  std::vector<SystemBlock> system{};
  std::vector<Message> messages{};
  // toolConfig; no tools where the request has none.
  std::vector<models::ChatTool> tools{};
  models::ChatToolChoice tool_choice{};
  // outputConfig.textFormat.
  std::optional<models::ChatOutputSchema> output_schema{};
  InferenceSettings settings{};
  std::string effort{};        // outputConfig.effort; empty where none is asked for
  std::string service_tier{};  // "default", "priority" or "flex"; empty where none is asked for
  // additionalModelRequestFields: member name and raw JSON value, in order.
  std::vector<std::pair<std::string, std::string>> additional_fields{};
  // additionalModelResponseFieldPaths: JSON pointers.
  std::vector<std::string> response_field_paths{};
};

// spec: bedrock-runtime#StopReason
enum class StopReason : uint8_t {
  kEndTurn,
  kToolUse,
  kMalformedToolUse,
  kMaxTokens,
  kStopSequence,
  kContentFiltered,
  kContextWindowExceeded,
};

// spec: bedrock-runtime#TokenUsage. The input tokens leave out what stands before the caller's
// cache points; without those both cache counts are truly 0.
struct TokenUsage {
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
  int64_t cache_read_tokens = 0;
  int64_t cache_write_tokens = 0;
  int64_t cache_write_long_tokens = 0;  // of these, kept for an hour
  int64_t Total() const {
    return input_tokens + output_tokens + cache_read_tokens + cache_write_tokens;
  }
};

// What is known when an answer is complete.
struct Outcome {
  StopReason stop_reason = StopReason::kEndTurn;
  TokenUsage usage{};
  int64_t latency_ms = 0;                    // from the call to the last token, measured
  std::string additional_response_fields{};  // raw JSON object; empty for none
  std::string service_tier{};                // that served, as its server says; may be empty
};

// In the order of the answer's blocks; each may be empty.
struct Answer {
  std::vector<ReasoningBlock> reasoning{};
  std::string text{};
  std::vector<models::ChatCitedSpan> cited{};  // what of `text` cites something, in order
  std::vector<ToolUseBlock> tool_uses{};
  Outcome outcome{};
};

}  // namespace bedplate::runtime
