#include "net/reactors.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <string>

#include "net/cancelled.h"
#include "net/ticker.h"

namespace bedplate::net {

namespace {

thread_local Reactor* current_reactor = nullptr;

}  // namespace

bool IsCancelled(const std::exception& exception) {
  const auto* error = dynamic_cast<const boost::system::system_error*>(&exception);
  return error != nullptr && error->code() == boost::asio::error::operation_aborted;
}

Reactor::Reactor(size_t index, std::chrono::milliseconds tick)
    : index_(index),
      ticker_(std::make_unique<Ticker>(tick)),
      context_(1),  // one thread runs it: Asio then leaves out wake-ups between threads
      work_(boost::asio::make_work_guard(context_)) {
  ticker_->Attach(context_);
}

Reactor::~Reactor() { ticker_->Detach(); }

Reactor* Reactor::Current() { return current_reactor; }

void Reactor::RunThread() {
  current_reactor = this;
  pthread_setname_np(pthread_self(), ("reactor-" + std::to_string(index_)).c_str());
  context_.run();
}

Reactors::Reactors(ReactorOptions options) {
  const size_t threads =
      options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  for (size_t i = 0; i < threads; ++i) {
    reactors_.push_back(std::make_unique<Reactor>(i, options.tick));
  }
  for (auto& reactor : reactors_) {
    reactor->thread_ = std::thread([&reactor = *reactor] { reactor.RunThread(); });
  }
}

Reactors::~Reactors() { Stop(); }

void Reactors::Stop() {
  running_ = false;
  for (auto& reactor : reactors_) reactor->context_.stop();
  for (auto& reactor : reactors_) {
    if (reactor->thread_.joinable()) reactor->thread_.join();
  }
}

void Reactors::Spawn(size_t index, Task<void> task) {
  boost::asio::co_spawn(at(index).executor(), std::move(task), [](std::exception_ptr thrown) {
    if (!thrown) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& exception) {
      if (!IsCancelled(exception)) throw;
    }
  });
}

Task<void> SleepFor(std::chrono::nanoseconds duration) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(duration);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace bedplate::net
