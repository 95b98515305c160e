#include "engine/speculation/model_drafter.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/log.h"
#include "engine/sampling/logits.h"

namespace bedplate::engine {
namespace {

constexpr int32_t kEndOfSequence = std::numeric_limits<int32_t>::max();
// Of the likeliest token; less likely ones are refused too often to be worth their row.
constexpr double kProbabilityMin = 0.5;

}  // namespace

ModelDrafter::ModelDrafter(Decoder& decoder, const Limits& limits)
    : decoder_(decoder), limits_(limits), texts_(limits.sequences) {}

// An answer keeps its place until it is over: taking it away would have all texts read again and
// again.
std::optional<size_t> ModelDrafter::PlaceOf(uint64_t id) {
  auto place = std::ranges::find(texts_, std::optional(id), &Text::answer);
  if (place == texts_.end())
    place = std::ranges::find(texts_, std::optional<uint64_t>(), &Text::answer);
  if (place == texts_.end()) return std::nullopt;
  place->answer = id;
  return static_cast<size_t>(place - texts_.begin());
}

void ModelDrafter::Empty(size_t place) {
  decoder_.RemoveSequence(static_cast<int32_t>(place), 0, kEndOfSequence);
  texts_[place].tokens.clear();
}

bool ModelDrafter::Compute(size_t place, std::span<const TokenId> tokens) {
  Text& text = texts_[place];
  positions_.clear();
  for (size_t i = 0; i < tokens.size(); ++i) {
    positions_.push_back(static_cast<int32_t>(text.tokens.size() + i));
  }
  sequences_.assign(tokens.size(), static_cast<int32_t>(place));
  outputs_.assign(tokens.size(), 0);
  outputs_.back() = 1;
  const auto decoded = decoder_.Decode(
      {.tokens = tokens, .positions = positions_, .sequences = sequences_, .outputs = outputs_},
      never_);
  if (!decoded) {
    log::Error("engine", "the draft model failed", {{"reason", decoded.error().message}});
    Empty(place);
    return false;
  }
  text.tokens.insert(text.tokens.end(), tokens.begin(), tokens.end());
  last_row_ = tokens.size() - 1;
  return true;
}

// Brings the sequence to `tokens`; false where that takes more than this step.
bool ModelDrafter::Read(size_t place, std::span<const TokenId> tokens) {
  Text& text = texts_[place];
  const auto equal =
      static_cast<size_t>(std::ranges::mismatch(text.tokens, tokens.first(tokens.size() - 1)).in1 -
                          text.tokens.begin());
  if (equal < text.tokens.size()) {
    decoder_.RemoveSequence(static_cast<int32_t>(place), static_cast<int32_t>(equal),
                            kEndOfSequence);
    text.tokens.resize(equal);
  }
  const auto missing = tokens.subspan(equal);
  const size_t rows = std::min<size_t>(missing.size(), limits_.batch_rows);
  return Compute(place, missing.first(rows)) && rows == missing.size();
}

// The token that it is sure of, which the answering model knows too.
std::optional<TokenId> ModelDrafter::Likeliest(size_t row) {
  const std::span<const float> logits = decoder_.Logits(row);
  const LargestLogit largest = FindLargest(logits);
  if (largest.token < 0 || largest.token >= limits_.vocabulary) return std::nullopt;
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest.logit);
  if (!(sum * kProbabilityMin <= 1)) return std::nullopt;
  return largest.token;
}

void ModelDrafter::Draft(uint64_t id, std::span<const TokenId> tokens, size_t most,
                         std::vector<TokenId>& draft) {
  if (tokens.empty() || tokens.size() + most > limits_.tokens_max) return;
  const bool known =
      std::ranges::all_of(tokens, [this](TokenId token) { return token < limits_.vocabulary; });
  if (!known) return;
  const std::optional<size_t> place = PlaceOf(id);
  if (!place || !Read(*place, tokens)) return;
  for (size_t i = 0; i < most; ++i) {
    const std::optional<TokenId> token = Likeliest(last_row_);
    if (!token) return;
    draft.push_back(*token);
    if (i + 1 < most && !Compute(*place, std::span(&*token, 1))) return;
  }
}

void ModelDrafter::Forget(uint64_t id) {
  const auto text = std::ranges::find(texts_, std::optional(id), &Text::answer);
  if (text == texts_.end()) return;
  Empty(static_cast<size_t>(text - texts_.begin()));
  *text = {};
}

}  // namespace bedplate::engine
