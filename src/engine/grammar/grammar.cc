#include "engine/grammar/grammar.h"

#include <utility>

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

Grammar EitherOf(const Grammar& one, const Grammar& other) {
  Grammar both = one;
  const auto symbols = static_cast<uint32_t>(one.symbols.size());
  const auto rules = static_cast<uint32_t>(one.rules.size());
  const auto sets = static_cast<uint32_t>(one.sets.size());
  for (GrammarSymbol symbol : other.symbols) {
    if (symbol.kind == GrammarSymbol::Kind::kRule) symbol.index += rules;
    if (symbol.kind == GrammarSymbol::Kind::kCharacters) symbol.index += sets;
    both.symbols.push_back(symbol);
  }
  for (std::vector<uint32_t> alternatives : other.rules) {
    for (uint32_t& first : alternatives) first += symbols;
    both.rules.push_back(std::move(alternatives));
  }
  both.sets.insert(both.sets.end(), other.sets.begin(), other.sets.end());
  std::vector<uint32_t> roots;
  for (const uint32_t root : {one.root, other.root + rules}) {
    roots.push_back(static_cast<uint32_t>(both.symbols.size()));
    both.symbols.push_back({.kind = GrammarSymbol::Kind::kRule, .index = root});
    both.symbols.push_back({});
  }
  both.root = static_cast<uint32_t>(both.rules.size());
  both.rules.push_back(std::move(roots));
  return both;
}

}  // namespace bedplate::engine
