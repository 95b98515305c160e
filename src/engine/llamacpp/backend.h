// Start of llama.cpp and ggml, their log lines and their way of giving up.
#pragma once

#include <string>
#include <string_view>

namespace bedplate::engine {

// Once, before anything else of this folder. llama.cpp's log goes to ours; when ggml finds an
// assertion broken it aborts the process, and the reason becomes the last log line (the
// supervisor shows it), then the process exits with kExitAborted.
void StartBackend();

// What a crash inside llama.cpp becomes while a file that may be hostile is read: a log line
// naming the file, and exit code kExitBadModel, instead of a core dump. `adapter`: what the adapter
// that is read is called, empty for other files. The line has it as crashed_adapter, by which
// whoever started the process knows it again: a long path is cut off.
void ReportCrashesAsBadModel(std::string_view path, std::string_view adapter = {});
void StopReportingCrashes();

// The last line that llama.cpp wrote as an error, once; empty when there is none. Any thread.
std::string TakeLastError();

// Which llama.cpp it is: another one may compute otherwise.
std::string LibraryVersion();

inline constexpr int kExitBadModel = 1;
inline constexpr int kExitAborted = 3;

}  // namespace bedplate::engine
