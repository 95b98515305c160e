// Threads for work that blocks (SQLite, files, parsing): a reactor hands it over and goes on.
//
// Threads: Run is called on a reactor (or any Asio executor) and its task goes on there.
#pragma once

#include <atomic>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <exception>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "net/task.h"

namespace bedplate::net {

class BlockingPool {
 public:
  // `queued_max`: work waiting or running beyond which Run refuses with kUnavailable.
  explicit BlockingPool(size_t threads, size_t queued_max = 10'000);
  ~BlockingPool();  // waits for the work that runs; what is queued is still done

  // Runs `work`, a callable that returns a Result, on a thread of the pool and gives back what it
  // returned. A cancelled task still waits for it, so what `work` refers to in the caller's frame
  // stays alive; work that takes a std::stop_token is told, so that it can end early.
  template <class Work>
  auto Run(Work work);

 private:
  template <class Returned, class Work>
  Task<Returned> RunStoppable(Work work);
  bool Enter();
  void Leave() { waiting_.fetch_sub(1, std::memory_order_relaxed); }

  size_t queued_max_;
  std::atomic<size_t> waiting_ = 0;
  boost::asio::thread_pool pool_;
};

template <class Work>
auto BlockingPool::Run(Work work) {
  if constexpr (std::is_invocable_v<Work, std::stop_token>) {
    return RunStoppable<std::invoke_result_t<Work, std::stop_token>>(std::move(work));
  } else {
    return RunStoppable<std::invoke_result_t<Work>>(
        [work = std::move(work)](const std::stop_token&) mutable { return work(); });
  }
}

template <class Returned, class Work>
Task<Returned> BlockingPool::RunStoppable(Work work) {
  if (!Enter()) co_return Fail(Fault::kUnavailable, "too much work waits for the server's disk");
  std::optional<Returned> returned;
  std::exception_ptr thrown;
  std::stop_source stop;
  boost::asio::cancellation_slot slot;
  // The completion goes back to the coroutine's own executor: use_awaitable's handler carries it.
  // The cancellation slot only tells the work: a cancelled coroutine resumes when it is done.
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
      [&](auto handler) {
        slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
          slot.assign([&stop](boost::asio::cancellation_type) { stop.request_stop(); });
        }
        boost::asio::post(pool_, [&, handler = std::move(handler)]() mutable {
          try {
            returned.emplace(work(stop.get_token()));
          } catch (...) {
            thrown = std::current_exception();
          }
          Leave();
          auto executor = boost::asio::get_associated_executor(handler);
          boost::asio::post(executor, std::move(handler));
        });
      },
      boost::asio::use_awaitable);
  if (slot.is_connected()) slot.clear();
  if (thrown) std::rethrow_exception(thrown);
  co_return std::move(*returned);
}

}  // namespace bedplate::net
