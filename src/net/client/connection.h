// One connection of the client: requests go out and answers come in, one after the other.
//
// Threads: its reactor's. Owned by the pool while it is idle, by a response's body while in use.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/client.h"
#include "net/http1/response_parser.h"
#include "net/io/byte_stream.h"
#include "net/io/waiter.h"
#include "net/ticker.h"

namespace bedplate::net {

class ClientConnection final : private ByteStreamEvents, private Ticker::Entry {
 public:
  ClientConnection(std::shared_ptr<ByteStream> stream, std::string name,
                   const HttpClientOptions& options);
  ~ClientConnection() override;

  // Sends `bytes`, a whole request, and waits for the head of its answer: status and headers.
  // `total` 0: no deadline of its own.
  Task<Result<void>> Exchange(std::string_view head, std::string& body, bool answers_head,
                              std::chrono::milliseconds total);
  int status() const { return parser_.status(); }
  Headers& headers() { return parser_.headers(); }

  // As BodyReader::Next and TryNext.
  Task<Result<std::string_view>> NextChunk();
  std::optional<Result<std::string_view>> TryNextChunk();
  // Whether the body has ended, or what is here already ends it: the connection is free again.
  bool FinishQuietly();
  bool body_done() const { return parser_.body_done(); }
  bool reusable() const;
  // Not a byte of the answer has come (and so the request may not have been seen).
  bool unanswered() const { return stream_->bytes_in() == bytes_in_before_; }

  // While idle: `lost` is called, once, when the peer closes, speaks unasked, or `keep` is over;
  // it destroys this.
  void BecomeIdle(std::chrono::milliseconds keep, std::function<void()> lost);
  // In use again.
  void LeaveIdle();

 private:
  Task<bool> WaitForMore();  // false: a time-out, see timeout_
  Error Failure() const;
  void LostWhileIdle();

  void OnInput() override;
  void OnOutput() override {}
  void OnDeadline() override;

  std::shared_ptr<ByteStream> stream_;
  std::string name_;
  const HttpClientOptions& options_;
  http1::ResponseParser parser_;
  Waiter waiter_;
  std::function<void()> lost_;
  uint64_t bytes_in_before_ = 0;
  uint64_t progress_ = 0;  // bytes both ways, when last looked
  Ticker::Time progress_at_{};
  Ticker::Time total_until_ = Ticker::kNever;
  std::string timeout_;  // which time is over
};

}  // namespace bedplate::net
