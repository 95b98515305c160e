// PairMaker: the tokens a query and a document become for a model that ranks. Either the model file
// brings a template for them, or they stand between the tokens that the vocabulary puts around and
// between two texts: for BERT [CLS] query [SEP] document [SEP].
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/chat/prompt.h"
#include "engine/llamacpp/model.h"
#include "engine/server/rank_request.h"

namespace bedplate::engine {

// Immutable; any thread.
class PairMaker {
 public:
  // `model` outlives it.
  explicit PairMaker(const Model& model);

  // The pairs of a request, in the documents' order. kQuota for one of more than `tokens_max`
  // tokens, unless its document may lose its end and enough is left of it.
  Result<std::vector<std::vector<TokenId>>> Make(const RankRequest& request,
                                                 size_t tokens_max) const;

 private:
  std::vector<TokenId> Filled(std::string_view query, std::string_view document) const;
  std::vector<TokenId> MakeByTemplate(const RankRequest& request, const std::string& document,
                                      size_t tokens_max) const;

  const Model& model_;
  ControlTexts controls_;
  Model::PairFrame frame_;
};

}  // namespace bedplate::engine
