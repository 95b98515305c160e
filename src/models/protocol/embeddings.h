// Embedding requests and answers in OpenAI's protocol.
//
// Errors: kModelError when an answer is not what the protocol says. Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/embeddings
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate::models {

struct Embedding {
  std::vector<float> values;
  int64_t prompt_tokens = 0;
};

// The body of POST /v1/embeddings for one text. `normalize` is bedplate-engine's own member; other
// servers refuse members they do not know, so it is left out for them.
std::string WriteEmbeddingsRequest(std::string_view text, std::string_view model_name,
                                   std::optional<bool> normalize);

Result<Embedding> ReadEmbedding(std::string_view body);

}  // namespace bedplate::models
