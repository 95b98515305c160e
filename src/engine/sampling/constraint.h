// TokenConstraint: which tokens an answer may go on with, beside what the model finds likely.
#pragma once

#include <span>

#include "engine/text/token.h"

namespace bedplate::engine {

// Of one answer. Not thread-safe.
class TokenConstraint {
 public:
  virtual ~TokenConstraint() = default;

  // Whether the answer may go on with this token. Cheap: it is asked of tokens already drawn.
  virtual bool Allows(TokenId token) = 0;
  // Puts minus infinity in place of the logits of all tokens that are not allowed. Slow, so it
  // is called only after several drawn tokens were refused.
  virtual void Mask(std::span<float> logits) = 0;
  // The answer goes on with this token.
  virtual void Accept(TokenId token) = 0;
  // It cannot be followed any further within the limits on its cost; it allows nothing then.
  virtual bool exhausted() const = 0;
};

}  // namespace bedplate::engine
