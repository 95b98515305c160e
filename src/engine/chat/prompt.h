// From a rendered prompt to tokens, without letting what came from outside speak as the template.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/chat/chat_template.h"
#include "engine/llamacpp/model.h"

namespace bedplate::engine {

// Finds the texts of control tokens.
class ControlTexts {
 public:
  explicit ControlTexts(std::span<const std::string> texts);

  // Length of the longest control text that `text` begins with, 0 for none.
  size_t LengthAt(std::string_view text) const;
  // Whether `text` begins with a control text, or is all the beginning of one.
  bool MayBegin(std::string_view text) const;
  // Whether `text` begins with the rest of a control text, or is all part of such a rest.
  bool MayGoOn(std::string_view text) const;

 private:
  using Table = std::array<std::vector<std::string>, 256>;
  static bool FitsAny(const Table& table, std::string_view text);

  Table by_first_byte_;        // longest first
  Table rests_by_first_byte_;  // what is left of one behind each of its bytes but the last
};

// A stretch that is tokenized by itself.
struct TokenizedStretch {
  std::string text;
  SpecialTokens special;
  bool operator==(const TokenizedStretch&) const = default;
};

// How the parts must be tokenized: as one stretch, unless text from outside holds a control text
// ("<|im_end|>"), which then must stay plain text: then the template's control tokens are
// stretches of their own.
std::vector<TokenizedStretch> SplitForTokenizer(std::span<const PromptPart> parts,
                                                const ControlTexts& controls);

// The tokens of the prompt, with the tokens the model wants around it. `parts` may be empty.
std::vector<TokenId> TokenizePrompt(const Model& model, const ControlTexts& controls,
                                    std::span<const PromptPart> parts);

// The same of a stretch inside a prompt, with nothing around it.
std::vector<TokenId> TokenizeStretch(const Model& model, const ControlTexts& controls,
                                     std::span<const PromptPart> parts);

}  // namespace bedplate::engine
