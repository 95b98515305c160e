// Speculator: the drafts of all running answers: from their own text and, where there is one, from
// a draft model. Not thread-safe: the inference thread alone.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/speculation/draft_length.h"
#include "engine/speculation/drafter.h"
#include "engine/text/token.h"

namespace bedplate::engine {

class Speculator {
 public:
  // `model` outlives it, and may be null.
  explicit Speculator(bool looks_up, Drafter* model = nullptr)
      : looks_up_(looks_up), model_(model) {}

  void Begin(uint64_t id, std::span<const TokenId> prompt);
  // The answer goes on with this token.
  void Add(uint64_t id, TokenId token);
  // So many tokens of the last draft were computed (0: none), and so many of these were right.
  void Judge(uint64_t id, uint32_t drafted, uint32_t accepted);
  // The next tokens as they are guessed, `most` at most; to be called once for each step of the
  // answer. Empty where nothing is guessed.
  std::vector<TokenId> Guess(uint64_t id, uint32_t most);
  void End(uint64_t id);

 private:
  struct Answer {
    std::vector<TokenId> tokens{};  // the prompt's, then its own
    bool has_images = false;
    DraftLength of_text{};
    DraftLength of_model{};
    DraftLength* source = nullptr;  // of the last draft
  };

  bool looks_up_;
  Drafter* model_;
  std::unordered_map<uint64_t, Answer> answers_;
};

}  // namespace bedplate::engine
