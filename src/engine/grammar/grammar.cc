#include "engine/grammar/grammar.h"

namespace bedplate::engine {

bool CharacterSet::Has(uint32_t character) const { return HasAnyOf(character, character); }

bool CharacterSet::HasAnyOf(uint32_t low, uint32_t high) const {
  if (!negated) {
    for (const Range& range : ranges) {
      if (range.low <= high && low <= range.high) return true;
    }
    return false;
  }
  // Of all characters that are not excluded, is there one? The ranges are few and in any order.
  for (uint64_t at = low; at <= high;) {
    uint64_t next = at;
    for (const Range& range : ranges) {
      if (range.low <= next && next <= range.high) next = uint64_t{range.high} + 1;
    }
    if (next == at) return true;
    at = next;
  }
  return false;
}

}  // namespace bedplate::engine
