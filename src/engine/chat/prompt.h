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

 private:
  std::array<std::vector<std::string>, 256> by_first_byte_;  // longest first
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

}  // namespace bedplate::engine
