#include "engine/chat/prompt.h"

#include <algorithm>

namespace bedplate::engine {
namespace {

void AppendTokens(const Model& model, std::span<const TokenizedStretch> stretches,
                  std::vector<TokenId>& tokens) {
  for (const TokenizedStretch& stretch : stretches) {
    const auto more = model.Tokenize(stretch.text, stretch.special, /*add_special=*/false);
    tokens.insert(tokens.end(), more.begin(), more.end());
  }
}

}  // namespace

ControlTexts::ControlTexts(std::span<const std::string> texts) {
  for (const std::string& text : texts) {
    if (!text.empty()) by_first_byte_[static_cast<uint8_t>(text[0])].push_back(text);
    for (size_t at = 1; at < text.size(); ++at) {
      rests_by_first_byte_[static_cast<uint8_t>(text[at])].push_back(text.substr(at));
    }
  }
  for (auto& list : rests_by_first_byte_) {  // reserved tokens have most of their texts in common
    std::ranges::sort(list);
    list.erase(std::ranges::unique(list).begin(), list.end());
  }
  for (auto& list : by_first_byte_) {
    std::ranges::sort(list, std::ranges::greater{}, &std::string::size);
  }
}

size_t ControlTexts::LengthAt(std::string_view text) const {
  if (text.empty()) return 0;
  for (const std::string& control : by_first_byte_[static_cast<uint8_t>(text[0])]) {
    if (text.starts_with(control)) return control.size();
  }
  return 0;
}

bool ControlTexts::FitsAny(const Table& table, std::string_view text) {
  if (text.empty()) return false;
  return std::ranges::any_of(table[static_cast<uint8_t>(text[0])], [&](std::string_view entry) {
    return text.starts_with(entry) || entry.starts_with(text);
  });
}

bool ControlTexts::MayBegin(std::string_view text) const { return FitsAny(by_first_byte_, text); }

bool ControlTexts::MayGoOn(std::string_view text) const {
  return FitsAny(rests_by_first_byte_, text);
}

std::vector<TokenizedStretch> SplitForTokenizer(std::span<const PromptPart> parts,
                                                const ControlTexts& controls) {
  std::string all;
  for (const PromptPart& part : parts) all += part.text;
  std::vector<TokenizedStretch> stretches;
  std::string plain;
  bool forged = false;
  size_t part = 0;
  size_t part_end = parts.empty() ? 0 : parts[0].text.size();
  for (size_t at = 0; at < all.size();) {
    while (at >= part_end) part_end += parts[++part].text.size();
    const size_t length = controls.LengthAt(std::string_view(all).substr(at));
    if (length == 0) {
      plain += all[at++];
      continue;
    }
    // A control text that reaches into a part from outside was completed there.
    size_t end_part = part;
    size_t end_part_end = part_end;
    bool own = parts[part].from_template;
    while (at + length > end_part_end) {
      end_part_end += parts[++end_part].text.size();
      own = own && parts[end_part].from_template;
    }
    if (!own) {
      forged = true;
      plain += all[at++];
      continue;
    }
    if (!plain.empty()) stretches.push_back({std::move(plain), SpecialTokens::kAsText});
    plain.clear();
    stretches.push_back({all.substr(at, length), SpecialTokens::kParsed});
    at += length;
  }
  if (!forged) return {{std::move(all), SpecialTokens::kParsed}};
  if (!plain.empty()) stretches.push_back({std::move(plain), SpecialTokens::kAsText});
  return stretches;
}

std::vector<TokenId> TokenizePrompt(const Model& model, const ControlTexts& controls,
                                    std::span<const PromptPart> parts) {
  const std::vector<TokenizedStretch> stretches = SplitForTokenizer(parts, controls);
  if (stretches.size() == 1) {
    return model.Tokenize(stretches[0].text, stretches[0].special, /*add_special=*/true);
  }
  const std::vector<TokenId> around = model.Tokenize("", SpecialTokens::kParsed, true);
  std::vector<TokenId> tokens;
  if (model.AddsBegin() && !around.empty()) tokens.push_back(around.front());
  AppendTokens(model, stretches, tokens);
  if (model.AddsEnd() && !around.empty()) tokens.push_back(around.back());
  return tokens;
}

std::vector<TokenId> TokenizeStretch(const Model& model, const ControlTexts& controls,
                                     std::span<const PromptPart> parts) {
  std::vector<TokenId> tokens;
  AppendTokens(model, SplitForTokenizer(parts, controls), tokens);
  return tokens;
}

}  // namespace bedplate::engine
