// Ticker: the coarse time-outs of one reactor. One timer serves every connection; moving a
// deadline is one store, however often a connection does it.
//
// Threads: its reactor's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace bedplate::net {

class Ticker {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr Time kNever = Time::max();

  // Something with a deadline; lives in its owner, which must be gone from the ticker before its
  // own end (the destructor sees to it).
  class Entry {
   public:
    virtual ~Entry() { Leave(); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    // OnDeadline comes within one tick after `deadline`, once, unless it is moved before.
    void SetDeadline(Time deadline) { deadline_ = deadline; }
    void SetDeadlineIn(std::chrono::nanoseconds duration) { deadline_ = Now() + duration; }
    void ClearDeadline() { deadline_ = kNever; }
    Time deadline() const { return deadline_; }
    Time Now() const { return ticker_->Now(); }

   protected:
    explicit Entry(Ticker& ticker);
    // The last act of the tick for this entry: it may destroy itself.
    virtual void OnDeadline() = 0;

   private:
    friend class Ticker;
    void Leave();

    Ticker* ticker_;
    size_t index_;
    Time deadline_ = kNever;
  };

  explicit Ticker(std::chrono::milliseconds tick);
  // Entries may come and go before Attach and after Detach, but no deadline passes then.
  void Attach(boost::asio::io_context& context);
  void Detach();

  // The time at the last tick: at most one tick old, and cheap.
  Time Now() const { return now_; }

 private:
  void Arm();
  void Tick();

  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;
  std::optional<Timer> timer_;
  std::chrono::milliseconds tick_;
  std::vector<Entry*> entries_;
  Time now_;
  bool armed_ = false;
};

}  // namespace bedplate::net
