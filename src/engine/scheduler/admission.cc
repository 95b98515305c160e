// Who gets cells. See scheduler_impl.h for the equation that is kept.
#include <algorithm>
#include <cassert>

#include "engine/scheduler/scheduler_impl.h"

namespace bedplate::scheduler {
namespace {

// A request passes its turn to wait for another's prefix at most so many times, so that a stream
// of newcomers cannot hold it back.
constexpr uint32_t kWaitsMax = 4;

uint32_t CommonPrefix(std::span<const Token> a, std::span<const Token> b) {
  return std::ranges::mismatch(a, b).in1 - a.begin();
}

}  // namespace

uint32_t Scheduler::Impl::CellsFree() const {
  const uint32_t taken = cache_.cells() + cells_unpublished_ + cells_reserved_;
  assert(taken <= config_.cells);
  return config_.cells - taken;
}

bool Scheduler::Impl::MakeRoom(uint32_t cells) {
  const uint32_t free = CellsFree();
  if (free >= cells) return true;
  if (free + cache_.cells_idle() < cells) return false;
  cache_.Evict(cells - free, now_);
  return true;
}

void Scheduler::Impl::ExtendGrants() {
  // From a copy: setting back takes requests out of running_.
  const std::vector<Request*> oldest_first = running_;
  for (Request* request : oldest_first) {
    if (request->running() && request->tokens.size() > request->granted) Extend(*request);
  }
}

void Scheduler::Impl::Extend(Request& request) {
  request.beyond = true;
  const uint32_t more = std::min(config_.extension_tokens, request.cells_max() - request.granted);
  while (!MakeRoom(more)) {
    // The youngest of those that went beyond what they expected makes room, be it this one: so
    // the oldest always gets on, and each in its turn becomes the oldest.
    const auto youngest = std::ranges::max_element(
        running_, {}, [](const Request* r) { return r->beyond ? r->order : 0; });
    Request* victim = *youngest;
    SetBack(*victim);
    if (victim == &request) return;
  }
  request.granted += more;
  cells_reserved_ += more;
}

void Scheduler::Impl::SetBack(Request& request) {
  ++totals_.set_back_total;
  // Next time it gets room for more, so that it is not set back again at once.
  const uint32_t generated = request.tokens.size() - request.prompt_tokens;
  request.new_tokens_grant = std::max(config_.extension_tokens, generated);
  request.waits_for = 0;
  LeaveCache(request);
  queue_.StopRunning(request);
  std::erase(running_, &request);
  queue_.PushFront(request);
}

void Scheduler::Impl::Admit() {
  while (running_.size() < config_.running_max) {
    Request* request = queue_.Take([this](Request& r) { return Consider(r); });
    if (!request) return;
    Start(*request);
  }
}

FairQueue::Verdict Scheduler::Impl::Consider(Request& request) {
  PrefixCache::Match match;
  if (config_.share_prefixes) {
    if (request.waits_for != 0) {
      const auto it = requests_.find(request.waits_for);
      const bool goes_on = it != requests_.end() && it->second->running() &&
                           it->second->published < request.wait_tokens;
      if (goes_on) return FairQueue::Verdict::kPass;
      request.waits_for = 0;
    }
    match = cache_.Find(request.key, request.reusable());
    if (WaitForLoad(request, match.tokens)) return FairQueue::Verdict::kPass;
    const uint32_t at_hand = std::max(match.tokens, Loadable(request, match.tokens));
    if (WaitForPrefix(request, at_hand)) return FairQueue::Verdict::kPass;
  }
  const uint32_t known = request.tokens.size();
  request.granted = std::min(known + request.new_tokens_grant - 1, request.cells_max());
  const uint32_t needed = request.granted - match.tokens;
  // Nothing behind the first is let past it for want of cells: a large request would never start.
  if (needed > CellsFree() + cache_.cells_idle() - match.idle) return FairQueue::Verdict::kStop;
  return FairQueue::Verdict::kTake;
}

bool Scheduler::Impl::WaitForPrefix(Request& request, uint32_t cached) {
  if (request.waits >= kWaitsMax) return false;
  uint32_t most = cached + config_.share_wait_tokens_min;
  const Request* owner = nullptr;
  for (const Request* other : running_) {
    if (other->key != request.key || other->computed >= other->prompt_tokens) continue;
    const std::span prompt = std::span(other->tokens).first(other->prompt_tokens);
    const uint32_t common = CommonPrefix(prompt, request.reusable());
    if (common >= most && common > other->published) most = common, owner = other;
  }
  if (!owner) return false;
  ++request.waits;
  request.waits_for = owner->id;
  request.wait_tokens = most;
  return true;
}

uint32_t Scheduler::Impl::Loadable(const Request& request, uint32_t cached) const {
  const bool worth_it =
      config_.share_prefixes && request.stored >= cached + config_.load_tokens_min;
  return worth_it ? request.stored : 0;
}

bool Scheduler::Impl::WaitForLoad(const Request& request, uint32_t cached) const {
  return std::ranges::any_of(running_, [&](const Request* other) {
    if (!other->loading() || other->key != request.key) return false;
    const std::span loaded = std::span(other->tokens).first(other->load_end);
    return CommonPrefix(loaded, request.reusable()) >= cached + config_.load_tokens_min;
  });
}

void Scheduler::Impl::Start(Request& request) {
  const std::span<const Token> reusable =
      config_.share_prefixes ? request.reusable() : std::span<const Token>();
  const auto opened = cache_.Open(request.key, reusable, now_);
  assert(opened);  // running_max leaves two sequences that are not open
  request.sequence = opened->sequence;
  request.computed = request.published = opened->tokens;
  request.in_batch = 0;
  const bool fits = MakeRoom(request.reserved());
  assert(fits);
  (void)fits;
  cells_reserved_ += request.reserved();
  if (request.order == 0) request.order = next_order_++;
  const auto place = std::ranges::upper_bound(running_, request.order, {}, &Request::order);
  running_.insert(place, &request);

  request.load_end = Loadable(request, request.computed);
  if (!request.loading()) Begin(request);
}

// Pieces end where all pieces do, wherever the first began.
uint32_t Scheduler::Impl::LoadPiece(const Request& request) const {
  const uint32_t piece = config_.load_tokens_max;
  return std::min(request.load_end, (request.computed / piece + 1) * piece);
}

void Scheduler::Impl::OrderLoads() {
  for (const Request* request : running_) {
    if (!request->loading()) continue;
    ++loads_out_;
    actions_.memory.emplace_back(LoadCells{request->id, request->sequence,
                                           static_cast<Position>(request->computed),
                                           static_cast<Position>(LoadPiece(*request))});
  }
}

void Scheduler::Impl::Begin(Request& request) {
  queue_.Charge(*request.flow, request.rows_due());
  if (request.started) return;
  request.started = true;
  totals_.cached_tokens_total += request.computed;
  actions_.started.push_back({request.id, request.prompt_tokens, request.computed});
}

}  // namespace bedplate::scheduler
