#include "net/http_date.h"

#include <chrono>
#include <cstring>

namespace bedplate::net {

namespace {

void Put(char*& out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  out += text.size();
}

void PutTwo(char*& out, unsigned number) {
  *out++ = static_cast<char>('0' + number / 10 % 10);
  *out++ = static_cast<char>('0' + number % 10);
}

}  // namespace

void FormatHttpDate(WallTime time, char* out) {
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  Put(out, kDays.substr(std::chrono::weekday(day).c_encoding() * 3, 3));
  Put(out, ", ");
  PutTwo(out, static_cast<unsigned>(date.day()));
  Put(out, " ");
  Put(out, kMonths.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3));
  Put(out, " ");
  PutTwo(out, year / 100);
  PutTwo(out, year % 100);
  Put(out, " ");
  PutTwo(out, static_cast<unsigned>(clock.hours().count()));
  Put(out, ":");
  PutTwo(out, static_cast<unsigned>(clock.minutes().count()));
  Put(out, ":");
  PutTwo(out, static_cast<unsigned>(clock.seconds().count()));
  Put(out, " GMT");
}

std::string_view HttpDate() {
  static thread_local char text[kHttpDateSize];
  static thread_local int64_t second = -1;
  const auto now = SystemClock().Now();
  const auto this_second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (this_second != second) {
    FormatHttpDate(now, text);
    second = this_second;
  }
  return {text, kHttpDateSize};
}

}  // namespace bedplate::net
