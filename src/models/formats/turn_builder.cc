#include "models/formats/turn_builder.h"

#include <fmt/format.h>

#include <utility>

#include "models/cache_points.h"

namespace bedplate::models {

void AppendLine(std::string& text, std::string_view line) {
  if (!text.empty()) text += '\n';
  text += line;
}

void TurnBuilder::EndTextPart() {
  if (!text_.empty()) turn_.parts.emplace_back(std::exchange(text_, {}));
}

void TurnBuilder::AddPart(ChatPart part) {
  EndTextPart();
  sources_.Take(part);
  turn_.parts.push_back(std::move(part));
}

void TurnBuilder::AddResult(ToolResult result) {
  ChatTurn turn{.role = ChatRole::kTool, .tool_failed = result.failed};
  for (ChatPart& part : result.content) {
    if (auto* image = std::get_if<ChatImage>(&part)) {
      AddText(fmt::format("Image in the result of tool call {}:", result.call_id));
      AddImage(std::move(*image));
    } else {
      sources_.Take(part);
      turn.parts.push_back(std::move(part));
    }
  }
  turn.tool_call_id = std::move(result.call_id);
  if (result.cache_point) {
    turn.cache_points.push_back({.at = turn.parts.size(), .ttl = *result.cache_point});
  }
  JoinTexts(turn);
  turns_.push_back(std::move(turn));
}

void TurnBuilder::AddCachePoint(CacheTtl ttl) {
  EndTextPart();
  if (!turn_.parts.empty()) {
    turn_.cache_points.push_back({.at = turn_.parts.size(), .ttl = ttl});
  } else if (turn_.tool_calls.empty() && !turns_.empty()) {
    ChatTurn& last = turns_.back();
    const size_t end = last.parts.empty() ? last.text.size() : last.parts.size();
    last.cache_points.push_back({.at = end, .ttl = ttl});
  }
}

void TurnBuilder::Finish() {
  if (turn_.parts.empty()) {
    turn_.text = std::move(text_);
  } else {
    EndTextPart();
    JoinTexts(turn_);
  }
  const bool empty = turn_.text.empty() && turn_.parts.empty() && turn_.tool_calls.empty() &&
                     turn_.reasoning.empty();
  if (!empty) turns_.push_back(std::move(turn_));
}

}  // namespace bedplate::models
