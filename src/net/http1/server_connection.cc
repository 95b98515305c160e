#include "net/http1/server_connection.h"

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "net/cancelled.h"
#include "net/http1/exchange.h"

namespace bedplate::net::http1 {

namespace {

// How often a running exchange is looked at: is the client too slow, has it left unseen?
constexpr std::chrono::milliseconds kWatchEvery{250};

ParseLimits ParserLimits(const ServerLimits& limits) {
  return {.header_bytes_max = limits.header_bytes_max,
          .header_count_max = limits.header_count_max,
          .body_bytes_max = limits.body_bytes_max};
}

}  // namespace

Http1Connection::Http1Connection(ServerShard& shard, ConnectionControl& control,
                                 std::shared_ptr<ByteStream> stream, const ConnectionPeer& peer)
    : Ticker::Entry(shard.reactor.ticker()),
      shard_(shard),
      control_(control),
      stream_(std::move(stream)),
      parser_(ParserLimits(shard.setup.options.limits)),
      read_pace_(limits().slow_window, limits().slow_bytes_min),
      write_pace_(limits().slow_window, limits().slow_bytes_min) {
  request_.peer = peer.address;
  request_.tls = peer.tls;
  stream_->Attach(this);
}

Http1Connection::~Http1Connection() { stream_->Attach(nullptr); }

Task<void> Http1Connection::Run() {
  while (co_await ReadHead()) {
    if (TakeUpgrade()) co_return;
    if (!co_await Serve()) break;
  }
  co_await Linger();
}

Task<void> Http1Connection::WaitInput() {
  stream_->KeepReading();
  return input_waiter_.Wait();
}

// --- Heads ---

Task<bool> Http1Connection::ReadHead() {
  parser_.Begin(request_);
  phase_ = Phase::kIdle;
  deadline_passed_ = false;
  SetDeadlineIn(limits().idle);
  for (;;) {
    const auto input = stream_->input();
    if (!input.empty()) {
      size_t consumed = 0;
      const auto step = parser_.ParseHead(input, consumed);
      stream_->Consume(consumed);
      if (step == ParseStep::kDone) co_return true;
      if (step == ParseStep::kFailed) {
        co_await Refuse(parser_.failure().status, parser_.failure().message);
        co_return false;
      }
      if (phase_ == Phase::kIdle && parser_.started()) {
        phase_ = Phase::kHead;
        SetDeadlineIn(limits().head);
      }
    }
    if (stream_->ended()) {
      if (phase_ == Phase::kHead && !stream_->broken()) {
        co_await Refuse(400, "The connection ended before the request's head did");
      }
      co_return false;
    }
    if (close_when_idle_ && phase_ == Phase::kIdle) co_return false;
    if (deadline_passed_) {
      if (phase_ == Phase::kHead) co_await Refuse(408, "The request's head came too slowly");
      co_return false;
    }
    if (stream_
            ->input_full()) {  // the parser refuses a head longer than its limit before this ends
      stream_->WantCapacity(stream_->input_capacity() * 2);
    }
    co_await WaitInput();
  }
}

bool Http1Connection::TakeUpgrade() {
  if (!shard_.setup.options.http2 || request_.tls || !parser_.body_done() || draining()) {
    return false;
  }
  const auto settings = parser_.http2_settings();
  if (!settings) return false;
  upgrade_.emplace(Upgrade{.request = {}, .settings = std::string(*settings)});
  upgrade_->request = std::move(request_);
  stream_->output().Append(std::string_view(
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"));
  ClearDeadline();
  return true;
}

Task<void> Http1Connection::Refuse(int status, std::string_view message) {
  phase_ = Phase::kFinish;
  auto response = shard_.setup.ErrorResponse(status, message);
  auto& tail = stream_->output().Tail();
  const auto before = tail.size();
  AppendHead(tail, {.status = status, .length = response.body.size(), .close = true},
             response.headers);
  tail.append(response.body);
  stream_->output().Appended(tail.size() - before);
  stream_->FlushNow();
  co_return;
}

// --- Exchanges ---

Task<bool> Http1Connection::Serve() {
  phase_ = Phase::kExchange;
  SetDeadlineIn(kWatchEvery);
  read_pace_.Restart(stream_->bytes_in());
  write_pace_.Restart(stream_->bytes_out());
  body_too_slow_ = false;
  Exchange exchange(*this);
  request_.body = &exchange;
  if (PeerLeft()) co_return false;
  bool goes_on = false;
  {
    // A refusal is none: a stopping server would wait for clients that come again and again.
    std::optional<ExchangeCount> count;
    if (!draining()) count.emplace(shard_);
    if (!count) {
      co_await exchange.Send(shard_.setup.ErrorResponse(503, "The server is stopping"));
    } else {
      try {
        co_await shard_.setup.handler.Handle(request_, exchange);
      } catch (const std::exception& exception) {
        if (IsCancelled(exception)) throw;
        log::Error("net", "a handler failed", {{"exception", exception.what()}});
      }
    }
    phase_ = Phase::kFinish;
    goes_on = co_await exchange.Complete();
  }
  if (exchange.cut()) {
    stream_->FlushNow();
    stream_->Close(exchange.cut_needs_reset());
  }
  co_return goes_on;
}

bool Http1Connection::PeerLeft() const {
  return stream_->broken() || (stream_->ended() && shard_.setup.options.half_close_is_leaving);
}

// --- The end ---

void Http1Connection::CloseWhenIdle() {
  close_when_idle_ = true;
  input_waiter_.NotifySoon();
}

// What was written is sent; then, so that a client that still sends does not lose the answer to a
// connection reset, what it sends is taken and dropped for a while.
Task<void> Http1Connection::Linger() {
  phase_ = Phase::kFinish;
  write_pace_.Restart(stream_->bytes_out());
  SetDeadlineIn(kWatchEvery);
  while (!stream_->output().empty() && !stream_->broken() && !stream_->closed()) {
    co_await output_waiter_.Wait();
  }
  if (stream_->closed() || stream_->ended()) co_return;
  const bool client_may_send =
      !stream_->input().empty() || (parser_.started() && !parser_.body_done());
  stream_->ShutdownSend();
  if (!client_may_send || close_when_idle_) co_return;
  phase_ = Phase::kLinger;
  deadline_passed_ = false;
  SetDeadlineIn(limits().linger);
  const auto bytes_max = stream_->bytes_in() + limits().linger_bytes_max;
  while (!stream_->ended() && !deadline_passed_ && stream_->bytes_in() < bytes_max) {
    stream_->Consume(stream_->input().size());
    co_await WaitInput();
  }
}

// --- Events ---

void Http1Connection::OnInput() {
  if (phase_ == Phase::kExchange && PeerLeft()) return control_.Leave();
  if (stream_->broken() && output_waiter_.waiting()) return output_waiter_.NotifyNow();
  input_waiter_.NotifyNow();
}

void Http1Connection::OnOutput() {
  if (stream_->broken() || stream_->output().size() <= limits().write_buffer_bytes / 2 ||
      stream_->output().empty()) {
    output_waiter_.NotifyNow();
  }
}

void Http1Connection::OnDeadline() {
  if (phase_ == Phase::kExchange || phase_ == Phase::kFinish) return WatchExchange();
  deadline_passed_ = true;
  input_waiter_.NotifyNow();
}

void Http1Connection::WatchExchange() {
  const auto now = Now();
  if (write_pace_.Observe(!stream_->output().empty(), stream_->bytes_out(), now)) {
    stream_->Close(true);
    return control_.Leave();
  }
  // With no room left to read into, a client that leaves is not noticed by reading.
  if (phase_ == Phase::kExchange && !stream_->reading() && !stream_->ended() &&
      stream_->transport().PeerHasShut() && shard_.setup.options.half_close_is_leaving) {
    return control_.Leave();
  }
  SetDeadlineIn(kWatchEvery);
  if (read_pace_.Observe(waits_for_body_, stream_->bytes_in(), now)) {
    body_too_slow_ = true;
    input_waiter_.NotifyNow();
  }
}

}  // namespace bedplate::net::http1
