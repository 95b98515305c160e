#include "net/ticker.h"

#include "base/clock.h"

namespace bedplate::net {

Ticker::Entry::Entry(Ticker& ticker) : ticker_(&ticker), index_(ticker.entries_.size()) {
  ticker.entries_.push_back(this);
  if (!ticker.armed_) {
    ticker.now_ = SystemClock().Monotonic();
    ticker.Arm();
  }
}

void Ticker::Entry::Leave() {
  auto& entries = ticker_->entries_;
  entries[index_] = entries.back();
  entries[index_]->index_ = index_;
  entries.pop_back();
}

Ticker::Ticker(std::chrono::milliseconds tick) : tick_(tick), now_(SystemClock().Monotonic()) {}

void Ticker::Attach(boost::asio::io_context& context) { timer_.emplace(context); }

void Ticker::Detach() { timer_.reset(); }

void Ticker::Arm() {
  if (!timer_) return;
  armed_ = true;
  timer_->expires_after(tick_);
  timer_->async_wait([this](boost::system::error_code error) {
    if (!error) Tick();
  });
}

void Ticker::Tick() {
  armed_ = false;
  now_ = SystemClock().Monotonic();
  // From the back: an entry that leaves is replaced by one that was looked at already. What
  // OnDeadline adds is looked at in the next tick.
  for (size_t i = entries_.size(); i-- > 0;) {
    if (i >= entries_.size()) continue;  // several left at once
    auto& entry = *entries_[i];
    if (entry.deadline_ > now_) continue;
    entry.deadline_ = kNever;
    entry.OnDeadline();
  }
  if (!entries_.empty() && !armed_) Arm();
}

}  // namespace bedplate::net
