#include "models/hosting/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bedplate::models {
namespace {

constexpr size_t kLineBytesMax = 8192;

std::unexpected<Error> CannotStart(const ChildCommand& command, int error) {
  return Fail(Fault::kUnavailable,
              fmt::format("{} can't be started: {}", command.program, std::strerror(error)));
}

// The arrays of C strings that exec takes.
std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Standard input empty, both outputs into `output`, nothing else of ours open, no signal blocked
// or ignored. Returns an errno.
int Spawn(const ChildCommand& command, int output, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, output, 2);
  // A connection of ours that a child held open would not close when we close it.
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  // A process group of its own: the terminal's Ctrl-C is for the server, which stops the child.
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> words = {command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  int error = posix_spawn(&pid, command.program.c_str(), &actions, &attributes,
                          Pointers(words).data(), Pointers(command.environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

struct ChildProcess::State : std::enable_shared_from_this<State> {
  explicit State(const boost::asio::any_io_executor& executor)
      : output(executor), exit_watch(executor) {}

  // Both end by themselves: the pipe with the child, the watch with its exit.
  void ReadOutput() {
    reading = true;
    output.async_read_some(boost::asio::buffer(buffer),
                           [self = shared_from_this()](auto error, size_t size) {
                             self->reading = false;
                             self->TakeOutput(std::string_view(self->buffer.data(), size));
                             if (self->exited) return self->EndOutput();
                             if (!error) self->ReadOutput();
                           });
  }

  void WatchExit() {
    exit_watch.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](auto error) {
                            if (error) return;
                            self->Reap(WNOHANG);
                            if (!self->exited) return self->WatchExit();  // woken for nothing
                            if (!self->reading) return self->EndOutput();
                            // Its read may hold bytes already that come before those in the pipe.
                            boost::system::error_code ignored;
                            (void)self->output.cancel(ignored);
                          });
  }

  void EndOutput() {
    DrainOutput();
    if (on_exit) std::exchange(on_exit, nullptr)();
  }

  // What the child wrote before it ended. A grandchild may hold the pipe open, so its end is not
  // waited for.
  void DrainOutput() {
    boost::system::error_code error;
    (void)output.non_blocking(true, error);
    std::array<char, 4096> rest{};
    while (!error) {
      size_t size = output.read_some(boost::asio::buffer(rest), error);
      TakeOutput(std::string_view(rest.data(), size));
    }
    if (!line.empty()) EndLine();
  }

  void TakeOutput(std::string_view text) {
    for (char c : text) {
      if (c == '\n') {
        EndLine();
      } else if (line.size() < kLineBytesMax) {
        line += c;
      }
    }
  }

  void EndLine() {
    if (on_line) on_line(line);
    line.clear();
  }

  void Reap(int options) {
    int status = 0;
    if (exited || waitpid(pid, &status, options) != pid) return;
    exited = true;
    if (WIFEXITED(status)) {
      ending = fmt::format("exit code {}", WEXITSTATUS(status));
    } else {
      const int signal = WTERMSIG(status);
      killed = signal == SIGKILL || signal == SIGTERM;
      ending = fmt::format("signal {} ({})", signal, strsignal(signal));
    }
  }

  boost::asio::posix::stream_descriptor output;
  boost::asio::posix::stream_descriptor exit_watch;  // a pidfd: readable when the child ended
  std::array<char, 4096> buffer{};
  std::string line;
  OnLine on_line;
  OnExit on_exit;
  pid_t pid = -1;
  bool reading = false;
  bool exited = false;
  bool killed = false;
  std::string ending;
};

Result<std::unique_ptr<ChildProcess>> ChildProcess::Start(boost::asio::any_io_executor executor,
                                                          const ChildCommand& command,
                                                          OnLine on_line, OnExit on_exit) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return CannotStart(command, errno);
  pid_t pid = -1;
  int error = Spawn(command, pipe_ends[1], pid);
  close(pipe_ends[1]);
  if (error != 0) {
    close(pipe_ends[0]);
    return CannotStart(command, error);
  }
  auto state = std::make_shared<State>(executor);
  state->pid = pid;
  state->on_line = std::move(on_line);
  state->on_exit = std::move(on_exit);
  state->output.assign(pipe_ends[0]);
  std::unique_ptr<ChildProcess> process(new ChildProcess(state));
  int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) return CannotStart(command, errno);  // the destructor kills what runs
  state->exit_watch.assign(pidfd);
  state->ReadOutput();
  state->WatchExit();
  return process;
}

ChildProcess::ChildProcess(std::shared_ptr<State> state) : state_(std::move(state)) {}

ChildProcess::~ChildProcess() {
  state_->on_line = nullptr;
  state_->on_exit = nullptr;
  if (!state_->exited) {
    Signal(SIGKILL);
    state_->Reap(0);
  }
  boost::system::error_code ignored;
  (void)state_->output.close(ignored);
  (void)state_->exit_watch.close(ignored);
}

pid_t ChildProcess::pid() const { return state_->pid; }
bool ChildProcess::exited() const { return state_->exited; }
std::string ChildProcess::ending() const { return state_->ending; }
bool ChildProcess::killed() const { return state_->killed; }

void ChildProcess::Signal(int signal) {
  // The pid is ours until it is reaped, so it can't mean another process.
  if (!state_->exited) kill(state_->pid, signal);
}

}  // namespace bedplate::models
