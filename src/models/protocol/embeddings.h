// Embedding requests and answers in OpenAI's protocol.
//
// Errors: kModelError when an answer is not what the protocol says. Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/embeddings
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate::models {

// Which end of a text goes when it has too many tokens; kNone: it is refused.
enum class Truncation : uint8_t { kNone, kStart, kEnd };

struct EmbeddingsRequest {
  std::vector<std::string> texts{};  // at least one
  bool normalize = true;             // vectors of length 1
  Truncation truncation = Truncation::kNone;
  int tokens_max = 0;  // of a text; 0: as many as the model takes
};

struct Embeddings {
  std::vector<std::vector<float>> vectors;  // one for each text, in the texts' order
  int64_t prompt_tokens = 0;                // of all texts
};

// The body of POST /v1/embeddings. bedplate-engine gets its own members too: how to normalise and
// truncate, and vectors as base64. Other servers refuse members they do not know.
std::string WriteEmbeddingsRequest(const EmbeddingsRequest& request, std::string_view model_name,
                                   bool is_engine);

// The answer to a request of `count` texts; its vectors are numbers or base64.
Result<Embeddings> ReadEmbeddings(std::string_view body, size_t count);

// Scales to length 1, for what servers without that member make; a vector of zeros stays.
void Normalize(std::vector<float>& values);

}  // namespace bedplate::models
