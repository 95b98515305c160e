// AnswerState: what the inference thread keeps of one running request: how its next token is
// chosen, and what of its text may be shown.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/inference/decoder.h"
#include "engine/inference/generation.h"
#include "engine/sampling/sampler.h"
#include "engine/text/stop_matcher.h"
#include "engine/text/utf8_gate.h"

namespace bedplate::engine {

// Not thread-safe.
class AnswerState {
 public:
  // `vocabulary` outlives it.
  AnswerState(const Generation& generation, const Vocabulary& vocabulary);

  struct Token {
    TokenId id = 0;
    bool finished = false;  // nothing more is wanted
  };
  // Chooses the next token from the logits (which it may change) and takes in its text. Safe to
  // call for different answers on different threads at once, each with a scratch of its own.
  Token Take(std::span<float> logits, SamplingScratch& scratch);

  // Moves text that may be shown now and was not given before into `progress`, with what is told
  // of its tokens. False when there is no text.
  bool TakeText(Progress& progress);
  // The answer is over: also gives out what was held back as a possible stop sequence.
  void Finish(Ending reason_of_scheduler, Progress& progress);

  // What a position of the prompt that an image takes is computed from.
  const float* ImageRow(uint32_t position) const;

  uint32_t cached_tokens = 0;
  Checkpoints checkpoints;  // until they are kept
  CheckpointUse checkpoint_use{};

 private:
  // What is told of a token, and where its text begins in all that the stop matcher was fed.
  struct Step {
    StepLogProbabilities log_probabilities;
    size_t begin;
  };

  void TakeSteps(Progress& progress);

  const Vocabulary& vocabulary_;
  std::vector<PromptImage> images_;
  Sampler sampler_;
  std::shared_ptr<TokenConstraint> constraint_;
  std::vector<TokenId> shown_;
  StopMatcher stops_;
  Utf8Gate gate_;
  std::string piece_;
  std::string unmatched_;  // out of the stop matcher, not through the gate yet
  std::string text_;
  size_t stop_ = StopMatcher::kNone;
  Ending failure_ = Ending::kNone;

  std::optional<uint32_t> top_log_probabilities_;
  std::vector<Step> steps_;  // not given yet
  size_t fed_bytes_ = 0;     // into the stop matcher
  size_t let_out_bytes_ = 0;
};

}  // namespace bedplate::engine
