#include "wire/input_events.h"

namespace bedplate::wire {

using event_stream::Frame;

net::Task<Result<std::optional<Frame>>> InputEvents::Next() {
  for (;;) {
    if (ended_) co_return std::nullopt;
    Frame frame;
    const auto whole = frames_.Next(frame);
    if (!whole) co_return std::unexpected(whole.error());
    if (*whole) co_return signing_ ? Unwrap(frame) : Taken(std::move(frame));
    const auto bytes = co_await body_.Next();
    if (!bytes) co_return std::unexpected(bytes.error());
    if (bytes->empty()) co_return End();
    frames_.Push(*bytes);
  }
}

InputEvents::Taken InputEvents::Unwrap(const Frame& frame) {
  const auto held = signing_->Open(frame);
  if (!held) return std::unexpected(held.error());
  if (held->empty()) {
    ended_ = true;
    return std::nullopt;
  }
  signed_frames_.Push(*held);
  Frame event;
  const auto whole = signed_frames_.Next(event);
  if (!whole) return std::unexpected(whole.error());
  if (!*whole || signed_frames_.pending_bytes() != 0) {
    return Fail(Fault::kValidation, "A signed event must hold one whole frame of an event.");
  }
  return event;
}

InputEvents::Taken InputEvents::End() const {
  if (frames_.pending_bytes() != 0) {
    return Fail(Fault::kValidation, "The event stream was cut in the middle of an event.");
  }
  if (signing_) {
    return Fail(Fault::kValidation,
                "The event stream was cut: its last event, which is signed and empty, is missing.");
  }
  return std::nullopt;
}

}  // namespace bedplate::wire
