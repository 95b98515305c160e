// Drafter: a model that guesses how a text goes on. Not thread-safe: the inference thread alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/text/token.h"

namespace bedplate::engine {

class Drafter {
 public:
  virtual ~Drafter() = default;

  // Appends at most `most` tokens that may follow `tokens`, those of the answer `id` until here, to
  // `draft`; none where it has nothing to say, or has not read all of a long text yet.
  virtual void Draft(uint64_t id, std::span<const TokenId> tokens, size_t most,
                     std::vector<TokenId>& draft) = 0;
  // The answer is over.
  virtual void Forget(uint64_t id) = 0;
};

}  // namespace bedplate::engine
