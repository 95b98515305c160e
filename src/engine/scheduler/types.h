// What the scheduler is told (events) and what it tells the engine to do (actions). Numbers are
// tokens and cells throughout: one cell of the unified KV cache holds one position of one or
// several sequences.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace bedplate::scheduler {

using RequestId = uint64_t;  // chosen by the caller, never used again
using Token = int32_t;
using Position = int32_t;  // of a token in its sequence, from 0
// End of a range that means all that follows.
inline constexpr Position kEndOfSequence = INT32_MAX;
using SequenceId = int32_t;  // 0 .. Config::sequences - 1
using AdapterId = uint32_t;  // 0 is the bare model
using TenantId = uint64_t;
// Time since an epoch of the caller's; must not run backwards.
using Instant = std::chrono::microseconds;

// Prefixes are shared among equals only.
struct CacheKey {
  AdapterId adapter = 0;
  uint64_t share_scope = 0;
  auto operator<=>(const CacheKey&) const = default;
};

// Share of the machine relative to others that wait: a flow is one tenant in one tier, and flows
// share by these weights. No tier starves another.
enum class Tier : uint8_t { kFlex, kDefault, kPriority };

// ---- Events ---------------------------------------------------------------------------------

struct Submit {
  RequestId request = 0;
  std::vector<Token> prompt;  // at least one token
  // Tokens to generate at most, >= 1. The context's end may come earlier.
  uint32_t new_tokens_max = 0;
  // Tokens it expects to generate: cells for these are kept for it from the start, so a request
  // that stays within them is never set back. 0: Config::new_tokens_expected.
  uint32_t new_tokens_expected = 0;
  AdapterId adapter = 0;
  TenantId tenant = 0;
  Tier tier = Tier::kDefault;
  // Prefixes are shared only among requests of one scope (and one adapter), since how long an
  // answer takes tells whether its prefix was known.
  uint64_t share_scope = 0;
  // What the model makes of so many first tokens is kept outside of the cache and can be loaded.
  uint32_t stored_tokens = 0;
};

// The client left. Unknown and ended requests are ignored.
struct Cancel {
  RequestId request = 0;
};

// What the sampler made of one row that wanted an output.
struct Sampled {
  RequestId request = 0;
  Token token = 0;
  bool finished = false;  // end of generation or a stop sequence: nothing more is wanted
};

// The last batch was computed. Exactly one Sampled for each of its output rows, except for
// requests cancelled meanwhile (ignored if present), and for rows of a draft: of those, one for
// each behind tokens that were all drawn as the draft has them, in their order. When `failed` (any
// code of llama_decode but 0), `sampled` is empty and every request of the batch ends with
// kEngineFailure.
struct BatchDone {
  std::vector<Sampled> sampled{};
  bool failed = false;
  double seconds = 0;  // it took, sampling included; 0: nothing that says how long others take
};

// A batch of so many rows took so long: measured before there are requests. `seen`: the cells that
// each row looks at, itself included, summed over the rows.
struct Measured {
  uint32_t rows = 0;
  uint64_t seen = 0;
  double seconds = 0;
};

// Tokens that may well follow a request's last one, to be computed beside it in its next batch and
// kept as far as the same are drawn. Comes after the BatchDone that told of the last token. Passed
// over, in whole or from its end, where the machine has other work or cells are short.
struct Draft {
  RequestId request = 0;
  std::vector<Token> tokens;
};

// What became of a LoadCells: the first `tokens` of its positions are in the cache, no others are.
// One for each LoadCells, with the BatchDone of the Step that ordered both, or in the next Step.
struct Loaded {
  RequestId request = 0;
  uint32_t tokens = 0;  // fewer than ordered: what was kept is gone or spoilt
};

using Event = std::variant<Submit, Cancel, BatchDone, Draft, Loaded, Measured>;

// ---- Actions --------------------------------------------------------------------------------

// The positions begin .. end - 1 of `from` are also positions of `to` (llama_memory_seq_cp).
struct CopyCells {
  SequenceId from = 0;
  SequenceId to = 0;
  Position begin = 0;
  Position end = 0;
  bool operator==(const CopyCells&) const = default;
};

// The positions begin .. end - 1 no longer belong to `sequence` (llama_memory_seq_rm).
struct RemoveCells {
  SequenceId sequence = 0;
  Position begin = 0;
  Position end = 0;
  bool operator==(const RemoveCells&) const = default;
};

// The positions begin .. end - 1 of `sequence`, which has none of them, get what is kept of the
// request's first `end` tokens, before the batch is computed. Answered with Loaded; long ones come
// in pieces, with batches of others between.
struct LoadCells {
  RequestId request = 0;
  SequenceId sequence = 0;
  Position begin = 0;
  Position end = 0;
  bool operator==(const LoadCells&) const = default;
};

// The cells begin .. end - 1 are about to be given up though somebody wanted them again before:
// what is in them is worth keeping outside of the cache. `sequence` has the positions 0 .. end - 1,
// which are of `tokens`.
struct SaveCells {
  SequenceId sequence = 0;
  Position begin = 0;
  Position end = 0;
  CacheKey key;
  std::vector<Token> tokens;
  bool operator==(const SaveCells&) const = default;
};

using MemoryOperation = std::variant<CopyCells, RemoveCells, LoadCells, SaveCells>;

// Cells of the cache that a set of sequences holds together: their positions begin .. end - 1.
struct Stretch {
  Position begin = 0;
  Position end = 0;
  std::vector<SequenceId> holders;  // at least one
  bool operator==(const Stretch&) const = default;
};

// Rows for one decode, column by column as llama_batch wants them; row i is the i-th element of
// each. Rows of one sequence stand together, positions ascending. The prompt rows of a request
// come without output, but for the last; a row with output that follows another of its request is
// of a draft.
struct Batch {
  AdapterId adapter = 0;  // to be in force while this batch is computed
  std::vector<Token> tokens;
  std::vector<Position> positions;
  std::vector<SequenceId> sequences;
  std::vector<int8_t> outputs;      // 1: logits wanted, and a Sampled expected
  std::vector<RequestId> requests;  // whose row it is

  size_t size() const { return tokens.size(); }
  bool empty() const { return tokens.empty(); }
};

// A request got its sequence. Said once, also when it is set back and resumed later.
struct Started {
  RequestId request = 0;
  uint32_t prompt_tokens = 0;
  uint32_t cached_tokens = 0;  // of these, found in the cache
};

enum class EndReason : uint8_t {
  kStop,                   // Sampled::finished
  kLength,                 // new_tokens_max, or the context is full
  kCancelled,              // Cancel
  kContextLengthExceeded,  // prompt + 1 token does not fit the context; never started
  kInvalid,                // empty prompt, or no token wanted; never started
  kOverloaded,             // the queue is full or it waited too long; never started
  kEngineFailure,          // its batch failed
};
std::string_view Name(EndReason reason);

// The last word on a request; exactly one for each Submit.
struct Ended {
  RequestId request = 0;
  EndReason reason = EndReason::kStop;
  uint32_t prompt_tokens = 0;
  uint32_t new_tokens = 0;  // sampled, the finishing one included
};

// To be done in this order: memory, then batch; started and ended are news for the clients.
struct Actions {
  std::vector<Started> started;
  std::vector<Ended> ended;
  std::vector<MemoryOperation> memory;
  Batch batch;  // empty: nothing to compute until the next event

  void Clear();
};

}  // namespace bedplate::scheduler
