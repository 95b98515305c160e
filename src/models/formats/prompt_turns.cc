#include "models/formats/prompt_turns.h"

#include <algorithm>
#include <string>

namespace bedplate::models {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

std::optional<std::vector<ChatTurn>> SplitTurns(std::string_view prompt,
                                                const PromptTemplate& marks) {
  std::vector<ChatTurn> turns;
  ChatRole role = ChatRole::kSystem;
  for (size_t at = 0;;) {
    const size_t user = prompt.find(marks.user, at);
    const size_t assistant = prompt.find(marks.assistant, at);
    const size_t next = std::min(user, assistant);
    const bool last = next == prompt.npos;
    const std::string_view text = Trim(prompt.substr(at, last ? next : next - at));
    // Only a system's turn, and what the assistant begins with, may be empty.
    if (!text.empty()) {
      turns.push_back({.role = role, .text = std::string(text)});
    } else if (role != ChatRole::kSystem && !(last && role == ChatRole::kAssistant)) {
      return std::nullopt;
    }
    if (last) break;
    const ChatRole follows = next == user ? ChatRole::kUser : ChatRole::kAssistant;
    if (follows == role || (role == ChatRole::kSystem && follows != ChatRole::kUser)) {
      return std::nullopt;
    }
    role = follows;
    at = next + (next == user ? marks.user.size() : marks.assistant.size());
  }
  if (role != ChatRole::kAssistant) return std::nullopt;
  return turns;
}

}  // namespace bedplate::models
