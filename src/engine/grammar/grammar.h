// Grammar: the texts that an answer may be, as context-free rules over Unicode characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bedplate::engine {

// One symbol of a rule's alternative. kEnd ends the alternative, so that a position says all that
// is left of it.
struct GrammarSymbol {
  enum class Kind : uint8_t {
    kEnd,
    kRule,        // `index` is a rule
    kCharacters,  // `index` is a set: one character of it
  };
  Kind kind = Kind::kEnd;
  uint32_t index = 0;
};

struct CharacterSet {
  struct Range {
    uint32_t low = 0;
    uint32_t high = 0;  // included
  };
  std::vector<Range> ranges;
  bool negated = false;  // every character but these

  bool Has(uint32_t character) const;
  // Whether some character from `low` to `high` is in it.
  bool HasAnyOf(uint32_t low, uint32_t high) const;
};

// Plain data; immutable once made, shared by the requests that use it.
struct Grammar {
  std::vector<GrammarSymbol> symbols;
  std::vector<std::vector<uint32_t>> rules;  // of each rule the first symbol of each alternative
  std::vector<CharacterSet> sets;
  uint32_t root = 0;  // a rule
};

// What is a text of `one` or of `other`.
Grammar EitherOf(const Grammar& one, const Grammar& other);

inline constexpr size_t kGrammarSymbolsMax = 1'000'000;

}  // namespace bedplate::engine
