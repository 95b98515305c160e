// One request for text as the inference loop takes it, and what it reports of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/inference/checkpoint_table.h"
#include "engine/inference/prompt_image.h"
#include "engine/sampling/constraint.h"
#include "engine/sampling/log_probabilities.h"
#include "engine/sampling/params.h"
#include "engine/scheduler/types.h"
#include "engine/text/token.h"

namespace bedplate::engine {

using RequestId = scheduler::RequestId;

struct Generation {
  RequestId id = 0;
  std::vector<TokenId> prompt;        // with ids of prompt_image.h where `images` are
  std::vector<PromptImage> images{};  // in order, encoded
  uint32_t new_tokens_max = 0;
  SamplingParams sampling;
  // How many of the likeliest tokens are told of each step, beside the one chosen; absent: none is
  // told, not even that one.
  std::optional<uint32_t> top_log_probabilities;
  std::vector<TokenId> suppressed;  // never chosen
  std::vector<TokenId> shown;       // control tokens whose text is part of the answer
  std::vector<std::string> stops;
  std::shared_ptr<TokenConstraint> constraint;  // of this request alone; may be null
  scheduler::Tier tier = scheduler::Tier::kDefault;
  scheduler::AdapterId adapter = 0;  // that computes it; 0: the model alone
  scheduler::TenantId tenant = 0;
  uint64_t share_scope = 0;  // requests of other scopes do not share cached prefixes
  Checkpoints checkpoints{};
};

enum class Ending : uint8_t {
  kNone,          // not over yet
  kEndOfTurn,     // the model said that it is done
  kStopSequence,  // the answer would have contained one
  kLength,        // new_tokens_max, or the context is full
  kCancelled,
  kContextLengthExceeded,
  kOverloaded,
  kTooComplex,  // the constraint could not be followed within its limits
  kFailed,      // the computation failed, or its result was no number
};
std::string_view Name(Ending ending);

// What became of one request in one step.
struct Progress {
  RequestId id = 0;
  std::string text{};  // whole characters to add to the answer; may be empty
  // Of the tokens that the text until here is made of and that were not told of before.
  std::vector<StepLogProbabilities> steps{};
  Ending ending = Ending::kNone;
  // The following are set with an ending.
  std::string stop_sequence{};  // with kStopSequence: the one that matched
  uint32_t prompt_tokens = 0;
  uint32_t cached_tokens = 0;  // of the prompt, not computed again
  CheckpointUse checkpoint_use{};
  uint32_t new_tokens = 0;  // sampled, those of a stop sequence and the end token included
};

}  // namespace bedplate::engine
