#include "engine/llamacpp/backend.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "engine/buffers/page_buffers.h"
#include "llama.h"
#include "mtmd.h"

namespace bedplate::engine {
namespace {

constexpr std::array kCrashSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// llama.cpp takes the cache that all requests share for the context of one and warns; the scheduler
// keeps each within what the model was trained on.
constexpr std::string_view kHarmless[] = {
    "possible training context overflow",
    // The matrices of an adapter are not laid out anew as the model's are.
    "fallback to CPU",
};

std::mutex g_last_error_mutex;
std::string g_last_error;

// llama.cpp logs in pieces: a line ends with '\n', a continuation has level CONT.
void TakeLogPiece(ggml_log_level level, const char* text, void* /*user_data*/) {
  static std::mutex mutex;
  static std::string line;
  static ggml_log_level line_level = GGML_LOG_LEVEL_NONE;
  const std::lock_guard lock(mutex);
  if (level != GGML_LOG_LEVEL_CONT) line_level = level;
  line += text;
  if (!line.ends_with('\n')) return;
  line.pop_back();
  const bool harmless =
      std::ranges::any_of(kHarmless, [](std::string_view known) { return line.contains(known); });
  if (harmless) line_level = GGML_LOG_LEVEL_INFO;
  switch (line_level) {
    case GGML_LOG_LEVEL_ERROR:
      log::Error("llama.cpp", line);
      {
        const std::lock_guard error_lock(g_last_error_mutex);
        g_last_error = line;
      }
      break;
    case GGML_LOG_LEVEL_WARN:
      log::Warning("llama.cpp", line);
      break;
    default:  // its "info" is a page of details for each model
      log::Debug("llama.cpp", line);
  }
  line.clear();
}

// What is being read.
std::string g_path;
std::string g_adapter;
// The same as JSON and cut off, for the signal handler, which may not allocate.
char g_path_as_json[512];
char g_adapter_as_json[512];

void OnAbort(const char* message) {
  log::Error("llama.cpp", "llama.cpp gave up",
             {{"reason", message}, {"file", g_path}, {"crashed_adapter", g_adapter}});
  log::Stop();
  _exit(g_path.empty() ? kExitAborted : kExitBadModel);
}

template <size_t kBytes>
void PutAsJson(std::string_view text, char (&into)[kBytes]) {
  size_t at = 0;
  for (const char c : text) {
    if (at + 3 >= kBytes) break;
    if (c == '"' || c == '\\') into[at++] = '\\';
    into[at++] = static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  }
  into[at] = 0;
}

void WriteToStandardError(const char* text) {
  if (write(STDERR_FILENO, text, strlen(text)) < 0) {
    // Nobody reads it; there is nothing else to tell.
  }
}

void OnCrash(int signal_number) {
  const char* name = "a signal";
  if (signal_number == SIGSEGV) name = "SIGSEGV";
  if (signal_number == SIGBUS) name = "SIGBUS";
  if (signal_number == SIGFPE) name = "SIGFPE";
  if (signal_number == SIGILL) name = "SIGILL";
  if (signal_number == SIGABRT) name = "SIGABRT";
  WriteToStandardError(
      "{\"level\":\"error\",\"module\":\"engine\",\"message\":\"the model file is "
      "damaged: llama.cpp crashed while reading it\",\"signal\":\"");
  WriteToStandardError(name);
  WriteToStandardError("\",\"file\":\"");
  WriteToStandardError(g_path_as_json);
  WriteToStandardError("\",\"crashed_adapter\":\"");
  WriteToStandardError(g_adapter_as_json);
  WriteToStandardError("\"}\n");
  _exit(kExitBadModel);
}

}  // namespace

std::string TakeLastError() {
  const std::lock_guard lock(g_last_error_mutex);
  return std::exchange(g_last_error, {});
}

void StartBackend() {
  llama_log_set(TakeLogPiece, nullptr);
  mtmd_log_set(TakeLogPiece, nullptr);
  ggml_set_abort_callback(OnAbort);
  llama_backend_init();
  UsePageBuffers();
}

void ReportCrashesAsBadModel(std::string_view path, std::string_view adapter) {
  g_path = path;
  g_adapter = adapter;
  PutAsJson(path, g_path_as_json);
  PutAsJson(adapter, g_adapter_as_json);
  for (const int signal_number : kCrashSignals) {
    struct sigaction action = {};
    action.sa_handler = OnCrash;
    action.sa_flags = SA_RESETHAND;
    sigaction(signal_number, &action, nullptr);
  }
}

void StopReportingCrashes() {
  for (const int signal_number : kCrashSignals) signal(signal_number, SIG_DFL);
  g_path.clear();
  g_adapter.clear();
  g_path_as_json[0] = 0;
  g_adapter_as_json[0] = 0;
}

std::string LibraryVersion() { return std::string(ggml_version()) + "-" + ggml_commit(); }

}  // namespace bedplate::engine
