#include "documents/number_format.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

namespace bedplate::documents {

bool ShowsDate(int format_id) {
  return (format_id >= 14 && format_id <= 22) || (format_id >= 45 && format_id <= 47);
}

bool ShowsDate(std::string_view format_code) {
  for (size_t i = 0; i < format_code.size(); ++i) {
    const char c = format_code[i];
    if (c == ';') return false;  // the first part is for numbers above zero
    if (c == '\\' || c == '_' || c == '*') {
      ++i;
    } else if (c == '"') {
      i = format_code.find('"', i + 1);
      if (i == std::string_view::npos) return false;
    } else if (c == '[') {
      const size_t end = format_code.find(']', i);
      if (end == std::string_view::npos) return false;
      // Elapsed hours, minutes, seconds; other brackets hold colours, conditions, currencies.
      const std::string_view inside = format_code.substr(i + 1, end - i - 1);
      if (!inside.empty() && inside.find_first_not_of("hHmMsS") == std::string_view::npos) {
        return true;
      }
      i = end;
    } else if (std::string_view("yYmMdDhHsS").contains(c)) {
      return true;
    } else if (format_code.substr(i).starts_with("General")) {
      return false;
    }
  }
  return false;
}

std::optional<std::string> DateText(double days, bool since_1904) {
  constexpr double kDaysMax = 2'958'466;  // 10000-01-01
  constexpr double kSecondsInDay = 86'400;
  if (!(days >= 0) || days >= kDaysMax) return std::nullopt;
  const double seconds = std::round(days * kSecondsInDay);
  const auto whole = static_cast<int64_t>(seconds / kSecondsInDay);
  const auto rest = static_cast<int64_t>(seconds) - whole * static_cast<int64_t>(kSecondsInDay);
  const std::string time =
      fmt::format("{:02}:{:02}:{:02}", rest / 3'600, rest / 60 % 60, rest % 60);
  if (whole == 0 && !since_1904) return time;
  using std::chrono::sys_days;
  // Day 60 is the 29 February 1900, which never was; the days before it are one later.
  const int64_t count = !since_1904 && whole < 60 ? whole + 1 : whole;
  const sys_days begin = since_1904 ? sys_days(std::chrono::year(1904) / 1 / 1)
                                    : sys_days(std::chrono::year(1899) / 12 / 30);
  const std::chrono::year_month_day day(begin + std::chrono::days(count));
  std::string date =
      fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                  static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return rest == 0 ? date : date + " " + time;
}

}  // namespace bedplate::documents
