// The threads that carry the data path: N single-threaded event loops. A connection, and every
// coroutine that serves it, lives on one of them, so nothing on the data path locks.
//
// Threads: Reactors is used from the thread that owns it; a Reactor from its own thread, except
// where said.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "net/task.h"

namespace bedplate::net {

class Ticker;

struct ReactorOptions {
  size_t threads = 0;  // 0: one for each processor
  // How coarse the time-outs of connections are; one timer a reactor serves them all.
  std::chrono::milliseconds tick{100};
};

// One event loop and its thread.
class Reactor {
 public:
  Reactor(size_t index, std::chrono::milliseconds tick);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // The reactor whose thread calls, or nullptr outside of all.
  static Reactor* Current();

  size_t index() const { return index_; }                  // any thread
  boost::asio::io_context& context() { return context_; }  // any thread may post
  boost::asio::any_io_executor executor() { return context_.get_executor(); }
  Ticker& ticker() { return *ticker_; }

 private:
  friend class Reactors;
  void RunThread();

  size_t index_;
  // Before context_: coroutines that die with the context still leave the ticker.
  std::unique_ptr<Ticker> ticker_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

class Reactors {
 public:
  explicit Reactors(ReactorOptions options = {});  // starts the threads
  ~Reactors();                                     // Stop()

  size_t size() const { return reactors_.size(); }
  Reactor& at(size_t index) { return *reactors_.at(index); }

  // Stops the loops after their current callback and joins the threads. Graceful stop is
  // Server::Drain before this. Never from a reactor thread. Twice is fine.
  void Stop();
  bool running() const { return running_; }

  // Starts `task` on reactor `index`; any thread. An exception that leaves it, cancellation
  // excepted, ends the process: it is a bug.
  void Spawn(size_t index, Task<void> task);

  // Runs `task` on reactor `index` and waits for it. For main and tests; never from a reactor.
  template <class T>
  T Run(size_t index, Task<T> task) {
    return boost::asio::co_spawn(at(index).executor(), std::move(task), boost::asio::use_future)
        .get();
  }

 private:
  std::vector<std::unique_ptr<Reactor>> reactors_;
  bool running_ = true;
};

// Waits on the calling reactor; exact to a millisecond or so (own timer, not the ticker).
Task<void> SleepFor(std::chrono::nanoseconds duration);

}  // namespace bedplate::net
