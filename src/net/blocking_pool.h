// Threads for work that blocks (SQLite, files, parsing): a reactor hands it over and goes on.
//
// Threads: Run is called on a reactor (or any Asio executor) and its task goes on there.
#pragma once

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <exception>
#include <optional>
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
  // returned. It cannot be interrupted: a cancelled task still waits for it, so what `work` refers
  // to in the caller's frame stays alive.
  template <class Work>
  Task<std::invoke_result_t<Work>> Run(Work work);

 private:
  bool Enter();
  void Leave() { waiting_.fetch_sub(1, std::memory_order_relaxed); }

  size_t queued_max_;
  std::atomic<size_t> waiting_ = 0;
  boost::asio::thread_pool pool_;
};

template <class Work>
Task<std::invoke_result_t<Work>> BlockingPool::Run(Work work) {
  using Returned = std::invoke_result_t<Work>;
  if (!Enter()) co_return Fail(Fault::kUnavailable, "too much work waits for the server's disk");
  std::optional<Returned> returned;
  std::exception_ptr thrown;
  // The completion goes back to the coroutine's own executor: use_awaitable's handler carries it.
  // No cancellation slot is taken, so a cancelled coroutine resumes only when the work is done.
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
      [&](auto handler) {
        boost::asio::post(pool_, [&, handler = std::move(handler)]() mutable {
          try {
            returned.emplace(work());
          } catch (...) {
            thrown = std::current_exception();
          }
          Leave();
          auto executor = boost::asio::get_associated_executor(handler);
          boost::asio::post(executor, std::move(handler));
        });
      },
      boost::asio::use_awaitable);
  if (thrown) std::rethrow_exception(thrown);
  co_return std::move(*returned);
}

}  // namespace bedplate::net
