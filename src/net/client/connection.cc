#include "net/client/connection.h"

#include <algorithm>
#include <utility>

namespace bedplate::net {

namespace {

constexpr size_t kBodyBufferBytes = 64 * 1024;

http1::ParseLimits Limits(const HttpClientOptions& options) {
  return {.header_bytes_max = options.header_bytes_max,
          .header_count_max = options.header_count_max,
          .body_bytes_max = UINT64_MAX};
}

}  // namespace

ClientConnection::ClientConnection(std::shared_ptr<ByteStream> stream, std::string name,
                                   const HttpClientOptions& options)
    : Ticker::Entry(stream->reactor().ticker()),
      stream_(std::move(stream)),
      name_(std::move(name)),
      options_(options),
      parser_(Limits(options)) {
  stream_->Attach(this);
}

ClientConnection::~ClientConnection() {
  stream_->Attach(nullptr);
  stream_->Close();
}

// --- An exchange ---

Task<Result<void>> ClientConnection::Exchange(std::string_view head, std::string& body,
                                              bool answers_head, std::chrono::milliseconds total) {
  parser_.Begin(answers_head);
  timeout_.clear();
  bytes_in_before_ = stream_->bytes_in();
  progress_ = 0;
  progress_at_ = Now();
  total_until_ = total.count() > 0 ? Now() + total : Ticker::kNever;
  SetDeadline(std::min(Now() + options_.idle / 4, total_until_));
  stream_->output().Append(head);
  if (!body.empty()) stream_->WriteThrough(body);
  stream_->FlushNow();
  for (;;) {
    size_t consumed = 0;
    const auto step = parser_.ParseHead(stream_->input(), consumed);
    stream_->Consume(consumed);
    if (step == http1::ParseStep::kDone) {
      if (parser_.status() >= 200) co_return Result<void>();
      if (parser_.status() == 101) {
        co_return Fail(Fault::kModelError, name_ + " switched protocols without being asked");
      }
      parser_.Begin(answers_head);  // 100 and its like only announce the answer
      continue;
    }
    if (step == http1::ParseStep::kFailed) {
      co_return Fail(Fault::kModelError,
                     name_ + " did not answer in HTTP: " + parser_.failure().message);
    }
    if (stream_->ended()) {
      auto why = stream_->transport().Failure();
      co_return Fail(Fault::kUnavailable, name_ + " closed the connection before it answered" +
                                              (why.empty() ? "" : ": " + why));
    }
    if (stream_->input_full()) stream_->WantCapacity(stream_->input_capacity() * 2);
    if (!co_await WaitForMore()) co_return std::unexpected(Failure());
  }
}

Task<Result<std::string_view>> ClientConnection::NextChunk() {
  for (;;) {
    if (auto chunk = TryNextChunk()) co_return std::move(*chunk);
    stream_->WantCapacity(kBodyBufferBytes);
    if (!co_await WaitForMore()) co_return std::unexpected(Failure());
  }
}

std::optional<Result<std::string_view>> ClientConnection::TryNextChunk() {
  stream_->Release();
  if (parser_.body_done()) return std::string_view();
  size_t consumed = 0;
  std::string_view chunk;
  const auto step = parser_.ParseBody(stream_->input(), consumed, chunk);
  if (step == http1::ParseStep::kChunk) {
    stream_->Hold(consumed);  // the chunk is the last of what was consumed
    return chunk;
  }
  if (step == http1::ParseStep::kFailed) {
    return Fail(Fault::kModelError,
                name_ + " broke the framing of its answer: " + parser_.failure().message);
  }
  stream_->Consume(consumed);
  if (step == http1::ParseStep::kDone) return std::string_view();
  if (stream_->ended()) {
    // Only an answer without a length ends with the connection, and only an orderly end does it.
    if (!stream_->broken() && parser_.ParseEnd() == http1::ParseStep::kDone) {
      return std::string_view();
    }
    return Fail(Fault::kUnavailable, name_ + " closed the connection before the end of its answer");
  }
  if (stream_->input_full()) {
    return Fail(Fault::kModelError, name_ + " frames its answer in endless lines");
  }
  return std::nullopt;
}

bool ClientConnection::FinishQuietly() {
  stream_->Release();
  for (;;) {
    if (parser_.body_done()) return reusable();
    size_t consumed = 0;
    std::string_view chunk;
    const auto step = parser_.ParseBody(stream_->input(), consumed, chunk);
    if (step == http1::ParseStep::kNeedMore || step == http1::ParseStep::kFailed) return false;
    stream_->Consume(consumed);
  }
}

bool ClientConnection::reusable() const {
  return parser_.body_done() && parser_.keep_alive() && !stream_->ended() &&
         stream_->input().empty() && stream_->output().empty() && timeout_.empty();
}

Task<bool> ClientConnection::WaitForMore() {
  if (!timeout_.empty()) co_return false;
  stream_->KeepReading();
  co_await waiter_.Wait();
  co_return timeout_.empty();
}

Error ClientConnection::Failure() const {
  return {.fault = Fault::kModelTimeout, .message = name_ + " " + timeout_};
}

// --- Idle ---

void ClientConnection::BecomeIdle(std::chrono::milliseconds keep, std::function<void()> lost) {
  lost_ = std::move(lost);
  SetDeadlineIn(keep);
  stream_->KeepReading();
}

void ClientConnection::LeaveIdle() {
  lost_ = nullptr;
  ClearDeadline();
}

void ClientConnection::LostWhileIdle() {
  const auto lost = std::exchange(lost_, nullptr);
  lost();
}

// --- Events ---

void ClientConnection::OnInput() {
  if (lost_) return LostWhileIdle();
  waiter_.NotifyNow();
}

void ClientConnection::OnDeadline() {
  if (lost_) return LostWhileIdle();
  const auto now = Now();
  const auto moved = stream_->bytes_in() + stream_->bytes_out();
  // While nobody waits for the peer, its silence does not count.
  if (moved != progress_ || !waiter_.waiting()) {
    progress_ = moved;
    progress_at_ = now;
  }
  const auto idle = stream_->bytes_out() == 0 ? std::min(options_.connect, options_.idle)
                                              : options_.idle;  // the TLS handshake
  if (now >= total_until_) {
    timeout_ = "did not answer within the time of the whole request";
  } else if (now - progress_at_ >= idle) {
    timeout_ = "did not send anything for " + std::to_string(idle.count()) + " ms";
  } else {
    return SetDeadline(std::min(now + idle / 4, total_until_));
  }
  waiter_.NotifyNow();
}

}  // namespace bedplate::net
