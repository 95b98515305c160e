// Start of llama.cpp and ggml, their log lines and their way of giving up.
#pragma once

#include <string>

namespace bedplate::engine {

// Once, before anything else of this folder. llama.cpp's log goes to ours; when ggml finds an
// assertion broken it aborts the process, and the reason becomes the last log line (the
// supervisor shows it), then the process exits with kExitAborted.
void StartBackend();

// What a crash inside llama.cpp becomes while a file that may be hostile is read: a log line
// naming the file, and exit code kExitBadModel, instead of a core dump.
void ReportCrashesAsBadModel(const char* path);
void StopReportingCrashes();

// The last line that llama.cpp wrote as an error, once; empty when there is none. Any thread.
std::string TakeLastError();

inline constexpr int kExitBadModel = 1;
inline constexpr int kExitAborted = 3;

}  // namespace bedplate::engine
