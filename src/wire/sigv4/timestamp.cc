#include "wire/sigv4/timestamp.h"

#include <array>
#include <cstdio>

namespace bedplate::wire::sigv4 {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;
using std::chrono::year_month_day;

// `text` must be digits and nothing else.
std::optional<int> ReadDigits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<Seconds> Compose(int y, int m, int d, int hour, int minute, int second) {
  const year_month_day date{year(y), month(static_cast<unsigned>(m)),
                            day(static_cast<unsigned>(d))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace

std::optional<Seconds> ReadBasicTime(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto y = ReadDigits(text.substr(0, 4));
  const auto m = ReadDigits(text.substr(4, 2));
  const auto d = ReadDigits(text.substr(6, 2));
  const auto hour = ReadDigits(text.substr(9, 2));
  const auto minute = ReadDigits(text.substr(11, 2));
  const auto second = ReadDigits(text.substr(13, 2));
  if (!y || !m || !d || !hour || !minute || !second) return std::nullopt;
  return Compose(*y, *m, *d, *hour, *minute, *second);
}

std::string BasicTime(Seconds time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const year_month_day date(midnight);
  const auto in_day = std::chrono::hh_mm_ss(time - midnight);
  std::array<char, 40> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(in_day.hours().count()), static_cast<int>(in_day.minutes().count()),
      static_cast<int>(in_day.seconds().count()));
  return std::string(text.data(), static_cast<size_t>(length));
}

std::optional<Seconds> ReadHttpDate(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() < 29 || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' ||
      text[16] != ' ' || text[19] != ':' || text[22] != ':') {
    return std::nullopt;
  }
  const auto zone = text.substr(25);
  if (zone != " GMT" && zone != " -0000" && zone != " +0000") return std::nullopt;
  const auto d = ReadDigits(text.substr(5, 2));
  const size_t at = kMonths.find(text.substr(8, 3));
  const auto y = ReadDigits(text.substr(12, 4));
  const auto hour = ReadDigits(text.substr(17, 2));
  const auto minute = ReadDigits(text.substr(20, 2));
  const auto second = ReadDigits(text.substr(23, 2));
  if (!d || at == std::string_view::npos || at % 3 != 0 || !y || !hour || !minute || !second) {
    return std::nullopt;
  }
  return Compose(*y, static_cast<int>(at / 3) + 1, *d, *hour, *minute, *second);
}

}  // namespace bedplate::wire::sigv4
