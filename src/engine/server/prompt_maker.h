// PromptMaker: the tokens a request's prompt becomes. Completions and /v1/tokenize share it, so
// that counts agree.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/chat/chat_format.h"
#include "engine/chat/prompt.h"
#include "engine/inference/checkpoint_table.h"
#include "engine/inference/image_ids.h"
#include "engine/inference/prompt_image.h"
#include "engine/llamacpp/model.h"
#include "engine/llamacpp/projector.h"
#include "engine/server/completion_request.h"

namespace bedplate::engine {

// A cache point counts from so many tokens of the prompt on, and a request may have so many.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
inline constexpr size_t kCheckpointTokensMin = 1'024;
inline constexpr size_t kCheckpointsMax = 4;

struct Prompt {
  std::vector<TokenId> tokens;            // with ids of prompt_image.h where images are
  std::vector<PromptImage> images{};      // not encoded yet
  std::vector<Checkpoint> checkpoints{};  // the cache points of a conversation that are far enough
  AnswerPlan plan{};                      // of a conversation's answer
};

// Immutable; any thread. Takes milliseconds for long prompts, about a second for the longest that
// it does not refuse by their length alone.
class PromptMaker {
 public:
  // `model` outlives it, and so does `projector`, which is null for a model that takes no images.
  // kValidation when the model's chat template cannot be read.
  static Result<std::unique_ptr<PromptMaker>> Create(const Model& model,
                                                     const Projector* projector = nullptr);

  // `form` is looked at for a conversation. kValidation when the template refuses that or leaves an
  // image of it out, the model has none or takes no images, no grammar can be made of the form, or
  // a token is outside the vocabulary. kQuota when the text has so many bytes, or the conversation
  // so many messages, that it cannot be within `tokens_max` tokens: working through it all the same
  // would hold up the other requests for long.
  Result<Prompt> Make(const PromptSource& source, const AnswerForm& form, size_t tokens_max) const;

 private:
  PromptMaker(const Model& model, const Projector* projector);
  Result<void> CheckBytes(size_t bytes, size_t tokens_max) const;
  Result<Prompt> MakeOf(const Conversation& conversation, const AnswerForm& form,
                        size_t tokens_max) const;
  // `whole`: all images of the conversation have to be in the prompt.
  Result<Prompt> MakeTokens(const Conversation& conversation, std::span<const PromptPart> parts,
                            bool whole) const;
  Result<void> AddImage(const RgbImage& image, Prompt& prompt) const;
  Result<std::vector<Checkpoint>> FindCheckpoints(const Conversation& conversation,
                                                  const AnswerForm& form,
                                                  std::span<const TokenId> tokens) const;
  Result<Prompt> MakeOf(const std::string& text, const AnswerForm& form, size_t tokens_max) const;
  Result<Prompt> MakeOf(const Tokens& tokens, const AnswerForm& form, size_t tokens_max) const;

  const Model& model_;
  const Projector* projector_;
  mutable ImageIds image_ids_;
  ControlTexts controls_;
  std::unique_ptr<ChatFormat> chat_format_;  // null when the model has no template
};

}  // namespace bedplate::engine
