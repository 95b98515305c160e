#include "base/bounded_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <stop_token>
#include <system_error>
#include <utility>

#include "base/clock.h"

namespace bedplate {
namespace {

constexpr size_t kErrorBytesMax = 4 << 10;
constexpr size_t kPieceBytes = 64 << 10;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { Close(); }

  int number() const { return number_; }
  void Close() {
    if (number_ >= 0) close(std::exchange(number_, -1));
  }

 private:
  int number_ = -1;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

bool Open(Pipe& pipe) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  pipe.read = Descriptor(ends[0]);
  pipe.write = Descriptor(ends[1]);
  return true;
}

// A pipe whose reader may leave without a signal to this process.
bool OpenQuiet(Pipe& pipe) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
  pipe.read = Descriptor(ends[0]);
  pipe.write = Descriptor(ends[1]);
  return true;
}

// A descriptor that becomes readable when a stop is asked for; none where nobody can ask.
class StopEvent {
 public:
  explicit StopEvent(const std::stop_token& stop) {
    if (!stop.stop_possible()) return;
    event_ = Descriptor(eventfd(0, EFD_CLOEXEC));
    callback_.emplace(stop, [this] { eventfd_write(event_.number(), 1); });
  }
  int number() const { return event_.number(); }

 private:
  Descriptor event_;
  std::optional<std::stop_callback<std::function<void()>>> callback_;
};

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Our ends of the pipes to a child, and the child.
class Child {
 public:
  // The system's error number; 0 when it runs.
  int Start(const BoundedCommand& command) {
    Pipe in;
    Pipe out;
    Pipe err;
    if (!OpenQuiet(in) || !Open(out) || !Open(err)) return errno;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.read.number(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.write.number(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.write.number(), STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    // Signals that this process blocks or ignores are no wish of the child's.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> words = {command.program};
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    const int error = posix_spawn(&pid_, command.program.c_str(), &actions, &attributes,
                                  Pointers(words).data(), Pointers(command.environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return error;
    in_ = std::move(in.write);
    out_ = std::move(out.read);
    err_ = std::move(err.read);
    fcntl(in_.number(), F_SETFL, O_NONBLOCK);
    return 0;
  }

  // Until both outputs ended, or something ran out.
  BoundedOutcome Talk(const BoundedCommand& command, MonotonicTime end, const StopEvent& stop) {
    std::string_view input = command.input;
    if (input.empty()) in_.Close();
    BoundedOutcome outcome;
    while (out_.number() >= 0 || err_.number() >= 0) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(end - SystemClock().Monotonic());
      // poll leaves out what is closed, whose number is negative.
      std::array<pollfd, 4> wait = {
          pollfd{in_.number(), POLLOUT, 0}, pollfd{out_.number(), POLLIN, 0},
          pollfd{err_.number(), POLLIN, 0}, pollfd{stop.number(), POLLIN, 0}};
      if (left.count() <= 0) {
        outcome.ending = BoundedOutcome::Ending::kTime;
        return outcome;
      }
      if (poll(wait.data(), wait.size(), static_cast<int>(left.count())) < 0) continue;
      if (wait[3].revents != 0) {
        outcome.ending = BoundedOutcome::Ending::kStopped;
        return outcome;
      }
      if (wait[0].revents != 0) Feed(input);
      if (wait[1].revents != 0 && !Take(out_, outcome.output, command.output_bytes_max)) {
        outcome.ending = BoundedOutcome::Ending::kOutput;
        return outcome;
      }
      if (wait[2].revents != 0) {
        Take(err_, outcome.errors, kErrorBytesMax);
        outcome.errors.resize(std::min(outcome.errors.size(), kErrorBytesMax));
      }
    }
    return outcome;
  }

  void End(BoundedOutcome& outcome, MonotonicTime end, const StopEvent& stop) {
    // It may go on after it closed its outputs.
    if (outcome.ending == BoundedOutcome::Ending::kExit) outcome.ending = WaitForEnd(end, stop);
    if (outcome.ending != BoundedOutcome::Ending::kExit) kill(pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    if (outcome.ending != BoundedOutcome::Ending::kExit) return;
    if (WIFSIGNALED(status)) {
      outcome.ending = BoundedOutcome::Ending::kSignal;
      outcome.status = WTERMSIG(status);
    } else {
      outcome.status = WEXITSTATUS(status);
    }
  }

 private:
  BoundedOutcome::Ending WaitForEnd(MonotonicTime end, const StopEvent& stop) const {
    const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    if (process.number() < 0) return BoundedOutcome::Ending::kTime;
    while (true) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(end - SystemClock().Monotonic());
      std::array<pollfd, 2> wait = {pollfd{process.number(), POLLIN, 0},
                                    pollfd{stop.number(), POLLIN, 0}};
      const int ready =
          poll(wait.data(), wait.size(), static_cast<int>(std::max<int64_t>(left.count(), 0)));
      if (ready == 0) return BoundedOutcome::Ending::kTime;
      if (ready < 0) continue;
      return wait[0].revents != 0 ? BoundedOutcome::Ending::kExit
                                  : BoundedOutcome::Ending::kStopped;
    }
  }

  void Feed(std::string_view& input) {
    const ssize_t count = send(in_.number(), input.data(), input.size(), MSG_NOSIGNAL);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    // It may stop reading before the end; what it says then counts.
    input = count < 0 ? std::string_view() : input.substr(static_cast<size_t>(count));
    if (input.empty()) in_.Close();
  }

  // False when there is more than `bytes_max`.
  static bool Take(Descriptor& from, std::string& to, size_t bytes_max) {
    std::array<char, kPieceBytes> piece;
    const ssize_t count = read(from.number(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) return true;
    if (count <= 0) {
      from.Close();
      return true;
    }
    to.append(piece.data(), static_cast<size_t>(count));
    return to.size() <= bytes_max;
  }

  pid_t pid_ = -1;
  Descriptor in_;
  Descriptor out_;
  Descriptor err_;
};

}  // namespace

Result<BoundedOutcome> RunBounded(const BoundedCommand& command) {
  const StopEvent stop(command.stop);
  Child child;
  if (const int error = child.Start(command); error != 0) {
    return Fail(Fault::kUnavailable, "a helper program can't be started: " +
                                         std::error_code(error, std::generic_category()).message());
  }
  const MonotonicTime end = SystemClock().Monotonic() + command.time_max;
  BoundedOutcome outcome = child.Talk(command, end, stop);
  child.End(outcome, end, stop);
  return outcome;
}

}  // namespace bedplate
