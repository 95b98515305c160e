#include "engine/scheduler/scheduler.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/scheduler/scheduler_impl.h"

namespace bedplate::scheduler {

Scheduler::Scheduler(const Config& config) : impl_(std::make_unique<Impl>(config)) {}
Scheduler::~Scheduler() = default;

const Actions& Scheduler::Step(Instant now, std::span<Event> events) {
  return impl_->Step(now, events);
}

Stats Scheduler::GetStats() const { return impl_->GetStats(); }

uint32_t Scheduler::DraftTokensMax() const { return impl_->DraftTokensMax(); }

std::vector<SaveCells> Scheduler::Leaves(uint32_t hits_min) const {
  return impl_->Leaves(hits_min);
}

uint32_t Scheduler::CachedTokens(const CacheKey& key, std::span<const Token> tokens) const {
  return impl_->CachedTokens(key, tokens);
}

std::vector<Stretch> Scheduler::Layout() const { return impl_->Layout(); }

const Actions& Scheduler::GiveUpIdle() { return impl_->GiveUpIdle(); }
const CostModel& Scheduler::cost() const { return impl_->cost(); }

Scheduler::Impl::Impl(const Config& config)
    : config_(config), cache_(config.sequences, actions_.memory, config.saves_evicted) {
  assert(config.context_tokens_max >= 2 && config.cells >= config.context_tokens_max);
  assert(config.sequences <= 256 && config.sequences >= config.running_max + 2);
  assert(config.running_max >= 1 && config.batch_tokens_max > config.running_max);
  assert(config.mixed_prompt_tokens_max >= 1 && config.completing_prompt_tokens_max >= 1);
  assert(config.extension_tokens >= 1);
  assert(config.new_tokens_expected >= 1);
  assert(config.speculating_max <= config.draft_rows_max);
  assert(config.speculating_max + config.draft_rows_max <= config.batch_tokens_max ||
         config.speculating_max == 0);
}

const Actions& Scheduler::Impl::Step(Instant now, std::span<Event> events) {
  assert(now >= now_);
  now_ = now;
  actions_.Clear();
  for (Event& event : events) {
    std::visit([this](auto& e) { Handle(e); }, event);
  }
  TurnAwayExpired();
  if (batch_out_ || loads_out_ > 0) return actions_;
  ReleaseEnded();
  if (now_ >= config_.idle_max) cache_.EvictUnused(now_ - config_.idle_max);
  ExtendGrants();
  Admit();
  OrderLoads();
  BuildBatch();
  return actions_;
}

void Scheduler::Impl::Handle(Submit& event) {
  assert(!requests_.contains(event.request));
  const uint32_t prompt_tokens = event.prompt.size();
  totals_.prompt_tokens_total += prompt_tokens;
  const auto turn_away = [&](EndReason reason) {
    actions_.ended.push_back({event.request, reason, prompt_tokens, 0});
  };
  if (prompt_tokens == 0 || event.new_tokens_max == 0) return turn_away(EndReason::kInvalid);
  if (prompt_tokens >= config_.context_tokens_max) {
    return turn_away(EndReason::kContextLengthExceeded);
  }
  while (queue_.requests() >= config_.queue_requests_max ||
         queue_.tokens() + prompt_tokens > config_.queue_tokens_max) {
    Request* victim = queue_.Victim(event.tenant, event.tier);
    if (!victim) return turn_away(EndReason::kOverloaded);
    End(*victim, EndReason::kOverloaded);
  }

  auto request = std::make_unique<Request>();
  request->id = event.request;
  request->key = {event.adapter, event.share_scope};
  request->submitted = now_;
  request->tokens = std::move(event.prompt);
  request->prompt_tokens = prompt_tokens;
  request->stored = std::min(event.stored_tokens, prompt_tokens - 1);
  const uint32_t room = config_.context_tokens_max - prompt_tokens;
  request->tokens_max = prompt_tokens + std::min(event.new_tokens_max, room);
  request->new_tokens_grant =
      event.new_tokens_expected > 0 ? event.new_tokens_expected : config_.new_tokens_expected;
  queue_.Push(*request, event.tenant, event.tier);
  requests_.emplace(event.request, std::move(request));
}

void Scheduler::Impl::Handle(Cancel& event) {
  const auto it = requests_.find(event.request);
  if (it != requests_.end()) End(*it->second, EndReason::kCancelled);
}

void Scheduler::Impl::Handle(BatchDone& event) {
  assert(batch_out_);
  batch_out_ = false;
  if (!event.failed) cost_.Learn(batch_rows_, batch_seen_, event.seconds);
  for (Request* request : batch_) {
    const uint32_t rows = std::exchange(request->in_batch, 0);
    if (event.failed) {
      const auto computed = static_cast<Position>(request->computed);
      actions_.memory.push_back(RemoveCells{request->sequence, computed, kEndOfSequence});
      request->draft.clear();
      continue;
    }
    Keep(*request, rows - static_cast<uint32_t>(request->draft.size()));
  }
  for (const Sampled& sampled : event.sampled) {
    const auto it = requests_.find(sampled.request);
    if (it != requests_.end()) Accept(*it->second, sampled);
  }
  for (Request* request : std::exchange(batch_, {})) {
    if (event.failed && !request->ended) End(*request, EndReason::kEngineFailure);
    DropDraft(*request);
    if (!config_.share_prefixes || request->published >= request->prompt_tokens) continue;
    // The prompt's cells become known at once, for those that wait for them; what is generated
    // becomes known in the end.
    Publish(*request, std::min(request->computed, request->prompt_tokens));
  }
}

void Scheduler::Impl::Publish(Request& request, uint32_t end) {
  const uint32_t fresh = end - request.published;
  cache_.Publish(request.sequence, std::span(request.tokens).subspan(request.published, fresh));
  request.published += fresh;
  cells_unpublished_ -= fresh;
}

void Scheduler::Impl::Handle(Loaded& event) {
  assert(loads_out_ > 0);
  --loads_out_;
  // One that has ended meanwhile still leaves what was loaded to others.
  const auto it = requests_.find(event.request);
  const auto ended = std::ranges::find(ended_, event.request, [](const auto& r) { return r->id; });
  assert(it != requests_.end() || ended != ended_.end());
  Request& request = it != requests_.end() ? *it->second : **ended;
  const uint32_t ordered = LoadPiece(request) - request.computed;
  assert(request.loading() && event.tokens <= ordered);
  Keep(request, event.tokens);
  totals_.loaded_tokens_total += event.tokens;
  Publish(request, request.computed);
  if (event.tokens < ordered) request.stored = request.load_end = 0;  // never tried again
  if (!request.ended && !request.loading()) Begin(request);
}

void Scheduler::Impl::Handle(Draft& event) {
  const auto it = requests_.find(event.request);
  if (it == requests_.end()) return;
  Request& request = *it->second;
  const bool waits_for_one = request.running() && request.in_batch == 0 &&
                             request.rows_due() == 1 &&
                             request.tokens.size() > request.prompt_tokens;
  if (waits_for_one) request.draft = std::move(event.tokens);
}

void Scheduler::Impl::Handle(Measured& event) {
  cost_.Learn(event.rows, event.seen, event.seconds);
}

void Scheduler::Impl::Keep(Request& request, uint32_t rows) {
  request.computed += rows;
  cells_reserved_ -= rows;
  cells_unpublished_ += rows;
}

void Scheduler::Impl::DropDraft(Request& request) {
  if (request.draft.empty()) return;
  totals_.drafted_tokens_total += request.draft.size();
  totals_.accepted_tokens_total += request.draft_kept;
  if (request.draft_kept < request.draft.size()) {
    const auto computed = static_cast<Position>(request.computed);
    actions_.memory.push_back(RemoveCells{request.sequence, computed, kEndOfSequence});
  }
  request.draft.clear();
  request.draft_kept = 0;
}

void Scheduler::Impl::Accept(Request& request, const Sampled& sampled) {
  assert(request.running());
  if (request.rows_due() == 1) {
    // It goes on behind a row of the draft, whose token is the one that was drawn before.
    assert(request.draft_kept < request.draft.size());
    assert(request.draft[request.draft_kept] == request.tokens.back());
    ++request.draft_kept;
    Keep(request, 1);
  }
  assert(request.rows_due() == 0);
  request.tokens.push_back(sampled.token);
  if (sampled.finished) {
    End(request, EndReason::kStop);
  } else if (request.tokens.size() >= request.tokens_max) {
    End(request, EndReason::kLength);
  }
}

void Scheduler::Impl::TurnAwayExpired() {
  if (now_ < config_.queue_wait_max) return;
  for (Request* request : queue_.Expired(now_ - config_.queue_wait_max)) {
    End(*request, EndReason::kOverloaded);
  }
}

void Scheduler::Impl::End(Request& request, EndReason reason) {
  const uint32_t new_tokens = request.tokens.size() - request.prompt_tokens;
  actions_.ended.push_back({request.id, reason, request.prompt_tokens, new_tokens});
  const auto it = requests_.find(request.id);
  request.ended = true;
  if (request.running()) {
    queue_.StopRunning(request);
    std::erase(running_, &request);
    ended_.push_back(std::move(it->second));
  } else {
    queue_.Remove(request);
  }
  requests_.erase(it);
}

void Scheduler::Impl::ReleaseEnded() {
  for (const auto& request : std::exchange(ended_, {})) LeaveCache(*request);
}

void Scheduler::Impl::LeaveCache(Request& request) {
  if (config_.share_prefixes) {
    cache_.Publish(request.sequence,
                   std::span(request.tokens).subspan(request.published, request.unpublished()));
  }
  cells_unpublished_ -= request.unpublished();
  cells_reserved_ -= request.reserved();
  cache_.Close(request.sequence, now_);
  request.sequence = -1;
  request.computed = request.published = request.granted = request.load_end = 0;
  request.draft.clear();
}

std::vector<Stretch> Scheduler::Impl::Layout() const {
  assert(running_.empty() && ended_.empty());
  return cache_.Layout();
}

const Actions& Scheduler::Impl::GiveUpIdle() {
  assert(running_.empty() && ended_.empty());
  actions_.Clear();
  cache_.Forget();
  return actions_;
}

Stats Scheduler::Impl::GetStats() const {
  Stats stats = totals_;
  stats.waiting = requests_.size() - running_.size();
  stats.running = running_.size();
  stats.cells_used = cache_.cells() + cells_unpublished_;
  stats.cells_idle = cache_.cells_idle();
  stats.cells_reserved = cells_reserved_;
  stats.evicted_tokens_total = cache_.evicted_total();
  stats.sequences_used = cache_.sequences_used();
  return stats;
}

uint32_t Scheduler::Impl::DraftTokensMax() const {
  const uint32_t running = running_.size();
  if (running == 0 || running > config_.speculating_max) return 0;
  return config_.draft_rows_max / running;
}

}  // namespace bedplate::scheduler
