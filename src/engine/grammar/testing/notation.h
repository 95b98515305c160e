// Grammars for tests, written briefly: a rule is a list of alternatives, an alternative a text in
// which 'A' .. 'Z' name the second rule and those behind it ('A' is rules[1]), '@' the first, and
// every other character itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/grammar/grammar.h"

namespace bedplate::engine::grammar_testing {

using Rule = std::vector<std::string>;

inline uint32_t NextCharacter(const std::string& text, size_t& at) {
  const auto lead = static_cast<uint8_t>(text[at++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  uint32_t character = lead & (0x3FU >> more);
  for (int i = 0; i < more; ++i) {
    character = (character << 6) | (static_cast<uint8_t>(text[at++]) & 0x3FU);
  }
  return character;
}

inline std::shared_ptr<const Grammar> Make(const std::vector<Rule>& rules) {
  auto grammar = std::make_shared<Grammar>();
  for (const Rule& rule : rules) {
    auto& alternatives = grammar->rules.emplace_back();
    for (const std::string& alternative : rule) {
      alternatives.push_back(static_cast<uint32_t>(grammar->symbols.size()));
      for (size_t at = 0; at < alternative.size();) {
        const uint32_t character = NextCharacter(alternative, at);
        if (character == '@') {
          grammar->symbols.push_back({.kind = GrammarSymbol::Kind::kRule, .index = 0});
        } else if (character >= 'A' && character <= 'Z') {
          grammar->symbols.push_back(
              {.kind = GrammarSymbol::Kind::kRule, .index = character - 'A' + 1});
        } else {
          grammar->symbols.push_back({.kind = GrammarSymbol::Kind::kCharacters,
                                      .index = static_cast<uint32_t>(grammar->sets.size())});
          grammar->sets.push_back({.ranges = {{.low = character, .high = character}}});
        }
      }
      grammar->symbols.push_back({});
    }
  }
  return grammar;
}

}  // namespace bedplate::engine::grammar_testing
