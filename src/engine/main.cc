// bedplate-engine: one loaded model behind OpenAI's protocol on a Unix socket.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "engine/llamacpp/backend.h"
#include "engine/server/completion_writer.h"
#include "engine/server/describe.h"
#include "engine/server/engine_handler.h"
#include "engine/server/engine_options.h"
#include "engine/server/engine_service.h"
#include "net/blocking_pool.h"
#include "net/reactors.h"
#include "net/server.h"

namespace bedplate::engine {
namespace {

constexpr int kExitUsage = 2;
constexpr std::chrono::seconds kPatience{5};

// Without its parent nobody would ever stop this process.
bool EndWithParent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return getppid() == parent;  // it may have died before the call
}

// Waits for SIGTERM or SIGINT, which all threads have blocked.
void WaitForStop(const sigset_t& signals) {
  int signal_number = 0;
  sigwait(&signals, &signal_number);
}

int Serve(const EngineOptions& options, const sigset_t& stop_signals) {
  net::Reactors reactors({.threads = 1});
  net::BlockingPool pool(1);
  LoadProgress progress;
  EngineHandler handler(pool, progress);
  net::ServerOptions server_options;
  server_options.limits.body_bytes_max = EngineHandler::kBodyBytesMax;
  server_options.error_answer = [](int status, std::string_view message) {
    return ErrorResponse(status, message, status >= 500 ? "server_error" : "invalid_request_error");
  };
  std::optional<net::Server> server(std::in_place, reactors, handler, std::move(server_options));
  if (auto listening = server->ListenUnix(options.socket_path); !listening) {
    log::Error("engine", listening.error().message, {{"socket", options.socket_path}});
    return kExitUsage;
  }
  StartBackend();
  auto service = EngineService::Create(options, reactors.at(0).context(), progress);
  if (!service) {
    log::Error("engine", service.error().message, {{"file", options.model_file}});
    return kExitBadModel;
  }
  handler.SetService(service->get());
  WaitForStop(stop_signals);
  // No handler runs after this, then no reactor: what the service still posts is not looked at.
  server->Drain(kPatience);
  server.reset();
  reactors.Stop();
  return 0;
}

// Prints one line for the process that asked.
int DescribeModel(const EngineOptions& options) {
  LimitResources();
  StartBackend();
  const auto description = Describe(options);
  if (!description) {
    log::Error("engine", description.error().message, {{"file", options.model_file}});
    return kExitBadModel;
  }
  std::fputs((*description + "\n").c_str(), stdout);
  return 0;
}

int Main(int argc, const char* const* argv) {
  const pid_t parent = getppid();
  std::string help;
  const auto options = ParseEngineOptions(argc, argv, help);
  if (!help.empty()) {
    std::fputs(help.c_str(), stdout);
    return 0;
  }
  if (!options) {
    std::fprintf(stderr, "bedplate-engine: %s\n", options.error().message.c_str());
    return kExitUsage;
  }
  if (!EndWithParent(parent)) return 0;
  signal(SIGPIPE, SIG_IGN);
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  log::Start({.format = log::Format::kJson});
  const int code =
      options->socket_path.empty() ? DescribeModel(*options) : Serve(*options, stop_signals);
  log::Stop();
  return code;
}

}  // namespace
}  // namespace bedplate::engine

int main(int argc, char** argv) { return bedplate::engine::Main(argc, argv); }
