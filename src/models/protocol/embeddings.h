// Embedding requests and answers in OpenAI's protocol.
//
// Errors: kModelError when an answer is not what the protocol says. Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/embeddings
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate::models {

struct Embeddings {
  std::vector<std::vector<float>> vectors;  // one for each text, in the texts' order
  int64_t prompt_tokens = 0;                // of all texts
};

// The body of POST /v1/embeddings for at least one text. `normalize` is bedplate-engine's own
// member; other servers refuse members they do not know, so it is left out for them.
std::string WriteEmbeddingsRequest(std::span<const std::string> texts, std::string_view model_name,
                                   std::optional<bool> normalize);

// The answer to a request of `count` texts.
Result<Embeddings> ReadEmbeddings(std::string_view body, size_t count);

// Scales to length 1, for what servers without that member make; a vector of zeros stays.
void Normalize(std::vector<float>& values);

}  // namespace bedplate::models
