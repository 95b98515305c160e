#include "engine/chat/cut_conversation.h"

#include <algorithm>
#include <tuple>

namespace bedplate::engine {
namespace {

bool IsSystem(const ChatMessage& message) {
  return message.role == "system" || message.role == "developer";
}

}  // namespace

std::vector<CutPoint> CutPointsOf(const std::vector<ChatMessage>& conversation,
                                  const AnswerForm& form) {
  std::vector<CutPoint> points;
  const auto first_other = std::ranges::find_if_not(conversation, IsSystem);
  const auto systems = static_cast<size_t>(first_other - conversation.begin());
  for (const Tool& tool : form.tools) {
    if (tool.cache_ttl.count() == 0) continue;
    // Without a system message the point lies before the first text of the first message.
    points.push_back({.message = systems == 0 ? 0 : systems - 1,
                      .texts = systems == 0 ? 0 : conversation[systems - 1].texts.size(),
                      .ttl = tool.cache_ttl});
  }
  for (size_t i = 0; i < conversation.size(); ++i) {
    for (const CacheMark& mark : conversation[i].cache_marks) {
      points.push_back({.message = i, .texts = mark.texts, .ttl = mark.ttl});
    }
  }
  // Points behind tools may lie behind those of system messages; equal ones are one in the end.
  std::ranges::sort(points, {}, [](const CutPoint& point) {
    return std::tuple(point.message, point.texts, point.ttl);
  });
  return points;
}

std::vector<ChatMessage> CutAt(const std::vector<ChatMessage>& conversation,
                               const CutPoint& point) {
  const auto end = conversation.begin() + static_cast<std::ptrdiff_t>(point.message) + 1;
  std::vector<ChatMessage> cut(conversation.begin(), end);
  ChatMessage& last = cut.back();
  const bool whole = point.texts == last.texts.size();
  last.texts.resize(point.texts);
  last.tool_calls.clear();  // they come behind the texts
  if (!last.texts.empty() && (!IsSystem(last) || !whole)) {
    last.texts.back() += '.';  // whatever follows, it is not this
    if (!IsSystem(last)) return cut;
  }
  if (!IsSystem(last)) cut.pop_back();
  const bool goes_on_with_dot =
      end != conversation.end() && !end->texts.empty() && end->texts[0].starts_with('.');
  cut.push_back({.role = "user", .texts = {goes_on_with_dot ? ":" : "."}});
  return cut;
}

}  // namespace bedplate::engine
