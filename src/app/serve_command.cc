#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "app/commands.h"
#include "app/print.h"
#include "app/server_program.h"
#include "app/version.h"
#include "base/clock.h"
#include "base/log.h"

namespace bedplate::app {
namespace {

constexpr int kExitInterrupted = 130;  // as a shell reports SIGINT
constexpr timespec kRound{.tv_sec = 1, .tv_nsec = 0};

// Taken by sigtimedwait in main alone; every thread made later inherits the mask.
sigset_t HandledSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&set, number);
  return set;
}

void PrepareProcess(const sigset_t& handled) {
  pthread_sigmask(SIG_BLOCK, &handled, nullptr);
  signal(SIGPIPE, SIG_IGN);  // a client that left is an error of its own write, not our end
  signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is one, too
  // glibc gives each thread up to 64 MiB of address space to fragment; the reactors share two.
  mallopt(M_ARENA_MAX, 2);
  // Each connection is a file; the soft limit is kept low for programs that use select().
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

log::Level LevelNamed(std::string_view name) {
  if (name == "debug") return log::Level::kDebug;
  if (name == "warning") return log::Level::kWarning;
  if (name == "error") return log::Level::kError;
  if (name == "off") return log::Level::kOff;
  return log::Level::kInfo;
}

void StartLog(const LoadedSettings& loaded) {
  const Settings::Log& settings = loaded.settings.log;
  log::Start({.level = LevelNamed(settings.level),
              .format = settings.format == "json" ? log::Format::kJson : log::Format::kText});
  for (const std::string& name : loaded.unknown_variables) {
    log::Warning("app", "an environment variable is no setting and is not used", {{"name", name}});
  }
}

// Someone at a terminal who presses Ctrl-C again does not want to wait for running answers. A
// repeated SIGTERM is a service manager's and changes nothing: it has SIGKILL for that.
void LeaveAtNextInterrupt(const sigset_t& handled) {
  std::thread([handled] {
    int number = 0;
    do {
      sigwait(&handled, &number);
    } while (number != SIGINT);
    log::Warning("app", "interrupted again: running answers are cut");
    log::Stop();
    _exit(kExitInterrupted);
  }).detach();
}

void RunUntilAskedToStop(ServerProgram& program, const sigset_t& handled) {
  while (true) {
    const int number = sigtimedwait(&handled, nullptr, &kRound);
    if (number == SIGINT || number == SIGTERM || number == SIGHUP) {
      log::Info("app", "asked to stop", {{"signal", strsignal(number)}});
      return;
    }
    program.KeepHouse();
  }
}

}  // namespace

int Serve(const LoadedSettings& loaded, const ServeArguments& arguments) {
  const MonotonicTime began = SystemClock().Monotonic();
  const sigset_t handled = HandledSignals();
  PrepareProcess(handled);
  StartLog(loaded);
  auto program = ServerProgram::Start(loaded.settings,
                                      {.record = arguments.record, .replay = arguments.replay});
  if (!program) {
    log::Stop();
    Complain(program.error().message);
    return kExitFailure;
  }
  const auto took_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(SystemClock().Monotonic() - began);
  log::Info("app", "ready",
            {{"version", kVersion},
             {"endpoint", (*program)->endpoint()},
             {"data", (*program)->data_folder().path().string()},
             {"settings", loaded.file ? loaded.file->string() : std::string("built in")},
             {"start_ms", took_ms.count()}});
  if (!arguments.quiet) Print((*program)->ReadyText(loaded.origins.contains("data.folder")));
  RunUntilAskedToStop(**program, handled);
  LeaveAtNextInterrupt(handled);
  const bool whole = (*program)->Stop(std::chrono::seconds(loaded.settings.server.stop_grace_s));
  program->reset();
  log::Info("app", "stopped", {{"all_answers_finished", whole}});
  log::Stop();
  return kExitSuccess;
}

}  // namespace bedplate::app
