// Whether two models know the same tokens, so that one may guess for the other.
#pragma once

#include "base/result.h"
#include "engine/llamacpp/model.h"
#include "engine/text/token.h"

namespace bedplate::engine {

// Tokens below the result are the same in both; a file may have some more at the end, which fill
// it up to a round number. kValidation with the first difference where they do not fit together.
Result<TokenId> SharedVocabulary(const Model& model, const Model& draft);

}  // namespace bedplate::engine
