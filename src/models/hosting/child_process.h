// One child process: started, watched, signalled, its output read line by line.
//
// Threads: everything on the executor it was started on. Linux ties the kernel's parent-death
// signal to the thread that started the child, so that thread must live as long as the server: a
// reactor's does.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate::models {

struct ChildCommand {
  std::string program;                   // path
  std::vector<std::string> arguments;    // without the program itself
  std::vector<std::string> environment;  // "NAME=value"; nothing is inherited beside these
};

class ChildProcess {
 public:
  // A line of the child's standard output or error, without its end; longer ones come cut.
  using OnLine = std::function<void(std::string_view line)>;
  using OnExit = std::function<void()>;

  // kUnavailable when the system cannot start it. `on_line` and `on_exit` are called until the
  // object is destroyed; on_exit once, after the last line.
  static Result<std::unique_ptr<ChildProcess>> Start(boost::asio::any_io_executor executor,
                                                     const ChildCommand& command, OnLine on_line,
                                                     OnExit on_exit);
  // Kills a child that still runs (SIGKILL) and reaps it.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const;
  bool exited() const;
  // How it ended, for people: "exit code 1", "signal 9 (Killed)". Empty while it runs.
  std::string ending() const;
  // Whether it was ended from outside, by SIGKILL (the kernel's too, for want of memory) or
  // SIGTERM, and not by a fault of its own.
  bool killed() const;
  void Signal(int signal);

 private:
  struct State;
  explicit ChildProcess(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace bedplate::models
