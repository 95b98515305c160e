// FairQueue: requests that wait, in the order in which they should be served.
//
// A flow is a tenant in a tier. Each flow has a meter: the tokens computed for it, divided by its
// weight. The flow with the lowest meter is next; within a flow, first come, first served. A flow
// that comes back from having nothing to do starts at the lowest meter of those that have
// something (or its own, if higher): idleness saves up nothing. (The idea is the virtual token
// counter of "Fairness in Serving Large Language Models", OSDI 2024, with weights.)
//
// Threads: none.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <utility>
#include <vector>

#include "engine/scheduler/request.h"

namespace bedplate::scheduler {

// The share of a flow of this tier, relative to others.
double Weight(Tier tier);

struct Flow {
  TenantId tenant = 0;
  Tier tier = Tier::kDefault;
  double meter = 0;
  uint32_t running = 0;  // requests of it that run
  std::list<Request*> waiting;

  bool active() const { return running > 0 || !waiting.empty(); }
};

class FairQueue {
 public:
  // Behind the others of its flow. Sets request.flow.
  void Push(Request& request, TenantId tenant, Tier tier);
  // In front of the others of its flow: it ran before and was set back.
  void PushFront(Request& request);
  void Remove(Request& request);

  // The first request in order of service for which `admit` is true, taken out of the queue and
  // counted as running in its flow; nullptr if there is none. `admit` may be false for a request
  // that can be passed over; when it stops the search, nothing behind is looked at.
  enum class Verdict : uint8_t { kTake, kPass, kStop };
  Request* Take(const std::function<Verdict(Request&)>& admit);

  // A request taken earlier runs no more.
  void StopRunning(Request& request);
  // `tokens` were computed for the flow.
  void Charge(Flow& flow, uint64_t tokens);

  // The request to turn away when the queue is full and one of `tenant`, `tier` wants in: the last
  // of the flow with most waiting; nullptr when that would be the newcomer's own flow, or when
  // nothing can be turned away.
  Request* Victim(TenantId tenant, Tier tier) const;

  // Those that never ran and came before `submitted_before`.
  std::vector<Request*> Expired(Instant submitted_before) const;

  // Requests that never ran, and their prompt tokens.
  uint32_t requests() const { return requests_; }
  uint64_t tokens() const { return tokens_; }

 private:
  using Key = std::pair<TenantId, Tier>;
  Flow& Enter(const Key& key);
  double LowestMeter() const;
  void Forget();
  void CountOut(const Request& request);

  std::map<Key, Flow> flows_;
  double floor_ = 0;  // lowest meter of an active flow, as last known
  uint32_t requests_ = 0;
  uint64_t tokens_ = 0;
};

}  // namespace bedplate::scheduler
