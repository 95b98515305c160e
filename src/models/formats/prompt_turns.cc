#include "models/formats/prompt_turns.h"

#include <array>
#include <string>
#include <utility>

namespace bedplate::models {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool TakeBegin(std::string_view& text, std::string_view mark) {
  if (mark.empty() || !text.starts_with(mark)) return false;
  text = Trim(text.substr(mark.size()));
  return true;
}

bool TakeEnd(std::string_view& text, std::string_view mark) {
  if (mark.empty() || !text.ends_with(mark)) return false;
  text = Trim(text.substr(0, text.size() - mark.size()));
  return true;
}

// Goes from mark to mark.
class TurnSplitter {
 public:
  TurnSplitter(std::string_view prompt, const PromptTemplate& marks)
      : prompt_(prompt), marks_(marks) {
    next_[0] = {.role = ChatRole::kSystem, .text = marks.system};
    next_[1] = {.role = ChatRole::kUser, .text = marks.user};
    next_[2] = {.role = ChatRole::kAssistant, .text = marks.assistant};
    for (Mark& mark : next_) mark.at = Find(mark.text);
  }

  std::optional<std::vector<ChatTurn>> Split() {
    for (;;) {
      const auto [next, follows, mark] = NextMark();
      const bool last = next == prompt_.npos;
      if (!AddTurn(prompt_.substr(at_, last ? next : next - at_), last)) return std::nullopt;
      if (last) break;
      if (!MayFollow(follows)) return std::nullopt;
      role_ = follows;
      at_ = next + mark.size();
    }
    if (role_ != ChatRole::kAssistant || !TakeSystemBlock()) return std::nullopt;
    return std::move(turns_);
  }

 private:
  struct Mark {
    size_t at = std::string_view::npos;
    ChatRole role = ChatRole::kUser;
    std::string_view text{};
  };

  size_t Find(std::string_view mark) const {
    return mark.empty() ? prompt_.npos : prompt_.find(mark, at_);
  }

  // Each mark is looked for from where it was last, so a prompt is gone through once.
  Mark NextMark() {
    Mark first;
    for (Mark& mark : next_) {
      if (mark.at < at_) mark.at = Find(mark.text);
      if (mark.at < first.at) first = mark;
    }
    return first;
  }

  // False where the template has no such turn.
  bool AddTurn(std::string_view text, bool last) {
    text = Trim(text);
    const bool system = role_ == ChatRole::kSystem;
    if (system) TakeBegin(text, marks_.begin);
    if (!last) TakeEnd(text, marks_.begin);
    // A finished turn is not the beginning of an answer.
    if (TakeEnd(text, marks_.end) && last) return false;
    if (!marks_.reserved.empty() && text.contains(marks_.reserved)) return false;
    // Only a system's turn, and what the assistant begins with, may be empty.
    if (text.empty()) return system || (last && role_ == ChatRole::kAssistant);
    turns_.push_back({.role = role_, .text = std::string(text)});
    return true;
  }

  bool MayFollow(ChatRole follows) {
    if (follows == ChatRole::kSystem) {
      const bool first = role_ == ChatRole::kSystem && turns_.empty() && !system_marked_;
      system_marked_ = true;
      return first;
    }
    return follows != role_ && (role_ != ChatRole::kSystem || follows == ChatRole::kUser);
  }

  bool TakeSystemBlock() {
    std::string_view text = turns_.empty() ? "" : std::string_view(turns_.front().text);
    if (!TakeBegin(text, marks_.system_begin)) return true;
    const size_t end = text.find(marks_.system_end);
    if (end == text.npos) return false;
    const std::string system(Trim(text.substr(0, end)));
    const std::string rest(Trim(text.substr(end + marks_.system_end.size())));
    // A question has text behind the block; the system's own turn has not.
    if ((turns_.front().role == ChatRole::kUser) == rest.empty()) return false;
    if (!rest.empty()) {
      turns_.front().text = rest;
      if (!system.empty()) turns_.insert(turns_.begin(), ChatTurn{.role = ChatRole::kSystem});
    }
    if (!system.empty()) {
      turns_.front().text = system;
    } else if (rest.empty()) {
      turns_.erase(turns_.begin());
    }
    return true;
  }

  std::string_view prompt_;
  const PromptTemplate& marks_;
  size_t at_ = 0;
  std::array<Mark, 3> next_;
  ChatRole role_ = ChatRole::kSystem;
  bool system_marked_ = false;
  std::vector<ChatTurn> turns_;
};

}  // namespace

std::optional<std::vector<ChatTurn>> SplitTurns(std::string_view prompt,
                                                const PromptTemplate& marks) {
  return TurnSplitter(prompt, marks).Split();
}

std::vector<ChatTurn> PromptTurns(std::string_view prompt,
                                  std::span<const PromptTemplate> templates) {
  for (const PromptTemplate& marks : templates) {
    if (auto turns = SplitTurns(prompt, marks)) return std::move(*turns);
  }
  return {{.role = ChatRole::kUser, .text = std::string(prompt)}};
}

}  // namespace bedplate::models
