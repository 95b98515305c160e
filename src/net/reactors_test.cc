#include "net/reactors.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <memory>

#include "net/io/waiter.h"
#include "net/ticker.h"

namespace bedplate::net {
namespace {

using std::chrono::milliseconds;

TEST(Reactors, EachHasItsOwnThread) {
  Reactors reactors({.threads = 3});
  const auto here = []() -> Task<std::pair<Reactor*, std::thread::id>> {
    co_return std::pair(Reactor::Current(), std::this_thread::get_id());
  };
  const auto first = reactors.Run(0, here());
  const auto second = reactors.Run(1, here());
  EXPECT_EQ(first.first, &reactors.at(0));
  EXPECT_EQ(second.first, &reactors.at(1));
  EXPECT_NE(first.second, second.second);
  EXPECT_EQ(Reactor::Current(), nullptr);
}

// What waits when the reactors stop is destroyed with them, whatever it holds.
TEST(Reactors, StoppingDestroysWhatWaits) {
  struct Held final : Ticker::Entry {
    explicit Held(Ticker& ticker, std::promise<void>& e) : Ticker::Entry(ticker), ended(e) {}
    ~Held() override { ended.set_value(); }
    void OnDeadline() override {}
    std::promise<void>& ended;
  };
  std::promise<void> ended;
  {
    Reactors reactors({.threads = 1});
    std::promise<void> started;
    const auto wait = [&]() -> Task<void> {
      const Held held(Reactor::Current()->ticker(), ended);
      started.set_value();
      co_await SleepFor(std::chrono::hours(1));
    };
    reactors.Spawn(0, wait());
    started.get_future().get();
    reactors.Stop();
    reactors.Stop();
  }
  EXPECT_EQ(ended.get_future().wait_for(milliseconds(0)), std::future_status::ready);
}

TEST(Ticker, CallsWhatIsDueOnceAndWhatWasMovedLater) {
  Reactors reactors({.threads = 1, .tick = milliseconds(5)});
  struct Entry final : Ticker::Entry {
    explicit Entry(Ticker& ticker) : Ticker::Entry(ticker) {}
    void OnDeadline() override {
      ++calls;
      if (act) act();
    }
    int calls = 0;
    std::function<void()> act;
  };
  const auto test = [&]() -> Task<void> {
    auto& ticker = Reactor::Current()->ticker();
    Entry due(ticker);
    Entry cleared(ticker);
    Entry far(ticker);
    auto removed_by_another = std::make_unique<Entry>(ticker);
    Entry remover(ticker);
    auto itself = std::make_unique<Entry>(ticker);
    due.SetDeadlineIn(milliseconds(20));
    cleared.SetDeadlineIn(milliseconds(20));
    cleared.ClearDeadline();
    far.SetDeadlineIn(std::chrono::hours(1));
    removed_by_another->SetDeadlineIn(milliseconds(40));
    remover.SetDeadlineIn(milliseconds(10));
    remover.act = [&] { removed_by_another.reset(); };
    itself->SetDeadlineIn(milliseconds(10));
    itself->act = [&] { itself.reset(); };
    co_await SleepFor(milliseconds(120));
    EXPECT_EQ(due.calls, 1);
    EXPECT_EQ(cleared.calls, 0);
    EXPECT_EQ(far.calls, 0);
    EXPECT_EQ(remover.calls, 1);
    EXPECT_EQ(itself, nullptr);
    EXPECT_EQ(removed_by_another, nullptr);
    // After all were gone, the ticker ticks again for a new one.
    far.ClearDeadline();
    due.SetDeadlineIn(milliseconds(10));
    co_await SleepFor(milliseconds(60));
    EXPECT_EQ(due.calls, 2);
  };
  reactors.Run(0, test());
}

TEST(Waiter, ResumesWhoWaitsNowOrSoon) {
  Reactors reactors({.threads = 1});
  Waiter waiter;
  int stage = 0;
  const auto wait = [&]() -> Task<void> {
    stage = 1;
    co_await waiter.Wait();
    stage = 2;
    co_await waiter.Wait();
    stage = 3;
  };
  reactors.Spawn(0, wait());
  std::promise<void> checked;
  boost::asio::post(reactors.at(0).context(), [&] {
    waiter.NotifyNow();
    EXPECT_EQ(stage, 2) << "resumed before NotifyNow returned";
    waiter.NotifySoon();
    waiter.NotifySoon();
    EXPECT_EQ(stage, 2);
    boost::asio::post(reactors.at(0).context(), [&] {
      EXPECT_EQ(stage, 3);
      waiter.NotifyNow();  // nobody waits: nothing happens
      checked.set_value();
    });
  });
  checked.get_future().get();
}

}  // namespace
}  // namespace bedplate::net
