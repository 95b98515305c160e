#include "engine/server/prompt_maker.h"

#include <string>
#include <utility>
#include <variant>

namespace bedplate::engine {

Result<std::unique_ptr<PromptMaker>> PromptMaker::Create(const Model& model) {
  std::unique_ptr<ChatTemplate> chat_template;
  if (!model.info().chat_template.empty()) {
    auto parsed =
        ChatTemplate::Parse(model.info().chat_template, {.begin_text = model.BeginText(),
                                                         .end_text = model.EndText(),
                                                         .vocabulary_adds_begin = model.AddsBegin(),
                                                         .vocabulary_adds_end = model.AddsEnd()});
    if (!parsed) return std::unexpected(parsed.error());
    chat_template = std::move(*parsed);
  }
  return std::unique_ptr<PromptMaker>(new PromptMaker(model, std::move(chat_template)));
}

PromptMaker::PromptMaker(const Model& model, std::unique_ptr<ChatTemplate> chat_template)
    : model_(model), chat_template_(std::move(chat_template)), controls_(model.control_texts()) {}

Result<std::vector<TokenId>> PromptMaker::Make(const PromptSource& source) const {
  return std::visit([this](const auto& kind) { return MakeOf(kind); }, source);
}

Result<std::vector<TokenId>> PromptMaker::MakeOf(const Conversation& conversation) const {
  if (!chat_template_) {
    return Fail(Fault::kValidation,
                "messages: the model has no chat template, so it takes only plain prompts "
                "(/v1/completions)");
  }
  const auto parts = chat_template_->Render(conversation);
  if (!parts) return Fail(Fault::kValidation, "messages: " + parts.error().message);
  return TokenizePrompt(model_, controls_, *parts);
}

// A plain prompt is the model's whole input: who writes it may write control tokens.
Result<std::vector<TokenId>> PromptMaker::MakeOf(const std::string& text) const {
  return model_.Tokenize(text, SpecialTokens::kParsed, /*add_special=*/true);
}

Result<std::vector<TokenId>> PromptMaker::MakeOf(const Tokens& tokens) const {
  for (const TokenId token : tokens) {
    if (static_cast<uint32_t>(token) < model_.info().vocabulary_size) continue;
    return Fail(Fault::kValidation, "prompt: the model has no token " + std::to_string(token));
  }
  return tokens;
}

}  // namespace bedplate::engine
