#include "base/log_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <concepts>
#include <iterator>

#include "base/limits.h"

namespace bedplate::log {
namespace {

using std::chrono::sys_days;

void AppendInteger(std::integral auto value, std::string& out) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

// With zeros before it: at least `width` digits, of a value that is not negative.
void AppendPadded(int64_t value, int width, std::string& out) {
  for (int64_t bound = 10; --width > 0; bound *= 10) {
    if (value < bound) {
      out.append(static_cast<size_t>(width), '0');
      break;
    }
  }
  AppendInteger(value, out);
}

// A line an access: by hand, since general formatting took a third of the line's time.
void AppendTime(WallTime time, char separator, std::string& out) {
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(millis);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{millis - day};
  const auto part = [&out](int64_t value, int width, char after) {
    AppendPadded(value, width, out);
    out += after;
  };
  part(static_cast<int>(date.year()), 4, '-');
  part(static_cast<unsigned>(date.month()), 2, '-');
  part(static_cast<unsigned>(date.day()), 2, separator);
  part(clock.hours().count(), 2, ':');
  part(clock.minutes().count(), 2, ':');
  part(clock.seconds().count(), 2, '.');
  part(clock.subseconds().count(), 3, 'Z');
}

// Bytes of the UTF-8 character at the front of `text`, or 0 if there is none.
size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  size_t count = 0;
  unsigned low = 0x80;
  unsigned high = 0xbf;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) count = 2;
  if (first >= 0xe0 && first <= 0xef) count = 3;
  if (first >= 0xf0 && first <= 0xf4) count = 4;
  if (count == 0 || count > text.size()) return 0;
  // spec: RFC 3629, 4: no overlong forms, no surrogates, nothing above U+10FFFF.
  if (first == 0xe0) low = 0xa0;
  if (first == 0xed) high = 0x9f;
  if (first == 0xf0) low = 0x90;
  if (first == 0xf4) high = 0x8f;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < count; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return count;
}

// Which bytes stand for themselves in a quoted value, and which in one without quotes. Tables: a
// line of five hundred bytes is written for each request.
using ByteSet = std::array<bool, 256>;

constexpr ByteSet BytesThat(auto is_member) {
  ByteSet set{};
  for (size_t byte = 0; byte < set.size(); ++byte) set[byte] = is_member(byte);
  return set;
}

constexpr ByteSet kPlain = BytesThat(
    [](size_t byte) { return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\'; });
constexpr ByteSet kNeedsQuotes = BytesThat(
    [](size_t byte) { return byte <= ' ' || byte == '"' || byte == '=' || byte >= 0x7f; });

bool IsIn(const ByteSet& set, char c) { return set[static_cast<uint8_t>(c)]; }

// JSON escapes serve both formats: in text they keep a line one line.
void AppendEscaped(std::string_view text, std::string& out) {
  for (;;) {
    const auto plain =
        std::ranges::find_if_not(text, [](char c) { return IsIn(kPlain, c); }) - text.begin();
    out += text.substr(0, static_cast<size_t>(plain));
    text.remove_prefix(static_cast<size_t>(plain));
    if (text.empty()) return;
    const char c = text.front();
    const size_t bytes = CharacterBytes(text);
    if (bytes == 0) {
      out += "\\ufffd";
    } else if (bytes > 1) {
      out += text.substr(0, bytes);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
}

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  AppendEscaped(text, out);
  out += '"';
}

bool NeedsQuotes(std::string_view text) {
  return text.empty() || std::ranges::any_of(text, [](char c) { return IsIn(kNeedsQuotes, c); });
}

struct AppendValue {
  Format format;
  std::string& out;

  void operator()(std::string_view value) const {
    if (format == Format::kText && !NeedsQuotes(value)) {
      AppendEscaped(value, out);
    } else {
      AppendQuoted(value, out);
    }
  }
  void operator()(int64_t value) const { AppendInteger(value, out); }
  void operator()(uint64_t value) const { AppendInteger(value, out); }
  void operator()(double value) const {
    if (std::isfinite(value)) {
      fmt::format_to(std::back_inserter(out), "{}", value);
    } else {
      (*this)(value != value ? std::string_view("nan") : value > 0 ? "infinity" : "-infinity");
    }
  }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(Sensitive secret) const {
    (*this)(std::string_view(fmt::format("redacted:{}", secret.value.size())));
  }
};

constexpr std::string_view Name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
    case Level::kOff:
      break;
  }
  return "off";
}

void AppendJson(const Event& event, std::string& out) {
  out += "{\"time\":\"";
  AppendTime(event.time, 'T', out);
  out += "\",\"level\":\"";
  out += Name(event.level);
  out += "\",\"module\":";
  AppendQuoted(event.module, out);
  out += ",\"message\":";
  AppendQuoted(event.message, out);
  for (const Field& field : event.fields) {
    out += ',';
    AppendQuoted(field.key, out);
    out += ':';
    std::visit(AppendValue{Format::kJson, out}, field.value);
  }
  out += "}\n";
}

void AppendText(const Event& event, std::string& out) {
  AppendTime(event.time, ' ', out);
  constexpr size_t kLevelColumns = 7;
  const std::string_view level = Name(event.level);
  out.append(" ").append(level).append(kLevelColumns - level.size() + 1, ' ');
  out.append(event.module).append(": ");
  AppendEscaped(event.message, out);
  for (const Field& field : event.fields) {
    out += ' ';
    AppendEscaped(field.key, out);
    out += '=';
    std::visit(AppendValue{Format::kText, out}, field.value);
  }
  out += '\n';
}

}  // namespace

void AppendLine(const Event& event, Format format, std::string& out) {
  const size_t start = out.size();
  format == Format::kJson ? AppendJson(event, out) : AppendText(event, out);
  if (out.size() - start <= limits::kLogLineBytesMax) return;
  // A cut JSON line would be no JSON: say what is missing in its place.
  out.resize(start);
  const Field size("dropped_fields", event.fields.size());
  const Event short_event{event.time,
                          event.level,
                          event.module,
                          event.message.substr(0, limits::kLogLineBytesMax / 8),
                          {&size, 1}};
  format == Format::kJson ? AppendJson(short_event, out) : AppendText(short_event, out);
}

}  // namespace bedplate::log
