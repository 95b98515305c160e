// Writes what OpenAI's Responses API answers with: output items, the response around them, events.
//
// Threads: plain values and pure functions.
// spec: https://platform.openai.com/docs/api-reference/responses/object
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/writer.h"
#include "models/chat.h"
#include "models/formats/content_blocks.h"

namespace bedplate::models {

// One item of a response's output: thoughts, a message or a call.
struct ResponseItem {
  BlockKind kind = BlockKind::kText;
  std::string id{};
  std::string text{};       // thoughts, text, or arguments
  std::string signature{};  // of thoughts
  std::string call_id{};
  std::string call_name{};
};

ResponseItem NewResponseItem(BlockKind kind);

// `status`: "in_progress", "completed" or "incomplete". An item in progress has no content yet.
void WriteResponseItem(json::Writer& writer, const ResponseItem& item, std::string_view status);
// The content part of thoughts or a message.
void WriteResponsePart(json::Writer& writer, const ResponseItem& item);

// What all responses to one request have in common.
struct ResponseHead {
  std::string id{};
  std::string model{};
  int64_t created_at_s = 0;
  std::vector<std::pair<std::string, std::string>> echo{};  // members of the request, raw
};

// "completed", or "incomplete" for an answer that was cut off.
std::string_view ResponseStatus(const ChatFinish& finish);

struct ResponseEnd {
  ChatFinish finish{};
  ChatUsage usage{};
  std::string service_tier{};  // that served; empty where the server is silent
};

// A response; without an end it is in progress. `items` are raw JSON.
void WriteResponse(json::Writer& writer, const ResponseHead& head,
                   std::span<const std::string> items, const std::optional<ResponseEnd>& end);

}  // namespace bedplate::models
