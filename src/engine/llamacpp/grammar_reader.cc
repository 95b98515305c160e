#include "engine/llamacpp/grammar_reader.h"

#include <exception>
#include <string>
#include <utility>

#include "llama-grammar.h"

namespace bedplate::engine {
namespace {

// Takes llama.cpp's elements over, one rule after the other.
class Translator {
 public:
  explicit Translator(Grammar& grammar) : grammar_(grammar) {}

  bool Take(const llama_grammar_rule& rule) {
    std::vector<uint32_t>& alternatives = grammar_.rules.emplace_back();
    alternatives.push_back(Next());
    for (size_t at = 0; at < rule.size();) {
      const llama_grammar_element& element = rule[at];
      if (element.type == LLAMA_GRETYPE_END) break;
      if (element.type == LLAMA_GRETYPE_ALT) {
        Add(GrammarSymbol::Kind::kEnd, 0);
        alternatives.push_back(Next());
        ++at;
      } else if (element.type == LLAMA_GRETYPE_RULE_REF) {
        Add(GrammarSymbol::Kind::kRule, element.value);
        ++at;
      } else if (!TakeCharacters(rule, at)) {
        return false;
      }
    }
    Add(GrammarSymbol::Kind::kEnd, 0);
    return true;
  }

 private:
  uint32_t Next() const { return static_cast<uint32_t>(grammar_.symbols.size()); }

  void Add(GrammarSymbol::Kind kind, uint32_t index) {
    grammar_.symbols.push_back({.kind = kind, .index = index});
  }

  // A set is an element and those that add to it.
  bool TakeCharacters(const llama_grammar_rule& rule, size_t& at) {
    CharacterSet set;
    const llama_gretype type = rule[at].type;
    if (type == LLAMA_GRETYPE_CHAR_ANY) {
      set.negated = true;
      ++at;
    } else if (type == LLAMA_GRETYPE_CHAR || type == LLAMA_GRETYPE_CHAR_NOT) {
      set.negated = type == LLAMA_GRETYPE_CHAR_NOT;
      do {
        set.ranges.push_back({.low = rule[at].value, .high = rule[at].value});
        ++at;
        if (rule[at].type == LLAMA_GRETYPE_CHAR_RNG_UPPER)
          set.ranges.back().high = rule[at++].value;
      } while (rule[at].type == LLAMA_GRETYPE_CHAR_ALT);
    } else {
      return false;
    }
    Add(GrammarSymbol::Kind::kCharacters, static_cast<uint32_t>(grammar_.sets.size()));
    grammar_.sets.push_back(std::move(set));
    return true;
  }

  Grammar& grammar_;
};

}  // namespace

Result<std::shared_ptr<const Grammar>> ReadGrammar(const std::string& gbnf) {
  llama_grammar_parser parser;
  try {
    if (!parser.parse(gbnf.c_str())) return Fail(Fault::kValidation, "the grammar cannot be read");
  } catch (const std::exception& exception) {
    return Fail(Fault::kValidation, std::string("the grammar cannot be read: ") + exception.what());
  }
  const auto root = parser.symbol_ids.find("root");
  if (root == parser.symbol_ids.end()) return Fail(Fault::kValidation, "the grammar has no root");
  size_t symbols = 0;
  for (const llama_grammar_rule& rule : parser.rules) symbols += rule.size();
  if (symbols > kGrammarSymbolsMax) {
    return Fail(Fault::kValidation, "the grammar has " + std::to_string(symbols) +
                                        " symbols, more than " +
                                        std::to_string(kGrammarSymbolsMax));
  }
  auto grammar = std::make_shared<Grammar>();
  grammar->symbols.reserve(symbols + parser.rules.size());
  Translator translator(*grammar);
  for (const llama_grammar_rule& rule : parser.rules) {
    if (!translator.Take(rule)) {
      return Fail(Fault::kValidation, "the grammar speaks of tokens, not of characters");
    }
  }
  grammar->root = root->second;
  return grammar;
}

}  // namespace bedplate::engine
