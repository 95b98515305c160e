// The input of an operation that takes events while it answers: who may send them, how many, for
// how long, and what signs them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "gateway/body_budget.h"
#include "gateway/passage.h"
#include "net/http.h"
#include "wire/signed_events.h"

namespace bedplate::gateway {

// Refuses what can carry no such input: a protocol that answers after the request, and a
// signature that covers a body which is never whole.
Step CheckEventInput(const Passage& passage);

// What signs the events; nothing where nothing does.
std::optional<wire::SignedEvents> SigningOf(const Passage& passage, const Clock& clock);

// The bytes of the events, within the limits.
// Threads: the reactor of its request.
class EventBody final : public net::BodyReader {
 public:
  struct Limits {
    uint64_t bytes_max;
    std::chrono::milliseconds duration_max;  // from the making of this
    std::chrono::milliseconds pause_max;     // in which nothing comes
  };

  // All outlive this. Counts in `passage` what it received.
  EventBody(Passage& passage, const Limits& limits, BodyBudget& budget, const Clock& clock);

  // As of a request's body; kValidation beyond bytes_max, kThrottling when the bodies of all
  // requests take all the memory they may, kModelTimeout after pause_max or duration_max.
  net::Task<Result<std::string_view>> Next() override;

 private:
  std::unexpected<Error> Overdue() const;

  Passage& passage_;
  const Limits limits_;
  BodyBudget& budget_;
  const Clock& clock_;
  const MonotonicTime began_;
};

}  // namespace bedplate::gateway
