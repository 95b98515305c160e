// Waiter: where one coroutine waits until something in the same reactor has changed.
//
// It carries no state of its own; the waiting side looks at what it needs and waits again:
//   while (!ready()) co_await waiter.Wait();
//
// Threads: one reactor's. Waiting is cancelled as net/task.h says.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <cassert>
#include <optional>
#include <utility>

#include "net/task.h"

namespace bedplate::net {

class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Task<void> Wait() {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, Signature>(
        [this](Handler handler) { Suspend(std::move(handler)); }, boost::asio::use_awaitable);
  }

  bool waiting() const { return handler_.has_value(); }

  // Resumes the waiting coroutine, if there is one, before returning. Only as the last act of an
  // event's callback: the coroutine may destroy anything that is not held alive by the callback.
  void NotifyNow() {
    if (!handler_) return;
    auto handler = Take();
    std::move(handler)(boost::system::error_code());
  }

  // Resumes it on the reactor's next turn.
  void NotifySoon() { Complete(boost::system::error_code()); }

 private:
  using Signature = void(boost::system::error_code);
  using Handler =
      boost::asio::async_result<boost::asio::use_awaitable_t<>, Signature>::handler_type;

  void Suspend(Handler handler) {
    assert(!handler_ && "two coroutines wait in one place");
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    handler_.emplace(std::move(handler));
    if (slot.is_connected()) {
      slot.assign([this](boost::asio::cancellation_type) {
        Complete(boost::asio::error::operation_aborted);
      });
    }
  }

  Handler Take() {
    Handler handler = std::move(*handler_);
    handler_.reset();
    return handler;
  }

  void Complete(boost::system::error_code error) {
    if (!handler_) return;
    auto handler = Take();
    auto executor = boost::asio::get_associated_executor(handler);
    boost::asio::post(
        executor, [handler = std::move(handler), error]() mutable { std::move(handler)(error); });
  }

  std::optional<Handler> handler_;
};

}  // namespace bedplate::net
