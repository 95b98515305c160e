// Body of /v1/rerank, and its answer.
// spec: https://docs.cohere.com/reference/rerank; logits as llama-server gives them
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate::engine {

struct RankRequest {
  std::string model;  // or one of its adapters; empty: not said
  std::string query;
  std::vector<std::string> documents;  // at least one
  std::optional<size_t> results_max;   // the best so many; every document's otherwise
  bool truncate = false;               // ours: the end of a document goes when it is too long
  std::optional<size_t> document_tokens_max;  // with truncate
};

// Fails with kValidation naming member and value.
Result<RankRequest> ParseRankRequest(std::string_view body);

// The best first. `scores` are the documents', as the model gives them.
std::string WriteRanking(std::span<const float> scores, bool are_probabilities,
                         std::optional<size_t> results_max, std::string_view model,
                         uint64_t prompt_tokens);

}  // namespace bedplate::engine
