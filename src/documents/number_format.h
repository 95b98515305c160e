// Dates and times in spreadsheets: numbers that a cell's format shows as such.
//
// Threads: pure functions. spec: ECMA-376-1, 18.8.30 numFmt, 18.17.4 Dates and Times
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bedplate::documents {

// Whether the built-in format of that number shows a date or a time.
bool ShowsDate(int format_id);
// Whether a format such as "dd.mm.yyyy" does.
bool ShowsDate(std::string_view format_code);

// "2026-11-26", "2026-11-26 14:05:00" or "14:05:00". `since_1904`: days are counted from
// 1904-01-01, not from 1899-12-30. Nothing for what is no day of the years 1900 to 9999.
std::optional<std::string> DateText(double days, bool since_1904);

}  // namespace bedplate::documents
