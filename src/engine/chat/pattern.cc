#include "engine/chat/pattern.h"

#include <fmt/format.h>

#include <cctype>
#include <optional>

namespace bedplate::engine {
namespace {

// What JSON has to escape within a string, as members of a class.
constexpr std::string_view kEscapedInJson = R"("\\\x00-\x1F\x7F)";
constexpr std::string_view kDigits = "0-9";
constexpr std::string_view kWordCharacters = "A-Za-z0-9_";
constexpr std::string_view kSyntax = R"(^$.*+?()[]{}|\/-)";

bool NeedsEscapeInJson(char c) {
  return c == '"' || c == '\\' || static_cast<uint8_t>(c) < 0x20 || c == 0x7F;
}

class Rewriter {
 public:
  Rewriter(std::string_view pattern, int64_t& repeats) : rest_(pattern), repeats_(repeats) {}

  Result<std::string> Rewrite() {
    while (!rest_.empty() && why_.empty()) TakeOne();
    if (!why_.empty()) return Fail(Fault::kValidation, why_);
    return std::move(out_);
  }

 private:
  void Refuse(std::string why) {
    if (why_.empty()) why_ = std::move(why);
  }

  char Take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void TakeOne() {
    const char c = Take();
    switch (c) {
      case '.':
        out_ += fmt::format("[^{}]", kEscapedInJson);
        return;
      case '[':
        return TakeClass();
      case '\\':
        return TakeEscape();
      case '{':
        return TakeCount();
      case '(':
        if (rest_.starts_with('?') && !rest_.starts_with("?:")) {
          return Refuse("groups of the kind \"(?" + std::string(rest_.substr(1, 1)) +
                        "\" are not supported");
        }
        break;
      case '^':
      case '$':
        return Refuse("anchors within the pattern are not supported");
      default:
        if (NeedsEscapeInJson(c)) return Refuse("characters that JSON escapes are not supported");
    }
    out_ += c;
  }

  void TakeEscape() {
    if (rest_.empty()) return Refuse("it ends with a backslash");
    const char c = Take();
    if (c == 'd' || c == 'w') {
      out_ += fmt::format("[{}]", c == 'd' ? kDigits : kWordCharacters);
    } else if (c == '/') {
      out_ += '/';
    } else if (kSyntax.contains(c) && c != '\\') {
      out_ += '\\';
      out_ += c;
    } else {
      Refuse(fmt::format("\"\\{}\" is not supported", c));
    }
  }

  // One character of a class, or nothing when it stands for several or is not supported.
  std::optional<char> TakeMember(std::string& members) {
    char c = Take();
    if (c == '\\') {
      if (rest_.empty()) return Refuse("it ends within a class"), std::nullopt;
      c = Take();
      if (c == 'd' || c == 'w') {
        members += c == 'd' ? kDigits : kWordCharacters;
        return std::nullopt;
      }
      if (!kSyntax.contains(c)) {
        return Refuse(fmt::format("\"\\{}\" is not supported", c)), std::nullopt;
      }
    }
    if (NeedsEscapeInJson(c)) {
      return Refuse("characters that JSON escapes are not supported"), std::nullopt;
    }
    return c;
  }

  static void AppendMember(char c, std::string& members) {
    if (c == '[' || c == ']' || c == '-') members += '\\';
    members += c;
  }

  void TakeClass() {
    std::string members;
    const bool negated = rest_.starts_with('^');
    if (negated) rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != ']' && why_.empty()) {
      const auto low = TakeMember(members);
      if (!low) continue;
      const bool range = rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']';
      if (!range) {
        AppendMember(*low, members);
        continue;
      }
      rest_.remove_prefix(1);
      std::string several;
      const auto high = TakeMember(several);
      if (!high) return Refuse("a range in a class has no end");
      const auto within = [&](char c) { return *low <= c && c <= *high; };
      if (*low > *high || *low < 0 || (!negated && (within('"') || within('\\')))) {
        return Refuse(fmt::format("the range \"{}-{}\" is not supported", *low, *high));
      }
      AppendMember(*low, members);
      members += '-';
      AppendMember(*high, members);
    }
    if (rest_.empty()) return Refuse("a class has no end");
    rest_.remove_prefix(1);
    if (members.empty()) return Refuse("empty classes are not supported");
    out_ +=
        negated ? fmt::format("[^{}{}]", members, kEscapedInJson) : fmt::format("[{}]", members);
  }

  int64_t TakeNumber() {
    int64_t number = -1;
    while (!rest_.empty() && std::isdigit(static_cast<uint8_t>(rest_.front())) != 0 &&
           number <= kRepeatMax) {
      number = (number < 0 ? 0 : number) * 10 + (Take() - '0');
    }
    return number;
  }

  void TakeCount() {
    const int64_t least = TakeNumber();
    int64_t most = least;
    const bool comma = rest_.starts_with(',');
    if (comma) {
      rest_.remove_prefix(1);
      most = TakeNumber();
    }
    if (least < 0 || !rest_.starts_with('}') || (most >= 0 && most < least)) {
      return Refuse("\"{\" that begins no count is not supported");
    }
    rest_.remove_prefix(1);
    if (least > kRepeatMax || most > kRepeatMax) {
      return Refuse(fmt::format("it repeats more than {} times", kRepeatMax));
    }
    repeats_ += std::max(least, most);
    out_ += most == least ? fmt::format("{{{}}}", least)
            : most < 0    ? fmt::format("{{{},}}", least)
                          : fmt::format("{{{},{}}}", least, most);
  }

  std::string_view rest_;
  int64_t& repeats_;
  std::string out_;
  std::string why_;
};

}  // namespace

Result<std::string> GrammarPattern(std::string_view pattern, int64_t& repeats) {
  if (pattern.size() > kPatternBytesMax) {
    return Fail(Fault::kValidation, fmt::format("it has {} bytes; at most {} are supported",
                                                pattern.size(), kPatternBytesMax));
  }
  if (pattern.size() < 2 || !pattern.starts_with('^') || !pattern.ends_with('$') ||
      pattern.ends_with("\\$")) {
    return Fail(Fault::kValidation, "only patterns between \"^\" and \"$\" are supported");
  }
  auto rewritten = Rewriter(pattern.substr(1, pattern.size() - 2), repeats).Rewrite();
  if (!rewritten) return rewritten;
  return "^" + *rewritten + "$";
}

}  // namespace bedplate::engine
