// The parts of Scheduler: events and the order of a Step (scheduler.cc), who gets cells
// (admission.cc), what is computed next (batching.cc).
//
// The one equation that keeps the cache from overflowing, true after every Step:
//   cells of the tree + computed but unpublished cells + reserved cells <= Config::cells
// where each running request reserves the cells up to its grant. Idle prefixes are in the first
// term and are evicted when a grant needs their room.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/scheduler/cost_model.h"
#include "engine/scheduler/fair_queue.h"
#include "engine/scheduler/prefix_cache.h"
#include "engine/scheduler/request.h"
#include "engine/scheduler/scheduler.h"

namespace bedplate::scheduler {

class Scheduler::Impl {
 public:
  explicit Impl(const Config& config);

  const Actions& Step(Instant now, std::span<Event> events);
  Stats GetStats() const;
  uint32_t DraftTokensMax() const;
  std::vector<SaveCells> Leaves(uint32_t hits_min) const { return cache_.Leaves(hits_min, now_); }
  uint32_t CachedTokens(const CacheKey& key, std::span<const Token> tokens) const {
    return cache_.Find(key, tokens).tokens;
  }
  std::vector<Stretch> Layout() const;
  const Actions& GiveUpIdle();
  const CostModel& cost() const { return cost_; }

 private:
  // ---- scheduler.cc
  void Handle(Submit& event);
  void Handle(Cancel& event);
  void Handle(BatchDone& event);
  void Handle(Draft& event);
  void Handle(Loaded& event);
  void Handle(Measured& event);
  // The next rows of the batch are cells of the request's now.
  void Keep(Request& request, uint32_t rows);
  // Tokens before `end` that the tree does not know yet become known to it.
  void Publish(Request& request, uint32_t end);
  // The rows of a draft that were not kept are no cells of the request's.
  void DropDraft(Request& request);
  void Accept(Request& request, const Sampled& sampled);
  void TurnAwayExpired();
  // The last word on a request. One that runs lets go of its cells when no batch is out.
  void End(Request& request, EndReason reason);
  void ReleaseEnded();
  // Publishes what it computed and gives its sequence up.
  void LeaveCache(Request& request);

  // ---- admission.cc
  // Lets running requests that reached their grant go on, setting others back if cells run out.
  void ExtendGrants();
  void Extend(Request& request);
  void SetBack(Request& request);
  void Admit();
  FairQueue::Verdict Consider(Request& request);
  // Whether a running request is about to know more of this one's prefix than `cached` tokens.
  bool WaitForPrefix(Request& request, uint32_t cached);
  // Whether a running request is just being given as much of this one's prefix from outside.
  bool WaitForLoad(const Request& request, uint32_t cached) const;
  // How much of the prefix can be had from outside where the cache has `cached` tokens of it; 0
  // where that is not worth it.
  uint32_t Loadable(const Request& request, uint32_t cached) const;
  // Where the next piece of what is loaded ends.
  uint32_t LoadPiece(const Request& request) const;
  void OrderLoads();
  void Start(Request& request);
  // All that is not to be computed is in its sequence.
  void Begin(Request& request);
  uint32_t CellsFree() const;
  bool MakeRoom(uint32_t cells);

  // ---- batching.cc
  void BuildBatch();
  bool PickAdapter(AdapterId& adapter);
  // How long a turn lasts, in the time of turns.
  std::map<AdapterId, double> TurnLengths() const;
  void AddRows(Request& request, uint32_t rows);
  // Behind the last token's row.
  void AddDraftRows(Request& request, uint32_t most);
  // Within `budget` rows.
  void AddPrompts(std::span<Request*> prompts, uint32_t budget);
  // Of these, and once a prompt is complete no more than `completing`.
  void AddPromptRows(std::span<Request*> prompts, Request* oldest, uint32_t budget,
                     uint32_t completing);
  uint64_t CellsSeen() const;

  const Config config_;
  Instant now_{0};
  Actions actions_;
  PrefixCache cache_;
  FairQueue queue_;
  std::unordered_map<RequestId, std::unique_ptr<Request>> requests_;  // alive
  std::vector<Request*> running_;                                     // oldest first
  std::vector<Request*> batch_;  // requests with rows in the batch that is out
  // Ended while they ran, cells not yet given up.
  std::vector<std::unique_ptr<Request>> ended_;
  std::map<AdapterId, double> turns_;  // when the last turn of each adapter that runs was over
  double turns_now_ = 0;
  bool batch_out_ = false;
  uint32_t loads_out_ = 0;   // LoadCells that were not answered
  uint32_t batch_rows_ = 0;  // of the batch that is out, or was last
  uint64_t batch_seen_ = 0;  // cells they look at, summed
  CostModel cost_;
  uint32_t cells_unpublished_ = 0;
  uint32_t cells_reserved_ = 0;
  uint64_t next_order_ = 1;
  Stats totals_;
};

}  // namespace bedplate::scheduler
