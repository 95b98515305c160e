#include "wire/timestamp.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <iterator>

#include "base/json/reader.h"

namespace bedplate::wire {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int64_t kSecondsInDay = 86400;
constexpr int32_t kNanosecondsInSecond = 1'000'000'000;
// The years 1 to 9999: what all formats can say.
constexpr int64_t kSecondsMin = -62'135'596'800;
constexpr int64_t kSecondsMax = 253'402'300'799;
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view kWeekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

// Takes pieces off the front of a text; after a failure everything fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  int Number(size_t digits_min, size_t digits_max) {
    size_t size = 0;
    while (size < text_.size() && size < digits_max && text_[size] >= '0' && text_[size] <= '9') {
      ++size;
    }
    int value = 0;
    std::from_chars(text_.data(), text_.data() + size, value);
    ok_ = ok_ && size >= digits_min;
    text_.remove_prefix(size);
    return value;
  }
  void Word(std::string_view word) { ok_ = ok_ && Take(word); }
  bool Take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  // The digits after a point as nanoseconds; more than nine are cut.
  int32_t Fraction() {
    int32_t value = 0;
    size_t digits = 0;
    while (!text_.empty() && text_[0] >= '0' && text_[0] <= '9') {
      if (digits < 9) value = value * 10 + (text_[0] - '0');
      ++digits;
      text_.remove_prefix(1);
    }
    ok_ = ok_ && digits > 0;
    for (; digits < 9; ++digits) value *= 10;
    return value;
  }
  std::string_view rest() const { return text_; }
  void Skip(size_t count) { text_.remove_prefix(std::min(count, text_.size())); }
  bool Done() const { return ok_ && text_.empty(); }
  bool ok() const { return ok_; }

 private:
  std::string_view text_;
  bool ok_ = true;
};

struct Clock {
  int hour, minute, second;
  bool ok() const { return hour < 24 && minute < 60 && second <= 60; }  // 60: a leap second
  int64_t Seconds() const { return hour * 3600 + minute * 60 + second; }
};

bool Assemble(int year, int month, int day, const Clock& clock, Timestamp& value) {
  const year_month_day date{std::chrono::year(year),
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || !clock.ok()) return false;
  const int64_t since_epoch = sys_days(date).time_since_epoch().count();
  value.seconds = since_epoch * kSecondsInDay + clock.Seconds();
  return true;
}

bool ParseIso8601(std::string_view text, Timestamp& value) {
  Scanner scan(text);
  const int year = scan.Number(4, 4);
  scan.Word("-");
  const int month = scan.Number(2, 2);
  scan.Word("-");
  const int day = scan.Number(2, 2);
  if (!scan.Take("t") && !scan.Take(" ")) scan.Word("T");
  Clock clock{};
  clock.hour = scan.Number(2, 2);
  scan.Word(":");
  clock.minute = scan.Number(2, 2);
  scan.Word(":");
  clock.second = scan.Number(2, 2);
  value.nanoseconds = scan.Take(".") ? scan.Fraction() : 0;
  int64_t offset = 0;
  if (!scan.Take("Z") && !scan.Take("z")) {
    const bool east = scan.Take("+");
    if (!east) scan.Word("-");
    const int hours = scan.Number(2, 2);
    scan.Word(":");
    offset = (hours * 60 + scan.Number(2, 2)) * (east ? 60 : -60);
  }
  if (!scan.Done() || !Assemble(year, month, day, clock, value)) return false;
  value.seconds -= offset;
  return true;
}

bool ParseRfc822(std::string_view text, Timestamp& value) {
  Scanner scan(text);
  if (const size_t comma = text.find(", "); comma != std::string_view::npos) scan.Skip(comma + 2);
  const int day = scan.Number(1, 2);
  scan.Word(" ");
  int month = 0;
  for (size_t i = 0; i < std::size(kMonths); ++i) {
    if (scan.rest().starts_with(kMonths[i])) month = static_cast<int>(i) + 1;
  }
  scan.Skip(3);
  scan.Word(" ");
  const int year = scan.Number(4, 4);
  scan.Word(" ");
  Clock clock{};
  clock.hour = scan.Number(2, 2);
  scan.Word(":");
  clock.minute = scan.Number(2, 2);
  scan.Word(":");
  clock.second = scan.Number(2, 2);
  value.nanoseconds = scan.Take(".") ? scan.Fraction() : 0;
  scan.Word(" GMT");
  return scan.Done() && month != 0 && Assemble(year, month, day, clock, value);
}

bool ParseAnyUnix(std::string_view text, Timestamp& value) {
  if (json::ToInt64(text, value.seconds)) {
    value.nanoseconds = 0;
    return true;
  }
  // Plain decimals are taken digit by digit: a double cannot hold nanoseconds of today.
  const bool negative = text.starts_with('-');
  const size_t point = text.find('.');
  if (point != std::string_view::npos && text.find_first_of("eE") == std::string_view::npos) {
    if (!json::ToInt64(text.substr(0, point), value.seconds) || value.seconds < kSecondsMin) {
      return false;
    }
    Scanner scan(text.substr(point + 1));
    value.nanoseconds = scan.Fraction();
    if (!scan.Done()) return false;
    if (negative && value.nanoseconds != 0) {
      value.seconds -= 1;
      value.nanoseconds = kNanosecondsInSecond - value.nanoseconds;
    }
    return true;
  }
  double seconds = 0;
  // Written so that "nan", which is below nothing, is refused too.
  if (!json::ToDouble(text, seconds) || !(std::fabs(seconds) < 0x1p62)) return false;
  const double whole = std::floor(seconds);
  value.seconds = static_cast<int64_t>(whole);
  value.nanoseconds = static_cast<int32_t>((seconds - whole) * kNanosecondsInSecond);
  return true;
}

bool ParseUnix(std::string_view text, Timestamp& value) {
  return ParseAnyUnix(text, value) && value.seconds >= kSecondsMin && value.seconds <= kSecondsMax;
}

void AppendFraction(std::string& out, int32_t nanoseconds) {
  if (nanoseconds == 0) return;
  if (nanoseconds % 1'000'000 == 0) {
    fmt::format_to(std::back_inserter(out), ".{:03}", nanoseconds / 1'000'000);
  } else if (nanoseconds % 1'000 == 0) {
    fmt::format_to(std::back_inserter(out), ".{:06}", nanoseconds / 1'000);
  } else {
    fmt::format_to(std::back_inserter(out), ".{:09}", nanoseconds);
  }
}

void AppendUnix(std::string& out, const Timestamp& value) {
  const bool negative = value.seconds < 0 && value.nanoseconds != 0;
  if (negative && value.seconds == -1) out += '-';  // -0.5 has no -0 to print
  fmt::format_to(std::back_inserter(out), "{}", negative ? value.seconds + 1 : value.seconds);
  AppendFraction(out, negative ? kNanosecondsInSecond - value.nanoseconds : value.nanoseconds);
}

}  // namespace

bool ParseTimestamp(std::string_view text, TimestampFormat format, Timestamp& value) {
  switch (format) {
    case TimestampFormat::kIso8601:
      return ParseIso8601(text, value);
    case TimestampFormat::kRfc822:
      return ParseRfc822(text, value);
    case TimestampFormat::kUnix:
      return ParseUnix(text, value);
    case TimestampFormat::kDefault:
      break;
  }
  return ParseIso8601(text, value) || ParseRfc822(text, value) || ParseUnix(text, value);
}

void AppendTimestamp(std::string& out, TimestampFormat format, const Timestamp& value) {
  if (format == TimestampFormat::kUnix) return AppendUnix(out, value);
  int64_t day = value.seconds / kSecondsInDay;
  int64_t second = value.seconds % kSecondsInDay;
  if (second < 0) {
    second += kSecondsInDay;
    --day;
  }
  const sys_days date{days(day)};
  const year_month_day ymd(date);
  const int year = static_cast<int>(ymd.year());
  const auto month = static_cast<unsigned>(ymd.month());
  const auto at = std::back_inserter(out);
  if (format == TimestampFormat::kRfc822) {
    const unsigned weekday = std::chrono::weekday(date).c_encoding();
    fmt::format_to(at, "{}, {:02} {} {:04} {:02}:{:02}:{:02}", kWeekdays[weekday],
                   static_cast<unsigned>(ymd.day()), kMonths[month - 1], year, second / 3600,
                   second / 60 % 60, second % 60);
    AppendFraction(out, value.nanoseconds);
    out += " GMT";
    return;
  }
  fmt::format_to(at, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", year, month,
                 static_cast<unsigned>(ymd.day()), second / 3600, second / 60 % 60, second % 60);
  AppendFraction(out, value.nanoseconds);
  out += 'Z';
}

}  // namespace bedplate::wire
