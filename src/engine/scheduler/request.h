// What the scheduler knows of one request.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/scheduler/prefix_cache.h"
#include "engine/scheduler/types.h"

namespace bedplate::scheduler {

struct Flow;

struct Request {
  RequestId id = 0;
  CacheKey key;
  Flow* flow = nullptr;
  Instant submitted{0};

  std::vector<Token> tokens;   // the prompt, then what was sampled
  uint32_t prompt_tokens = 0;  // of these
  uint32_t tokens_max = 0;     // it ends (kLength) when it has so many

  // While it runs; counts of tokens from the start of `tokens`.
  SequenceId sequence = -1;
  uint32_t computed = 0;   // lie in cells of its sequence
  uint32_t published = 0;  // of these, known to the prefix cache
  uint32_t in_batch = 0;   // rows in the batch that is out, after `computed`
  uint32_t granted = 0;    // cells it may use up to: granted - computed are reserved

  uint32_t stored = 0;  // first tokens whose state can be loaded
  // While it is above `computed`, they are being loaded, and nothing is computed.
  uint32_t load_end = 0;

  std::vector<Token> draft;  // may follow `tokens`; of these rows, the last of `in_batch`
  uint32_t draft_kept = 0;   // of these, known to be right

  uint32_t new_tokens_grant = 0;  // how many tokens ahead the next grant reaches
  bool beyond = false;            // wanted more than it expected: may be set back
  bool started = false;           // ran before: neither expires nor is dropped from the queue
  bool ended = false;             // its Ended is said; only its cells are left to give up
  uint64_t order = 0;             // of first starts: lower is older

  // A request that computes the prefix this one waits for, until `wait_tokens` of it are known.
  RequestId waits_for = 0;
  uint32_t wait_tokens = 0;
  uint32_t waits = 0;

  bool running() const { return sequence >= 0; }
  bool loading() const { return load_end > computed; }
  // Tokens that need a row before the next one can be sampled.
  uint32_t rows_due() const { return tokens.size() - computed; }
  uint32_t reserved() const { return granted - computed; }
  uint32_t unpublished() const { return computed - published; }
  // What a cached prefix may serve: the last token must be computed for its output.
  std::span<const Token> reusable() const { return std::span(tokens).first(tokens.size() - 1); }
  // The last token needs no cell: it is sampled and never computed.
  uint32_t cells_max() const { return tokens_max - 1; }
};

}  // namespace bedplate::scheduler
