#include "engine/chat/outside_text.h"

#include <utility>

#include "base/ids.h"

namespace bedplate::engine {
namespace {

// Letters and digits only: no template or JSON writer changes those.
std::string RandomMark() {
  uint8_t bytes[16];
  FillRandom(bytes);
  std::string mark = "x";
  for (const uint8_t byte : bytes) {
    mark += static_cast<char>('a' + byte / 16);
    mark += static_cast<char>('a' + byte % 16);
  }
  return mark;
}

}  // namespace

OutsideText::OutsideText(const ControlTexts& controls) : controls_(controls), mark_(RandomMark()) {}

std::string OutsideText::Mark(std::string_view text) {
  return MarkFrom(text, controls_.MayGoOn(text));
}

// `may_go_on`: the first byte may be the rest of a control text.
std::string OutsideText::MarkFrom(std::string_view text, bool may_go_on) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    if (controls_.MayBegin(rest) || (at == 0 && may_go_on)) {
      out += mark_;
      marked_ = true;
    }
    out += text[at];
  }
  return out;
}

json::Value OutsideText::MarkAll(const json::Value& value) {
  if (const std::string* text = value.AsString()) return MarkFrom(*text, false);
  if (const json::Value::Array* list = value.AsArray()) {
    json::Value::Array out;
    for (const json::Value& element : *list) out.push_back(MarkAll(element));
    return out;
  }
  if (const json::Value::Object* members = value.AsObject()) {
    json::Value::Object out;
    for (const auto& [name, member] : *members)
      out.emplace_back(MarkFrom(name, false), MarkAll(member));
    return out;
  }
  return value;
}

std::vector<PromptPart> OutsideText::TakeMarks(std::string_view prompt) const {
  std::vector<PromptPart> parts;
  for (;;) {
    const size_t mark = prompt.find(mark_);
    if (mark > 0) parts.push_back({.text = std::string(prompt.substr(0, mark))});
    if (mark == std::string_view::npos) return parts;
    prompt.remove_prefix(mark + mark_.size());
    if (prompt.empty() || prompt.starts_with(mark_)) continue;
    parts.push_back({.text = std::string(prompt.substr(0, 1)), .from_template = false});
    prompt.remove_prefix(1);
  }
}

}  // namespace bedplate::engine
