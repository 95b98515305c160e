#include "base/json/writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json/text.h"

namespace bedplate::json {
namespace {

template <class T>
void AppendNumber(std::string& out, T value) {
  char text[32];  // the longest double takes 24
  const auto result = std::to_chars(text, text + sizeof text, value);
  out.append(text, result.ptr);
}

template <class T>
void AppendFloating(std::string& out, T value) {
  if (std::isfinite(value)) {
    AppendNumber(out, value);
  } else {
    out += "null";
  }
}

// Appends `before`, a quote, the text, which needs no escapes, and `after`, growing once.
void AppendPlain(std::string& out, std::string_view before, std::string_view text,
                 std::string_view after) {
  const size_t start = out.size();
  const size_t size = start + before.size() + 1 + text.size() + after.size();
  // The second argument is not looked at: in libstdc++ 12 it is the new capacity.
  out.resize_and_overwrite(size, [&](char* bytes, size_t) {
    char* at = std::ranges::copy(before, bytes + start).out;
    *at++ = '"';
    at = std::ranges::copy(text, at).out;
    std::ranges::copy(after, at);
    return size;
  });
}

void AppendEscape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u00";
  out += kDigits[c >> 4];
  out += kDigits[c & 0xF];
}

}  // namespace

void AppendQuoted(std::string& out, std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  if (FindStringStop(at, end) == end) return AppendPlain(out, {}, text, "\"");
  out += '"';
  for (;;) {
    const char* const stop = FindStringStop(at, end);
    out.append(at, stop);
    if (stop == end) break;
    AppendEscape(out, *stop);
    at = stop + 1;
  }
  out += '"';
}

void Writer::Key(std::string_view key) {
  const std::string_view separator = comma_ ? "," : "";
  comma_ = false;
  if (FindStringStop(key.data(), key.data() + key.size()) == key.data() + key.size()) {
    return AppendPlain(out_, separator, key, "\":");
  }
  out_ += separator;
  AppendQuoted(out_, key);
  out_ += ':';
}

void Writer::String(std::string_view text) {
  Separate();
  AppendQuoted(out_, text);
}

void Writer::Integer(int64_t value) {
  Separate();
  AppendNumber(out_, value);
}

void Writer::Unsigned(uint64_t value) {
  Separate();
  AppendNumber(out_, value);
}

void Writer::Double(double value) {
  Separate();
  AppendFloating(out_, value);
}

void Writer::Float(float value) {
  Separate();
  AppendFloating(out_, value);
}

void Writer::Boolean(bool value) {
  Separate();
  out_ += value ? "true" : "false";
}

void Writer::Null() {
  Separate();
  out_ += "null";
}

void Writer::Raw(std::string_view json) {
  Separate();
  out_ += json;
}

}  // namespace bedplate::json
