#include "engine/speculation/speculator.h"

#include <algorithm>

#include "engine/speculation/lookup.h"

namespace bedplate::engine {
namespace {

// Ids below 0 stand for images: no model says them, and a draft model can't see them.
bool IsOfImage(TokenId id) { return id < 0; }

}  // namespace

void Speculator::Begin(uint64_t id, std::span<const TokenId> prompt) {
  Answer& answer = answers_[id];
  answer.tokens.assign(prompt.begin(), prompt.end());
  answer.has_images = std::ranges::any_of(prompt, IsOfImage);
}

void Speculator::Add(uint64_t id, TokenId token) { answers_.at(id).tokens.push_back(token); }

void Speculator::Judge(uint64_t id, uint32_t drafted, uint32_t accepted) {
  Answer& answer = answers_.at(id);
  if (drafted > 0 && answer.source != nullptr) answer.source->Judge(drafted, accepted);
  answer.source = nullptr;
}

std::vector<TokenId> Speculator::Guess(uint64_t id, uint32_t most) {
  Answer& answer = answers_.at(id);
  std::vector<TokenId> draft;
  answer.source = nullptr;
  if (looks_up_) {
    LookUp(answer.tokens, std::min(most, answer.of_text.Next()), draft);
    draft.erase(std::ranges::find_if(draft, IsOfImage), draft.end());
    if (!draft.empty()) answer.source = &answer.of_text;
  }
  if (model_ != nullptr && draft.empty() && !answer.has_images) {
    const uint32_t length = std::min(most, answer.of_model.Next());
    if (length > 0) model_->Draft(id, answer.tokens, length, draft);
    if (!draft.empty()) answer.source = &answer.of_model;
  }
  return draft;
}

void Speculator::End(uint64_t id) {
  answers_.erase(id);
  if (model_ != nullptr) model_->Forget(id);
}

}  // namespace bedplate::engine
