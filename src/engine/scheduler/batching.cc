// What is computed next. Every request that has one row to compute (the token just sampled) gets
// it in every batch of its adapter; prompts share what is left of the batch.
#include <algorithm>
#include <cassert>
#include <limits>
#include <map>
#include <utility>

#include "engine/scheduler/batch_shape.h"
#include "engine/scheduler/scheduler_impl.h"

namespace bedplate::scheduler {
namespace {

double Seconds(Instant duration) { return std::chrono::duration<double>(duration).count(); }

// In any case, of a batch of so many prompt rows.
uint32_t RowsOfOldest(const Request& oldest, uint32_t budget) {
  return std::min(oldest.rows_due(), std::max(1U, budget / 4));
}

}  // namespace

void Scheduler::Impl::BuildBatch() {
  AdapterId adapter = 0;
  if (!PickAdapter(adapter)) return;
  actions_.batch.adapter = adapter;

  const bool reads_prompts = std::ranges::any_of(
      running_, [](const Request* r) { return r->loading() || r->rows_due() > 1; });
  const uint32_t draft_tokens = reads_prompts ? 0 : DraftTokensMax();
  std::vector<Request*> prompts;
  for (Request* request : running_) {
    if (request->key.adapter != adapter || request->loading()) continue;
    if (request->rows_due() > 1) {
      prompts.push_back(request);
      continue;
    }
    // The token that was sampled; what a prompt costs was charged when it started.
    if (request->tokens.size() > request->prompt_tokens) queue_.Charge(*request->flow, 1);
    AddRows(*request, 1);
    AddDraftRows(*request, draft_tokens);
  }
  AddPrompts(prompts, config_.batch_tokens_max - static_cast<uint32_t>(actions_.batch.size()));
  batch_out_ = true;
  batch_rows_ = static_cast<uint32_t>(actions_.batch.size());
  batch_seen_ = CellsSeen();
  totals_.computed_tokens_total += actions_.batch.size();
}

// By the highest tier of those that run: they share its batches.
std::map<AdapterId, double> Scheduler::Impl::TurnLengths() const {
  std::map<AdapterId, double> lengths;
  for (const Request* request : running_) {
    if (request->loading()) continue;
    const double length = 1 / Weight(request->flow->tier);
    const auto [entry, fresh] = lengths.try_emplace(request->key.adapter, length);
    if (!fresh) entry->second = std::min(entry->second, length);
  }
  return lengths;
}

// LoRA adapters are in force for a whole batch, so adapters take turns. The next is the one whose
// turn would be over first, had all begun when their last ones were over; an adapter that comes to
// others begins now. So each has turns in proportion to its weight, and those that come and go
// cannot pass one that stays more often than that.
bool Scheduler::Impl::PickAdapter(AdapterId& adapter) {
  const auto lengths = TurnLengths();
  if (lengths.empty()) return false;
  std::erase_if(turns_, [&](const auto& entry) { return !lengths.contains(entry.first); });
  double first = std::numeric_limits<double>::infinity();
  for (const auto& [candidate, length] : lengths) {
    const double over = turns_.try_emplace(candidate, turns_now_).first->second + length;
    if (over < first) first = over, adapter = candidate;
  }
  // One that has got a higher tier may be late; it is next, and does not catch up.
  turns_now_ = std::max(turns_now_, first);
  turns_[adapter] = turns_now_;
  return true;
}

// The shape is measured batches' to say, and the configuration's where there are none.
void Scheduler::Impl::AddPrompts(std::span<Request*> prompts, uint32_t budget) {
  if (prompts.empty() || budget == 0) return;
  Request* const oldest = prompts.front();
  std::ranges::sort(prompts, {},
                    [](const Request* r) { return std::pair(r->rows_due(), r->order); });
  const auto generating = static_cast<uint32_t>(actions_.batch.size());
  if (!cost_.known()) {
    if (generating > 0) budget = std::min(budget, config_.mixed_prompt_tokens_max);
    return AddPromptRows(prompts, oldest, budget, config_.completing_prompt_tokens_max);
  }
  std::vector<PromptWork> work;
  work.reserve(prompts.size());
  for (const Request* request : prompts) {
    work.push_back({request->rows_due(), request->computed, Seconds(now_ - request->submitted)});
  }
  const BatchShape shape(cost_, generating, CellsSeen(), work, Seconds(config_.first_token_target));
  const Instant bound = generating > 0 ? config_.token_gap_target : config_.batch_time_target;
  budget = shape.PromptRows(Seconds(bound), budget);
  size_t complete = shape.Completing(budget);
  const auto completed = prompts.first(complete);
  if (std::ranges::find(completed, oldest) == completed.end()) {
    complete = shape.Completing(budget - RowsOfOldest(*oldest, budget));
  }
  uint32_t completing = 0;
  for (const PromptWork& prompt : std::span(work).first(complete)) completing += prompt.rows;
  AddPromptRows(prompts, oldest, budget, completing);
}

// The shortest remaining prompt first, since that brings first tokens soonest on average; a
// quarter is the oldest's, so that no prompt waits for ever for shorter ones. Where many short
// prompts come together, each batch completes a few of them.
void Scheduler::Impl::AddPromptRows(std::span<Request*> prompts, Request* oldest, uint32_t budget,
                                    uint32_t completing) {
  const uint32_t oldest_rows = RowsOfOldest(*oldest, budget);
  uint32_t rest = budget - oldest_rows;
  uint32_t added = 0;
  bool completes = false;
  for (Request* request : prompts) {
    uint32_t rows = request == oldest ? oldest_rows : 0;
    uint32_t room = rest;
    if (completes) room = std::min(room, completing - std::min(completing, added));
    const uint32_t more = std::min(request->rows_due() - rows, room);
    rest -= more;
    rows += more;
    added += rows;
    completes |= rows == request->rows_due();
    AddRows(*request, rows);
  }
}

uint64_t Scheduler::Impl::CellsSeen() const {
  uint64_t seen = 0;
  for (const Position position : actions_.batch.positions) {
    seen += static_cast<uint64_t>(position) + 1;
  }
  return seen;
}

void Scheduler::Impl::AddRows(Request& request, uint32_t rows) {
  if (rows == 0) return;
  assert(request.in_batch == 0 && request.computed + rows <= request.granted);
  Batch& batch = actions_.batch;
  for (uint32_t i = request.computed; i < request.computed + rows; ++i) {
    batch.tokens.push_back(request.tokens[i]);
    batch.positions.push_back(static_cast<Position>(i));
    batch.sequences.push_back(request.sequence);
    batch.outputs.push_back(i + 1 == request.tokens.size());
    batch.requests.push_back(request.id);
  }
  request.in_batch = rows;
  batch_.push_back(&request);
}

// Within the cells it was granted, so that drafts take nothing from others.
void Scheduler::Impl::AddDraftRows(Request& request, uint32_t most) {
  const auto known = static_cast<uint32_t>(request.tokens.size());
  const uint32_t rows =
      std::min({static_cast<uint32_t>(request.draft.size()), most, request.granted - known});
  request.draft.resize(rows);
  request.in_batch += rows;
  if (rows > 0) queue_.Charge(*request.flow, rows);
  Batch& batch = actions_.batch;
  for (uint32_t i = 0; i < rows; ++i) {
    batch.tokens.push_back(request.draft[i]);
    batch.positions.push_back(static_cast<Position>(known + i));
    batch.sequences.push_back(request.sequence);
    batch.outputs.push_back(1);
    batch.requests.push_back(request.id);
  }
}

}  // namespace bedplate::scheduler
