#include "engine/server/pair_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/server/token_cut.h"

namespace bedplate::engine {
namespace {

constexpr std::string_view kQuery = "{query}";
constexpr std::string_view kDocument = "{document}";

void Append(std::vector<TokenId>& tokens, const std::vector<TokenId>& more) {
  tokens.insert(tokens.end(), more.begin(), more.end());
}

}  // namespace

PairMaker::PairMaker(const Model& model)
    : model_(model), controls_(model.control_texts()), frame_(model.FrameOfPairs()) {}

// The template with both texts in it, as often as it names them.
std::vector<TokenId> PairMaker::Filled(std::string_view query, std::string_view document) const {
  std::vector<PromptPart> parts;
  std::string_view rest = model_.info().rerank_template;
  while (!rest.empty()) {
    const size_t at = std::min(rest.find(kQuery), rest.find(kDocument));
    parts.push_back({.text = std::string(rest.substr(0, at)), .from_template = true});
    if (at == std::string_view::npos) break;
    const bool is_query = rest.substr(at).starts_with(kQuery);
    parts.push_back({.text = std::string(is_query ? query : document), .from_template = false});
    rest.remove_prefix(at + (is_query ? kQuery : kDocument).size());
  }
  std::vector<TokenId> tokens;
  for (const TokenizedStretch& stretch : SplitForTokenizer(parts, controls_)) {
    Append(tokens, model_.Tokenize(stretch.text, stretch.special, /*add_special=*/false));
  }
  return tokens;
}

std::vector<TokenId> PairMaker::MakeByTemplate(const RankRequest& request,
                                               const std::string& document,
                                               size_t tokens_max) const {
  std::vector<TokenId> pair = Filled(request.query, document);
  const size_t document_max =
      request.document_tokens_max.value_or(std::numeric_limits<size_t>::max());
  const auto document_fits = [&](std::string_view text) {
    return text.size() <= document_max ||
           model_.Tokenize(text, SpecialTokens::kAsText, false).size() <= document_max;
  };
  if (!request.truncate || (pair.size() <= tokens_max && document_fits(document))) return pair;
  const std::string_view cut = CutText(document, [&](std::string_view text) {
    return document_fits(text) && Filled(request.query, text).size() <= tokens_max;
  });
  return Filled(request.query, cut);
}

Result<std::vector<std::vector<TokenId>>> PairMaker::Make(const RankRequest& request,
                                                          size_t tokens_max) const {
  const bool by_template = !model_.info().rerank_template.empty();
  const Truncation truncation = request.truncate ? Truncation::kEnd : Truncation::kNone;
  std::vector<TokenId> head = frame_.before;
  Append(head, model_.Tokenize(request.query, SpecialTokens::kAsText, /*add_special=*/false));
  Append(head, frame_.between);
  const size_t around = head.size() + frame_.behind.size();
  std::vector<std::vector<TokenId>> pairs;
  pairs.reserve(request.documents.size());
  for (size_t i = 0; i < request.documents.size(); ++i) {
    std::vector<TokenId> pair;
    if (by_template) {
      pair = MakeByTemplate(request, request.documents[i], tokens_max);
    } else {
      auto document =
          model_.Tokenize(request.documents[i], SpecialTokens::kAsText, /*add_special=*/false);
      const size_t room = tokens_max > around ? tokens_max - around : 0;
      // Without room for any of the document, the pair stays too long.
      if (room > 0) {
        CutTokens(document, std::min(room, request.document_tokens_max.value_or(room)), 0, 0,
                  truncation);
      }
      pair = head;
      Append(pair, document);
      Append(pair, frame_.behind);
    }
    if (pair.size() > tokens_max) {
      return Fail(
          Fault::kQuota,
          fmt::format("query and documents[{}] together have {} tokens. The model's context "
                      "holds {} tokens.",
                      i, pair.size(), tokens_max));
    }
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

}  // namespace bedplate::engine
