// Takes events that a client sends out of the frames that sign them: each holds the frame of an
// event, and the headers :date and :chunk-signature. The last holds nothing.
//
// Threads: one object for one stream.
// spec: docs.aws.amazon.com/transcribe/latest/dg/streaming-http2.html#streaming-http2-signature
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "wire/event_stream.h"
#include "wire/sigv4/event_signature.h"

namespace bedplate::wire {

class SignedEvents {
 public:
  // `day`: of the scope that the request was signed for, "20150830". `clock` outlives this.
  SignedEvents(sigv4::EventSignatures chain, std::string_view day, const Clock& clock)
      : chain_(std::move(chain)), day_(day), clock_(clock) {}

  // What the next frame of the stream holds; empty for the last. A view into `frame`.
  // kAccessDenied when the frame is not the one that was signed in this place, or was signed for
  // another day or a time too far from the clock's. No frame may follow a failure.
  Result<std::string_view> Open(const event_stream::Frame& frame);

 private:
  Result<void> CheckDate(int64_t since_epoch_ms) const;

  sigv4::EventSignatures chain_;
  std::string day_;
  const Clock& clock_;
};

}  // namespace bedplate::wire
