// The record of one request: measures it from its making to its end and then tells the metrics and
// the access log, also when the request is cancelled in the middle.
//
// Threads: lives on the reactor thread of its request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "gateway/metrics/request_metrics.h"
#include "net/http.h"

namespace bedplate::gateway {

struct Passage;

// Sends as the responder it is given, and notes what was sent and when.
class NotingResponder final : public net::Responder {
 public:
  NotingResponder(net::Responder& to, const Clock& clock) : to_(to), clock_(clock) {}

  net::Task<Result<void>> Send(net::Response response) override;
  net::Task<Result<void>> Start(int status, net::Headers headers) override;
  net::Task<Result<void>> Write(std::string_view bytes) override;
  std::optional<Result<void>> TryWrite(std::string_view bytes) override;
  net::Task<Result<void>> Finish() override { return to_.Finish(); }

  int status() const { return status_; }  // 0: nothing was sent
  uint64_t bytes() const { return bytes_; }
  MonotonicTime first_byte_at() const { return first_byte_at_; }

 private:
  void NoteFirstByte();

  net::Responder& to_;
  const Clock& clock_;
  int status_ = 0;
  uint64_t bytes_ = 0;
  MonotonicTime first_byte_at_{};
};

class RequestRecord {
 public:
  RequestRecord(const Passage& passage, const NotingResponder& responder, RequestMetrics& metrics,
                const Clock& clock, bool access_log);
  ~RequestRecord();
  RequestRecord(const RequestRecord&) = delete;
  RequestRecord& operator=(const RequestRecord&) = delete;

  // The answer is complete. Without this, the client left or the handler was cancelled.
  void Complete(std::string_view error_type = {}, bool streamed = false, uint64_t events = 0);

 private:
  void Log(const RequestSample& sample) const;

  const Passage& passage_;
  const NotingResponder& responder_;
  RequestMetrics& metrics_;
  const Clock& clock_;
  const bool access_log_;
  const MonotonicTime began_;
  bool complete_ = false;
  std::string error_type_;
  bool streamed_ = false;
  uint64_t events_ = 0;
};

// The model that a request names, in its path (percent-decoded) or in the body of a facade; empty
// when it names none.
std::string ModelIdOf(const Passage& passage);

}  // namespace bedplate::gateway
