// Signal: lets a coroutine wait until something was said, on one reactor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/task.h"

namespace bedplate::engine {

// Reactor thread only. At most one waits at a time.
class Signal {
 public:
  explicit Signal(const boost::asio::any_io_executor& executor) : timer_(executor) {
    timer_.expires_at(boost::asio::steady_timer::time_point::max());
  }

  // Ends Wait, the one under way or the next one.
  void Notify() {
    notified_ = true;
    timer_.cancel();
  }

  // Throws when the coroutine is cancelled (net/task.h).
  net::Task<void> Wait();

 private:
  boost::asio::steady_timer timer_;
  bool notified_ = false;
};

}  // namespace bedplate::engine
