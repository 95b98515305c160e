#include "wire/uri.h"

namespace bedplate::wire {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Target SplitTarget(std::string_view target) {
  target = target.substr(0, target.find('#'));
  const size_t question = target.find('?');
  if (question == std::string_view::npos) return {target, {}};
  return {target.substr(0, question), target.substr(question + 1)};
}

bool AppendPercentDecoded(std::string& out, std::string_view text, bool plus_is_space) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (text.size() - i < 3) return false;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return true;
}

bool QueryParameters::Next() {
  while (!rest_.empty()) {
    const size_t end = rest_.find('&');
    const std::string_view part = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    has_value_ = equals != std::string_view::npos;
    name_ = part.substr(0, equals);
    value_ = has_value_ ? part.substr(equals + 1) : std::string_view();
    return true;
  }
  return false;
}

std::optional<std::string_view> FindParameter(std::string_view query, std::string_view name) {
  for (QueryParameters walk(query); walk.Next();) {
    if (walk.raw_name() == name) return walk.raw_value();
  }
  return std::nullopt;
}

}  // namespace bedplate::wire
