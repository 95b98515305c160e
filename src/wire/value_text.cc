#include "wire/value_text.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/json/reader.h"

namespace bedplate::wire {
namespace {

template <class T>
bool Whole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

template <class T>
std::string Shortest(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

bool ToFloating(std::string_view text, float& value) { return json::ToFloat(text, value); }
bool ToFloating(std::string_view text, double& value) { return json::ToDouble(text, value); }

template <class T>
bool Floating(std::string_view text, T& value) {
  if (text == "NaN") {
    value = std::numeric_limits<T>::quiet_NaN();
  } else if (text == "Infinity") {
    value = std::numeric_limits<T>::infinity();
  } else if (text == "-Infinity") {
    value = -std::numeric_limits<T>::infinity();
  } else {
    // from_chars knows more words ("inf") than the protocols do.
    return text.find_first_not_of("+-0123456789.eE") == std::string_view::npos &&
           ToFloating(text, value);
  }
  return true;
}

}  // namespace

void AppendXmlEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':  // a reader would make a line feed of it
        out += "&#xD;";
        break;
      default:
        if (static_cast<uint8_t>(c) >= 0x20 || c == '\n' || c == '\t') {
          out += c;
        } else {
          out += "\xEF\xBF\xBD";
        }
    }
  }
}

std::string NumberText(float value) { return Shortest(value); }
std::string NumberText(double value) { return Shortest(value); }

bool ParseNumber(std::string_view text, int32_t& value) { return Whole(text, value); }
bool ParseNumber(std::string_view text, int64_t& value) { return Whole(text, value); }
bool ParseNumber(std::string_view text, float& value) { return Floating(text, value); }
bool ParseNumber(std::string_view text, double& value) { return Floating(text, value); }

}  // namespace bedplate::wire
