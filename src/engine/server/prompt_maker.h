// PromptMaker: the tokens a request's prompt becomes. Completions and /v1/tokenize share it, so
// that counts agree.
#pragma once

#include <memory>

#include "base/result.h"
#include "engine/chat/chat_template.h"
#include "engine/chat/prompt.h"
#include "engine/llamacpp/model.h"
#include "engine/server/completion_request.h"

namespace bedplate::engine {

// Immutable; any thread. Takes milliseconds for long prompts, about a second for the longest that
// it does not refuse by their length alone.
class PromptMaker {
 public:
  // `model` outlives it. kValidation when the model's chat template cannot be read.
  static Result<std::unique_ptr<PromptMaker>> Create(const Model& model);

  // kValidation when the template refuses the conversation, the model has none, or a token is
  // outside the vocabulary. kQuota when the text has so many bytes, or the conversation so
  // many messages, that it cannot be within `tokens_max` tokens: working through it all the same
  // would hold up the other requests for long.
  Result<std::vector<TokenId>> Make(const PromptSource& source, size_t tokens_max) const;

 private:
  PromptMaker(const Model& model, std::unique_ptr<ChatTemplate> chat_template);
  Result<void> CheckBytes(size_t bytes, size_t tokens_max) const;
  Result<std::vector<TokenId>> MakeOf(const Conversation& conversation, size_t tokens_max) const;
  Result<std::vector<TokenId>> MakeOf(const std::string& text, size_t tokens_max) const;
  Result<std::vector<TokenId>> MakeOf(const Tokens& tokens, size_t tokens_max) const;

  const Model& model_;
  std::unique_ptr<ChatTemplate> chat_template_;  // null when the model has none
  ControlTexts controls_;
};

}  // namespace bedplate::engine
