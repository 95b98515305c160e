// Body of /v1/embeddings, and its answer.
// spec: https://platform.openai.com/docs/api-reference/embeddings
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "engine/server/completion_request.h"
#include "engine/server/token_cut.h"

namespace bedplate::engine {

struct EmbeddingRequest {
  std::string model;  // or one of its adapters; empty: not said
  std::vector<std::variant<std::string, Tokens>> inputs;
  bool normalize = true;  // ours: false gives the pooled vector as it is
  bool base64 = false;    // vectors as base64 of little-endian floats
  // Ours: which end of a text goes when it has more tokens than the context, or than `tokens_max`.
  Truncation truncation = Truncation::kNone;
  std::optional<size_t> tokens_max;
};

// Fails with kValidation naming member and value. `dimensions`, where given, must be the model's.
Result<EmbeddingRequest> ParseEmbeddingRequest(std::string_view body, uint32_t dimensions);

std::string WriteEmbeddings(std::span<const std::vector<float>> vectors, bool base64,
                            std::string_view model, uint64_t prompt_tokens);

}  // namespace bedplate::engine
