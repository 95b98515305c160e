#include "engine/scheduler/fair_queue.h"

#include <algorithm>
#include <cassert>

namespace bedplate::scheduler {

double Weight(Tier tier) {
  switch (tier) {
    case Tier::kFlex:
      return 0.25;
    case Tier::kDefault:
      return 1;
    case Tier::kPriority:
      return 4;
  }
  return 1;
}

double FairQueue::LowestMeter() const {
  double lowest = -1;
  for (const auto& [key, flow] : flows_) {
    if (flow.active() && (lowest < 0 || flow.meter < lowest)) lowest = flow.meter;
  }
  return lowest < 0 ? floor_ : lowest;
}

// Flows that have nothing to do are remembered only while they have had more than the others.
void FairQueue::Forget() {
  floor_ = std::max(floor_, LowestMeter());
  const bool all_idle =
      std::ranges::none_of(flows_, [](const auto& entry) { return entry.second.active(); });
  std::erase_if(flows_, [&](const auto& entry) {
    return !entry.second.active() && (all_idle || entry.second.meter <= floor_);
  });
}

Flow& FairQueue::Enter(const Key& key) {
  Forget();
  const auto [entry, fresh] = flows_.try_emplace(key);
  Flow& flow = entry->second;
  if (fresh) {
    flow.tenant = key.first;
    flow.tier = key.second;
  }
  if (!flow.active()) flow.meter = std::max(flow.meter, floor_);
  return flow;
}

void FairQueue::Push(Request& request, TenantId tenant, Tier tier) {
  Flow& flow = Enter({tenant, tier});
  request.flow = &flow;
  flow.waiting.push_back(&request);
  ++requests_;
  tokens_ += request.prompt_tokens;
}

void FairQueue::PushFront(Request& request) {
  assert(request.started);
  request.flow->waiting.push_front(&request);
}

void FairQueue::CountOut(const Request& request) {
  if (request.started) return;
  --requests_;
  tokens_ -= request.prompt_tokens;
}

void FairQueue::Remove(Request& request) {
  auto& waiting = request.flow->waiting;
  const auto it = std::ranges::find(waiting, &request);
  assert(it != waiting.end());
  waiting.erase(it);
  CountOut(request);
}

Request* FairQueue::Take(const std::function<Verdict(Request&)>& admit) {
  std::vector<Flow*> order;
  for (auto& [key, flow] : flows_) {
    if (!flow.waiting.empty()) order.push_back(&flow);
  }
  std::ranges::sort(order, {}, [](const Flow* flow) { return flow->meter; });
  for (Flow* flow : order) {
    for (auto it = flow->waiting.begin(); it != flow->waiting.end(); ++it) {
      Request& request = **it;
      switch (admit(request)) {
        case Verdict::kStop:
          return nullptr;
        case Verdict::kPass:
          break;
        case Verdict::kTake:
          flow->waiting.erase(it);
          CountOut(request);
          ++flow->running;
          return &request;
      }
    }
  }
  return nullptr;
}

void FairQueue::StopRunning(Request& request) {
  assert(request.flow->running > 0);
  --request.flow->running;
}

void FairQueue::Charge(Flow& flow, uint64_t tokens) {
  flow.meter += static_cast<double>(tokens) / Weight(flow.tier);
}

Request* FairQueue::Victim(TenantId tenant, Tier tier) const {
  const Flow* longest = nullptr;
  uint64_t most = 0;
  for (const auto& [key, flow] : flows_) {
    // The newcomer counts in its own flow.
    const uint64_t count = flow.waiting.size() + (key == Key{tenant, tier});
    if (count > most) longest = &flow, most = count;
  }
  if (!longest || (longest->tenant == tenant && longest->tier == tier)) return nullptr;
  if (longest->waiting.empty() || longest->waiting.back()->started) return nullptr;
  return longest->waiting.back();
}

std::vector<Request*> FairQueue::Expired(Instant submitted_before) const {
  std::vector<Request*> expired;
  for (const auto& [key, flow] : flows_) {
    for (Request* request : flow.waiting) {
      if (request->started) continue;  // at the front; the others stand in the order they came
      if (request->submitted >= submitted_before) break;
      expired.push_back(request);
    }
  }
  return expired;
}

}  // namespace bedplate::scheduler
