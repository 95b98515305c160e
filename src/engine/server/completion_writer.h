// Answers of /v1/chat/completions and /v1/completions in OpenAI's words: whole, or as the chunks
// of a stream.
// spec: https://platform.openai.com/docs/api-reference/chat/object and .../chat-streaming
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/chat/answer_parser.h"
#include "engine/inference/generation.h"
#include "engine/server/completion_request.h"

namespace bedplate::engine {

// How an answer ended.
struct AnswerEnding {
  std::string_view finish_reason;
  const Progress& last;
};

class CompletionWriter {
 public:
  // `created_s`: seconds since 1970. `tier` is the one that serves, where that is told.
  CompletionWriter(CompletionKind kind, std::string_view id, std::string_view model,
                   int64_t created_s, std::optional<scheduler::Tier> tier = {});

  // `logprobs`, here and below, is the value of the choice's member of that name, and empty where
  // there is none.

  // The whole answer.
  std::string Whole(const AnswerContent& content, std::string_view logprobs,
                    const AnswerEnding& ending) const;

  // Server-sent events, appended to `out`. Opening goes before the first text of a chat; it counts
  // the prompt where that is told.
  void AppendOpening(std::optional<size_t> prompt_tokens, std::string& out) const;
  // One event for the reasoning, the text and each call in it, the first of them with `logprobs`;
  // none when it is empty.
  void AppendContent(const AnswerContent& content, std::string_view logprobs,
                     std::string& out) const;
  // Says why the answer ended; `usage` in a chunk of its own; then the end mark.
  void AppendEnding(const AnswerEnding& ending, std::string_view logprobs, bool usage,
                    std::string& out) const;
  // Instead of an ending, when the answer cannot go on.
  static void AppendError(std::string_view message, std::string_view code, std::string& out);

 private:
  void AppendDelta(std::string_view member, std::string_view text, std::string_view logprobs,
                   std::string& out) const;

  CompletionKind kind_;
  std::string head_whole_;  // the members all answers begin with
  std::string head_chunk_;
};

// {"error":{"message","type","code"}}
std::string ErrorBody(std::string_view message, std::string_view code);

}  // namespace bedplate::engine
