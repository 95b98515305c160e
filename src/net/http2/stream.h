// One request and its answer on an HTTP/2 connection.
//
// Threads: the connection's reactor. Owned by its session and its own coroutine.
#pragma once

#include <nghttp2/nghttp2.h>

#include <boost/asio/cancellation_signal.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "net/http1/parse_step.h"
#include "net/http2/session.h"
#include "net/io/peer_pace.h"
#include "net/io/waiter.h"

namespace bedplate::net::http2 {

class Stream final : public BodyReader,
                     public Responder,
                     public std::enable_shared_from_this<Stream> {
 public:
  Stream(Session& session, int32_t id);

  Request& request() { return request_; }
  int32_t id() const { return id_; }

  // --- Events, from nghttp2 by way of the session; none resumes the handler at once ---
  // False when the head unpacks to so much that it is an attack; fields over a limit are dropped,
  // and the request is refused.
  bool AddField(std::string_view name, std::string_view value);
  void HeadComplete();
  void DataReceived(std::string_view bytes);
  void BodyEnded();
  void Closed(uint32_t error_code);
  // nghttp2 asks for up to `size` bytes to send: how many there are, or NGHTTP2_ERR_DEFERRED.
  ssize_t OfferData(size_t size, uint32_t* flags);
  void AppendData(OutputQueue& output, size_t size);
  void AnswerSent();

  bool running() const { return running_; }
  void Cancel();
  void Watch(Ticker::Time now);  // now and then: is the client too slow?

  // BodyReader
  Task<Result<std::string_view>> Next() override;
  void AllowPauses(std::chrono::milliseconds longest) override;
  // Responder
  Task<Result<void>> Send(Response response) override;
  Task<Result<void>> Start(int status, Headers headers) override;
  Task<Result<void>> Write(std::string_view bytes) override;
  std::optional<Result<void>> TryWrite(std::string_view bytes) override;
  Task<Result<void>> Finish() override;

 private:
  void Refuse(int status, std::string message);
  bool Stopping() const;
  std::string TooLong() const;
  Task<void> Run();
  Task<void> Answer();
  Result<void> CheckOpen() const;
  bool SubmitHead(int status, const Headers& headers, const std::string& length, bool has_body);
  Result<void> AppendBody(std::string_view bytes);
  Task<Result<void>> Settle(size_t bytes_left_max);
  void TakeBodyBack();
  void Reset(uint32_t error_code);
  size_t unsent() const { return out_.size() - out_offset_; }

  Session& session_;
  const int32_t id_;
  Request request_;
  size_t header_bytes_ = 0;
  http1::ParseFailure refused_;  // the head asks for what the server does not give

  std::string body_;         // received, not handed out yet
  std::string body_held_;    // handed out
  uint64_t body_bytes_ = 0;  // received in all
  bool body_ended_ = false;
  bool body_too_slow_ = false;
  bool body_too_long_ = false;
  bool waits_for_body_ = false;
  bool continue_expected_ = false;
  bool pauses_ = false;  // see AllowPauses

  std::string out_;  // written by the handler, not yet taken by flow control
  size_t out_offset_ = 0;
  uint64_t sent_bytes_ = 0;
  bool head_only_ = false;
  bool bodiless_ = false;
  bool started_ = false;
  bool finished_ = false;
  bool all_sent_ = false;  // the end of the answer has left
  bool closed_ = false;
  bool running_ = false;

  Waiter body_waiter_;
  Waiter out_waiter_;
  PeerPace read_pace_;
  PeerPace write_pace_;
  boost::asio::cancellation_signal cancel_;
};

}  // namespace bedplate::net::http2
