// Rerank requests and answers, as vLLM, llama-server and bedplate-engine speak them.
//
// Errors: kModelError when an answer is not what the protocol says. Threads: pure functions.
// spec: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html (rerank API)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate::models {

struct RerankRequest {
  std::string query{};
  std::vector<std::string> documents{};  // at least one
  // Whether the end of a document goes when it has too many tokens; else it is refused.
  bool truncate = false;
  int document_tokens_max = 0;  // of a document, where truncate is set; 0: as the model takes
};

struct Ranking {
  std::vector<double> scores;  // 0 to 1, one for each document, in the documents' order
  int64_t prompt_tokens = 0;   // of all pairs of query and document
};

// The body of POST /v1/rerank; every document's score is asked for. How to truncate is
// bedplate-engine's own, and left out for other servers.
std::string WriteRerankRequest(const RerankRequest& request, std::string_view model_name,
                               bool is_engine);

// The answer to a request of `count` documents, in any order. Servers send logits or scores between
// 0 and 1. bedplate-engine says which (`score_kind`). llama-server, which calls its answer a
// "list", sends logits; of another server's, any score outside of 0 to 1 shows that all are. Logits
// become scores by the sigmoid function, which keeps their order.
Result<Ranking> ReadRanking(std::string_view body, size_t count);

}  // namespace bedplate::models
