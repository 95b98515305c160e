#include "models/cache_points.h"

#include <algorithm>
#include <variant>

namespace bedplate::models {

size_t CountCachePoints(const ChatRequest& request) {
  size_t count = 0;
  for (const ChatTurn& turn : request.turns) count += turn.cache_points.size();
  for (const ChatTool& tool : request.tools) count += tool.cache_point ? 1 : 0;
  return count;
}

void DropCachePoints(ChatRequest& request) {
  for (ChatTurn& turn : request.turns) turn.cache_points.clear();
  for (ChatTool& tool : request.tools) tool.cache_point.reset();
}

bool TakesCachePoints(const Model& model) {
  return !std::holds_alternative<RemoteUpstream>(model.binding) || model.SpeaksMessages();
}

void CountOwnCache(ChatUsage& usage) {
  usage.cache_read_tokens = std::min(usage.cached_tokens, usage.prompt_tokens);
}

void JoinTexts(ChatTurn& turn) {
  const bool texts = std::ranges::all_of(
      turn.parts, [](const ChatPart& part) { return std::holds_alternative<std::string>(part); });
  if (!texts) return;
  auto point = turn.cache_points.begin();
  for (size_t i = 0; i < turn.parts.size(); ++i) {
    if (!turn.text.empty()) turn.text += '\n';
    turn.text += std::get<std::string>(turn.parts[i]);
    for (; point != turn.cache_points.end() && point->at == i + 1; ++point) {
      point->at = turn.text.size();
    }
  }
  turn.parts.clear();
}

std::vector<MarkedText> CutAtCachePoints(std::string_view text, const ChatTurn& turn,
                                         size_t before) {
  std::vector<MarkedText> pieces;
  size_t begin = 0;
  for (const ChatCachePoint& point : turn.cache_points) {
    const size_t end = std::min(before + point.at, text.size());
    if (end <= begin) continue;
    pieces.push_back({.text = text.substr(begin, end - begin), .point = point.ttl});
    begin = text.substr(end).starts_with('\n') ? end + 1 : end;
  }
  if (begin < text.size()) pieces.push_back({.text = text.substr(begin), .point = {}});
  return pieces;
}

}  // namespace bedplate::models
