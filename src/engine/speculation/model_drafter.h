// ModelDrafter: drafts of a small model that has the vocabulary of the one that answers. It keeps a
// cache of its own for a few answers, each in a sequence, and draws the likeliest tokens while it
// is sure of them.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/inference/decoder.h"
#include "engine/speculation/drafter.h"

namespace bedplate::engine {

class ModelDrafter final : public Drafter {
 public:
  struct Limits {
    uint32_t sequences = 1;   // answers it guesses for at a time; others get no drafts
    uint32_t tokens_max = 0;  // of one of them; longer ones get no drafts
    uint32_t batch_rows = 0;  // of one Decode; a text is read in pieces of so many
    TokenId vocabulary = 0;   // tokens below this are known to both models
  };

  // `decoder` outlives it.
  ModelDrafter(Decoder& decoder, const Limits& limits);

  void Draft(uint64_t id, std::span<const TokenId> tokens, size_t most,
             std::vector<TokenId>& draft) override;
  void Forget(uint64_t id) override;

 private:
  struct Text {
    std::optional<uint64_t> answer{};  // whose it is
    std::vector<TokenId> tokens{};     // in the cache
  };

  std::optional<size_t> PlaceOf(uint64_t id);
  bool Read(size_t place, std::span<const TokenId> tokens);
  bool Compute(size_t place, std::span<const TokenId> tokens);
  std::optional<TokenId> Likeliest(size_t row);
  void Empty(size_t place);

  Decoder& decoder_;
  const Limits limits_;
  std::vector<Text> texts_;  // by sequence
  size_t last_row_ = 0;      // of the last Decode
  std::atomic<bool> never_ = false;
  std::vector<int32_t> positions_;
  std::vector<int32_t> sequences_;
  std::vector<int8_t> outputs_;
};

}  // namespace bedplate::engine
