// Scheduler: continuous batching over one unified KV cache with a radix tree of prefixes.
//
// A pure function with memory: Step(now, events) -> actions. No threads, no clock, no llama
// types, no input or output, so that tests run it over seeds with a fake engine.
//
// The engine's loop: take the events that came in, Step, apply `memory` in order, compute `batch`,
// sample, and hand BatchDone (or a Loaded for each LoadCells) to the next Step. While a batch is
// out, Step may be called with other events; it then orders neither memory operations nor a batch,
// since the cache is in use.
//
// What it promises (each a property of simulation_test.cc):
// - each Submit gets exactly one Ended; while a request is alive and no batch is out, Step orders a
//   batch, or something to be loaded;
// - the cells and sequences in use never pass the configuration, counted as llama.cpp counts;
// - a request that stays within new_tokens_expected is never set back for want of cells: cells
//   for its prompt and these tokens are reserved when it starts. One that goes beyond grows by
//   small reservations, and when cells run out the youngest of these is set back: its cells become
//   a cached prefix, it waits again, and resumes from what is still cached. Nobody notices but by
//   the time it takes;
// - a flow (tenant, tier) waits while others that had more than their share are served: flows are
//   served in the order of tokens computed for them divided by their weight;
// - a prefix that one request is computing now is waited for by others that start with it, so it
//   is computed once;
// - every batch of an adapter has a row of each of its answers that generate, and rows of the
//   oldest of its prompts: neither starves, whatever comes;
// - once batches were timed, one with both takes at most token_gap_target, or what the least rows
//   of BatchShape take; while prompts are late at most BatchShape::kLateMost times that target, or
//   what it takes without them: by CostModel, which is as good as the machine is steady.
//
// Threads: none; the caller serialises. Cost: microseconds to a few hundred for a Step.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/scheduler/cost_model.h"
#include "engine/scheduler/types.h"

namespace bedplate::scheduler {

struct Config {
  uint32_t cells = 0;               // of the unified cache (n_ctx)
  uint32_t context_tokens_max = 0;  // of one sequence: <= cells, <= the model's training context
  uint32_t sequences = 256;         // n_seq_max: running requests and idle prefixes; <= 256
  uint32_t running_max = 64;        // requests that run at once; < sequences
  uint32_t batch_tokens_max = 512;  // rows of a batch; >= running_max
  // From when a request comes until its first token is there: while this can't be kept, prompts get
  // more of the batches than token_gap_target gives them.
  Instant first_token_target{1'000'000};
  // For how long answers may stand still for prompts: a batch with both takes no longer, as far as
  // first_token_target lets it.
  Instant token_gap_target{150'000};
  // A batch of prompts alone takes no longer, likewise: newcomers wait for its end.
  Instant batch_time_target{1'000'000};
  // Until a batch was timed. Prompt rows in a batch that also has generating rows, and of one that
  // completes a prompt: its first token waits for the whole batch, and more rows would bring others
  // forward more slowly than the batch after it does.
  uint32_t mixed_prompt_tokens_max = 256;
  uint32_t completing_prompt_tokens_max = 64;
  uint32_t queue_requests_max = 1024;
  uint64_t queue_tokens_max = 4'000'000;  // prompt tokens that wait
  Instant queue_wait_max{60'000'000};     // kOverloaded after that
  uint32_t new_tokens_expected = 256;     // where a Submit does not say
  uint32_t extension_tokens = 64;         // reserved at a time beyond what was expected
  // Drafts are computed while at most so many requests run and none of them has prompt left; 0:
  // never. For models whose cache can be cut.
  uint32_t speculating_max = 0;
  uint32_t draft_rows_max = 16;         // of a batch, in equal shares; >= speculating_max
  uint32_t share_wait_tokens_min = 32;  // wait for a prefix being computed if it saves as many
  // Idle prefixes that nobody used for so long are given up, whether there is room or not.
  Instant idle_max{3'600'000'000};
  uint32_t load_tokens_max = 512;  // at a time; batches of others come between
  uint32_t load_tokens_min = 32;   // load what is kept outside of the cache, likewise
  // What is evicted though it was found before is ordered to be saved (SaveCells).
  bool saves_evicted = false;
  // False for models whose memory cannot be copied or cut in part (recurrent, hybrid): each
  // request then computes all of its prompt, and nothing is kept.
  bool share_prefixes = true;
};

// What is going on now, and counts since the start (`_total`).
struct Stats {
  uint32_t waiting = 0;
  uint32_t running = 0;
  uint32_t cells_used = 0;  // with idle prefixes
  uint32_t cells_idle = 0;  // of these, only kept because they may be wanted again
  uint32_t cells_reserved = 0;
  uint32_t sequences_used = 0;
  uint64_t prompt_tokens_total = 0;
  uint64_t cached_tokens_total = 0;    // of these, not computed again
  uint64_t loaded_tokens_total = 0;    // of these, from outside of the cache
  uint64_t computed_tokens_total = 0;  // rows of batches
  uint64_t drafted_tokens_total = 0;   // of these, of drafts
  uint64_t accepted_tokens_total = 0;  // of these, that were right
  uint64_t evicted_tokens_total = 0;
  uint64_t set_back_total = 0;
};

class Scheduler {
 public:
  // Asserts that the configuration holds together (the bounds named above).
  explicit Scheduler(const Config& config);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Events are moved from. The result is valid until the next Step.
  const Actions& Step(Instant now, std::span<Event> events);

  Stats GetStats() const;
  // What the cache knows and was found at least so often, the most valuable first, as orders to
  // save it; for an engine that has nothing else to do, or ends. Between two Steps.
  std::vector<SaveCells> Leaves(uint32_t hits_min = 0) const;
  // How much of a text's beginning the cache has now.
  uint32_t CachedTokens(const CacheKey& key, std::span<const Token> tokens) const;
  // All cells in use, each once, beginnings before what follows them. Between two Steps, while no
  // request runs.
  std::vector<Stretch> Layout() const;
  // Gives all idle prefixes up: as actions, valid until the next Step. Likewise.
  const Actions& GiveUpIdle();
  // Tokens of a draft that would be computed now; 0 where drafts are not wanted.
  uint32_t DraftTokensMax() const;
  // What was learnt of the machine.
  const CostModel& cost() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bedplate::scheduler
