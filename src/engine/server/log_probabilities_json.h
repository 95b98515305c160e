// LogProbabilitiesJson: `logprobs` of a choice, in OpenAI's words: of a whole answer, or of one
// chunk of a stream after the other.
//
// A token's text in a chat that is no whole character is written as its bytes, "\xe2\x80", after
// "bytes:" in a completion. A control token that the answer does not show has no bytes.
// spec: https://platform.openai.com/docs/api-reference/chat/object (choices.logprobs) and
// https://platform.openai.com/docs/api-reference/completions/object
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json/writer.h"
#include "engine/inference/decoder.h"
#include "engine/sampling/log_probabilities.h"
#include "engine/server/completion_request.h"

namespace bedplate::engine {

// Not thread-safe; one for each answer.
class LogProbabilitiesJson {
 public:
  // `top_count` as in CompletionRequest; without it nothing is ever written. `shown` are the
  // control tokens whose text is part of the answer. `vocabulary` outlives it.
  LogProbabilitiesJson(CompletionKind kind, std::optional<uint32_t> top_count,
                       const Vocabulary& vocabulary, std::vector<TokenId> shown)
      : kind_(kind), top_count_(top_count), vocabulary_(vocabulary), shown_(std::move(shown)) {}

  void Add(std::vector<StepLogProbabilities> steps);
  // The value of what was added since the last call; empty when that is nothing.
  std::string Take();
  // The same for an answer that is told whole: empty only when it is not asked for.
  std::string TakeWhole();

 private:
  struct Text {
    std::string text;  // UTF-8
    std::string bytes;
    bool has_bytes = true;
  };

  Text TextOf(TokenId token) const;
  void WriteChat(json::Writer& writer) const;
  void WriteChatToken(const TokenLogProbability& token, json::Writer& writer) const;
  void WriteText(json::Writer& writer);

  CompletionKind kind_;
  std::optional<uint32_t> top_count_;
  const Vocabulary& vocabulary_;
  std::vector<TokenId> shown_;
  std::vector<StepLogProbabilities> steps_;
  uint64_t characters_ = 0;  // of the steps written before
};

}  // namespace bedplate::engine
