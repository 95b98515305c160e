#include "engine/chat/unmarked_calls.h"

#include <algorithm>
#include <array>

namespace bedplate::engine {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

constexpr std::array<std::string_view, 3> kFences = {"```json", "```", "<tools>"};

// kEnds: the text ends before it can be told.
enum class Fit : uint8_t { kYes, kNo, kEnds };

// Reads from the front of a text what is expected there.
class Front {
 public:
  explicit Front(std::string_view text) : text_(text) {}

  std::string_view left() const { return text_; }
  void SkipSpace() { text_.remove_prefix(std::min(text_.find_first_not_of(kSpace), text_.size())); }

  Fit Take(std::string_view expected) {
    if (text_.starts_with(expected)) {
      text_.remove_prefix(expected.size());
      return Fit::kYes;
    }
    return expected.starts_with(text_) ? Fit::kEnds : Fit::kNo;
  }

  // With any space before it.
  Fit TakeNext(std::string_view expected) {
    SkipSpace();
    return Take(expected);
  }

  // The first of `choices` that is there; one that begins another comes after it.
  Fit TakeOne(std::span<const std::string_view> choices, std::string_view& taken) {
    for (const std::string_view choice : choices) {
      const Fit fit = Take(choice);
      if (fit == Fit::kYes) taken = choice;
      if (fit != Fit::kNo) return fit;
    }
    return Fit::kNo;
  }

  // An object, or what there is of it: whether it is closed is `whole`.
  std::string_view TakeObject(bool& whole) {
    size_t depth = 0;
    bool in_string = false;
    size_t at = 0;
    whole = false;
    for (; at < text_.size() && !whole; ++at) {
      const char c = text_[at];
      if (in_string) {
        if (c == '\\') ++at;
        if (c == '"') in_string = false;
      } else if (c == '"') {
        in_string = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        whole = --depth == 0;
      }
    }
    at = std::min(at, text_.size());
    const std::string_view object = text_.substr(0, at);
    text_.remove_prefix(at);
    return object;
  }

 private:
  std::string_view text_;
};

// Up to the beginning of the arguments.
Fit TakeHead(Front& front, std::span<const std::string> tools, std::string_view& name) {
  Fit fit = Fit::kYes;
  for (const std::string_view before_name : {"{", "\"name\"", ":", "\""}) {
    fit = front.TakeNext(before_name);
    if (fit != Fit::kYes) return fit;
  }
  // The longest first, so that no name hides one that it begins.
  std::vector<std::string_view> names(tools.begin(), tools.end());
  std::ranges::sort(names, std::ranges::greater(), &std::string_view::size);
  fit = front.TakeOne(names, name);
  if (fit != Fit::kYes) return fit;
  fit = front.Take("\"");
  if (fit == Fit::kYes) fit = front.TakeNext(",");
  if (fit != Fit::kYes) return fit;
  front.SkipSpace();
  constexpr std::array<std::string_view, 2> kKeys = {"\"arguments\"", "\"parameters\""};
  std::string_view key;
  fit = front.TakeOne(kKeys, key);
  if (fit == Fit::kYes) fit = front.TakeNext(":");
  if (fit != Fit::kYes) return fit;
  front.SkipSpace();
  if (front.left().empty()) return Fit::kEnds;
  return front.left().front() == '{' ? Fit::kYes : Fit::kNo;
}

}  // namespace

UnmarkedCalls ReadUnmarkedCalls(std::string_view answer, std::span<const std::string> tools,
                                size_t calls_max) {
  using Kind = UnmarkedCalls::Kind;
  UnmarkedCalls read;
  Front front(answer);
  front.SkipSpace();
  std::string_view fence;
  if (front.TakeOne(kFences, fence) == Fit::kEnds) {
    read.kind = Kind::kUndecided;
    return read;
  }
  for (bool open = false; !open && read.calls.size() < calls_max;) {
    Front next = front;
    UnmarkedCalls::Call call;
    const Fit fit = TakeHead(next, tools, call.name);
    if (fit != Fit::kYes) {
      if (!read.calls.empty()) break;
      read.kind = fit == Fit::kEnds ? Kind::kUndecided : Kind::kNone;
      return read;
    }
    bool closed = false;
    call.arguments = next.TakeObject(closed);
    call.whole = closed && next.TakeNext("}") == Fit::kYes;
    open = !call.whole;
    front = next;
    read.calls.push_back(call);
  }
  read.kind = Kind::kCalls;
  if (!read.calls.back().whole) return read;
  front.SkipSpace();
  if (!fence.empty()) front.Take(fence == "<tools>" ? "</tools>" : "```");
  front.SkipSpace();
  read.rest = front.left();
  return read;
}

}  // namespace bedplate::engine
