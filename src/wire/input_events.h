// InputEvents: the event frames of a client that sends them while it is answered, freed of the
// frames that sign them.
//
// Threads: the reactor of its request.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "base/result.h"
#include "net/http.h"
#include "net/task.h"
#include "wire/event_stream.h"
#include "wire/signed_events.h"

namespace bedplate::wire {

class InputEvents {
 public:
  // Of one event with all that frames it. The largest that services declare is a million bytes,
  // in base64.
  static constexpr size_t kEventBytesMax = 2 << 20;

  // `body` outlives this. `signing`: of a stream whose events are signed.
  InputEvents(net::BodyReader& body, std::optional<SignedEvents> signing)
      : body_(body), signing_(std::move(signing)) {}

  // The next event, valid until the next call; nothing when the client has sent all: a signed
  // stream ends with its last signed frame, any other with its body. Fails as the body does, with
  // kValidation when the bytes are no event frames or end too early, and as SignedEvents::Open.
  net::Task<Result<std::optional<event_stream::Frame>>> Next();

 private:
  using Taken = Result<std::optional<event_stream::Frame>>;
  Taken Unwrap(const event_stream::Frame& frame);
  Taken End() const;

  net::BodyReader& body_;
  std::optional<SignedEvents> signing_;
  event_stream::FrameDecoder frames_{kEventBytesMax};
  event_stream::FrameDecoder signed_frames_{kEventBytesMax};  // what signed frames hold
  bool ended_ = false;
};

}  // namespace bedplate::wire
