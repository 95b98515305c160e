#include "engine/inference/answer_state.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bedplate::engine {

std::string_view Name(Ending ending) {
  switch (ending) {
    case Ending::kNone:
      return "none";
    case Ending::kEndOfTurn:
      return "end_of_turn";
    case Ending::kStopSequence:
      return "stop_sequence";
    case Ending::kLength:
      return "length";
    case Ending::kCancelled:
      return "cancelled";
    case Ending::kContextLengthExceeded:
      return "context_length_exceeded";
    case Ending::kOverloaded:
      return "overloaded";
    case Ending::kTooComplex:
      return "too_complex";
    case Ending::kFailed:
      return "failed";
  }
  return "unknown";
}

AnswerState::AnswerState(const Generation& generation, const Vocabulary& vocabulary)
    : checkpoints(generation.checkpoints),
      vocabulary_(vocabulary),
      images_(generation.images),
      sampler_(generation.sampling, generation.prompt, generation.suppressed),
      constraint_(generation.constraint),
      shown_(generation.shown),
      stops_(generation.stops),
      top_log_probabilities_(generation.top_log_probabilities) {}

const float* AnswerState::ImageRow(uint32_t position) const {
  const auto behind = std::ranges::upper_bound(images_, position, {}, &PromptImage::begin);
  const PromptImage& image = *std::prev(behind);
  const size_t row_length = image.rows->size() / image.positions;
  return image.rows->data() + (position - image.begin) * row_length;
}

AnswerState::Token AnswerState::Take(std::span<float> logits, SamplingScratch& scratch) {
  // Sampling changes the row.
  if (top_log_probabilities_) {
    scratch.log_probabilities.logits.assign(logits.begin(), logits.end());
  }
  const TokenId token = sampler_.Sample(logits, scratch, constraint_.get());
  if (token < 0) {
    failure_ = constraint_ && constraint_->exhausted() ? Ending::kTooComplex : Ending::kFailed;
    return {.id = 0, .finished = true};
  }
  if (constraint_) constraint_->Accept(token);
  if (vocabulary_.EndsGeneration(token)) return {.id = token, .finished = true};
  piece_.clear();
  vocabulary_.AppendPiece(token, piece_);
  if (piece_.empty() && std::ranges::find(shown_, token) != shown_.end()) {
    vocabulary_.AppendControlText(token, piece_);
  }
  if (top_log_probabilities_) {
    steps_.push_back({.log_probabilities = LogProbabilitiesOf(token, *top_log_probabilities_,
                                                              scratch.log_probabilities),
                      .begin = fed_bytes_});
  }
  unmatched_.clear();
  stop_ = stops_.Feed(piece_, unmatched_);
  fed_bytes_ += piece_.size();
  let_out_bytes_ += unmatched_.size();
  gate_.Feed(unmatched_, text_);
  return {.id = token, .finished = stop_ != StopMatcher::kNone};
}

bool AnswerState::TakeText(Progress& progress) {
  if (text_.empty()) return false;
  progress.text += std::exchange(text_, {});
  TakeSteps(progress);
  return true;
}

// A token of which nothing was let out may yet turn out to be a stop sequence's.
void AnswerState::TakeSteps(Progress& progress) {
  size_t count = 0;
  while (count < steps_.size() && steps_[count].begin < let_out_bytes_) {
    progress.steps.push_back(std::move(steps_[count++].log_probabilities));
  }
  steps_.erase(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(count));
}

void AnswerState::Finish(Ending reason_of_scheduler, Progress& progress) {
  progress.ending = reason_of_scheduler;
  progress.cached_tokens = cached_tokens;
  progress.checkpoint_use = checkpoint_use;
  if (failure_ != Ending::kNone) progress.ending = failure_;
  if (stop_ != StopMatcher::kNone) {
    progress.ending = Ending::kStopSequence;
    progress.stop_sequence = stops_.stop(stop_);
  } else {
    unmatched_.clear();
    stops_.Finish(unmatched_);
    gate_.Feed(unmatched_, text_);
    let_out_bytes_ = fed_bytes_ + 1;  // tokens without a text at the end too
  }
  progress.text += std::exchange(text_, {});
  TakeSteps(progress);
}

}  // namespace bedplate::engine
