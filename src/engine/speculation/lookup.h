// Prompt lookup: what may follow a text, from the text alone. Answers that repeat their prompt
// (edits of code, quotations, fields of a form) are guessed right for many tokens on end.
//
// Pure. Cost: one pass over `tokens`, some microseconds for thousands of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/text/token.h"

namespace bedplate::engine {

// Fewer equal tokens before a place say nothing about what follows.
inline constexpr size_t kLookupTokensMin = 3;

// Appends at most `most` tokens to `draft`: those behind the place before which most of the last
// tokens stand too, the latest of such places. None where fewer than kLookupTokensMin do.
void LookUp(std::span<const TokenId> tokens, size_t most, std::vector<TokenId>& draft);

}  // namespace bedplate::engine
