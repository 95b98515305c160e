#include "engine/speculation/lookup.h"

#include <algorithm>

namespace bedplate::engine {
namespace {

// More equal tokens make a place no likelier.
constexpr size_t kLookupTokensMax = 16;

// How many tokens before `end` are the last ones of `tokens` too.
size_t EqualBefore(std::span<const TokenId> tokens, size_t end) {
  const size_t most = std::min(end, kLookupTokensMax);
  size_t equal = 0;
  while (equal < most && tokens[end - 1 - equal] == tokens[tokens.size() - 1 - equal]) ++equal;
  return equal;
}

}  // namespace

void LookUp(std::span<const TokenId> tokens, size_t most, std::vector<TokenId>& draft) {
  size_t best = kLookupTokensMin - 1;
  size_t place = 0;
  for (size_t end = tokens.size() - std::min<size_t>(tokens.size(), 1); end > 0; --end) {
    const size_t equal = EqualBefore(tokens, end);
    if (equal <= best) continue;
    best = equal;
    place = end;
    if (best == kLookupTokensMax) break;
  }
  if (place == 0) return;
  // A text that repeats itself goes on doing so: behind its end follows what was just guessed.
  const size_t first = draft.size();
  for (size_t i = 0; i < most; ++i) {
    const size_t at = place + i;
    draft.push_back(at < tokens.size() ? tokens[at] : draft[first + at - tokens.size()]);
  }
}

}  // namespace bedplate::engine
