// What the command line says to people: results on standard output, trouble on standard error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bedplate::app {

// Exit statuses of the program.
inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotRunning = 3;  // `bedplate status`, as service managers expect

void Print(std::string_view text);     // a line end is added
void Complain(std::string_view text);  // as "bedplate: <text>"

// Rows with their columns lined up, the first row being the heading.
std::string Table(const std::vector<std::vector<std::string>>& rows);

std::string ShowBytes(uint64_t bytes);             // "23.4 MiB"
std::string ShowDuration(int64_t seconds);         // "2 h 13 min"
std::string QuoteForShell(std::string_view text);  // only where a POSIX shell needs it

}  // namespace bedplate::app
