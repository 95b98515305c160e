#include "engine/server/prompt_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "engine/chat/cut_conversation.h"
#include "engine/chat/image_places.h"
#include "engine/server/image_data.h"

namespace bedplate::engine {

Result<std::unique_ptr<PromptMaker>> PromptMaker::Create(const Model& model,
                                                         const Projector* projector) {
  std::unique_ptr<PromptMaker> maker(new PromptMaker(model, projector));
  if (model.info().chat_template.empty()) return maker;
  auto format = ChatFormat::Create(model.info().chat_template,
                                   {.begin_text = model.BeginText(),
                                    .end_text = model.EndText(),
                                    .vocabulary_adds_begin = model.AddsBegin(),
                                    .vocabulary_adds_end = model.AddsEnd()},
                                   maker->controls_);
  if (!format) return std::unexpected(format.error());
  maker->chat_format_ = std::move(*format);
  return maker;
}

PromptMaker::PromptMaker(const Model& model, const Projector* projector)
    : model_(model), projector_(projector), controls_(model.control_texts()) {}

Result<Prompt> PromptMaker::Make(const PromptSource& source, const AnswerForm& form,
                                 size_t tokens_max) const {
  return std::visit([&](const auto& kind) { return MakeOf(kind, form, tokens_max); }, source);
}

Result<void> PromptMaker::CheckBytes(size_t bytes, size_t tokens_max) const {
  const size_t token_bytes_max = model_.info().token_bytes_max;
  if (token_bytes_max == 0 || bytes / token_bytes_max <= tokens_max) return {};
  return Fail(Fault::kQuota, fmt::format("The prompt has at least {} tokens. The model's context "
                                         "holds {} tokens, of prompt and answer together.",
                                         bytes / token_bytes_max, tokens_max));
}

Result<Prompt> PromptMaker::MakeOf(const Conversation& conversation, const AnswerForm& form,
                                   size_t tokens_max) const {
  if (!chat_format_) {
    return Fail(Fault::kValidation,
                "messages: the model has no chat template, so it takes only plain prompts "
                "(/v1/completions)");
  }
  // A template writes at least a token around each message, and takes a third of a millisecond.
  if (conversation.size() > tokens_max) {
    return Fail(Fault::kQuota, fmt::format("The conversation has {} messages. The model's context "
                                           "holds {} tokens, of prompt and answer together.",
                                           conversation.size(), tokens_max));
  }
  auto rendered = chat_format_->Render(conversation, form);
  if (!rendered) return Fail(Fault::kValidation, "messages: " + rendered.error().message);
  // After the template, which may leave out what it was given.
  size_t bytes = 0;
  for (const PromptPart& part : rendered->parts) bytes += part.text.size();
  if (auto fits = CheckBytes(bytes, tokens_max); !fits) return std::unexpected(fits.error());
  auto made = MakeTokens(conversation, rendered->parts, /*whole=*/true);
  if (!made) return made;
  Prompt prompt = std::move(*made);
  prompt.plan = std::move(rendered->plan);
  auto checkpoints = FindCheckpoints(conversation, form, prompt.tokens);
  if (!checkpoints) return std::unexpected(checkpoints.error());
  prompt.checkpoints = std::move(*checkpoints);
  return prompt;
}

Result<Prompt> PromptMaker::MakeTokens(const Conversation& conversation,
                                       std::span<const PromptPart> parts, bool whole) const {
  std::vector<const MarkedImage*> images;
  for (const ChatMessage& message : conversation) {
    for (const MarkedImage& image : message.images) images.push_back(&image);
  }
  if (images.empty()) return Prompt{.tokens = TokenizePrompt(model_, controls_, parts)};
  if (projector_ == nullptr) {
    return Fail(Fault::kValidation, "messages: this model takes no images (it has no projector)");
  }
  const std::vector<PromptStretch> stretches = SplitAtImages(parts, images);
  if (whole && stretches.size() != images.size() + 1) {
    return Fail(Fault::kValidation,
                fmt::format("messages: the model's chat template makes {} of the conversation's {} "
                            "images",
                            stretches.size() - 1, images.size()));
  }
  Prompt prompt;
  const std::vector<TokenId> around = model_.Tokenize("", SpecialTokens::kParsed, true);
  if (model_.AddsBegin() && !around.empty()) prompt.tokens.push_back(around.front());
  for (const PromptStretch& stretch : stretches) {
    const auto tokens = TokenizeStretch(model_, controls_, stretch.parts);
    prompt.tokens.insert(prompt.tokens.end(), tokens.begin(), tokens.end());
    if (stretch.image == nullptr) continue;
    if (auto added = AddImage(stretch.image->image, prompt); !added) {
      return std::unexpected(std::move(added.error()));
    }
  }
  if (model_.AddsEnd() && !around.empty()) prompt.tokens.push_back(around.back());
  return prompt;
}

Result<void> PromptMaker::AddImage(const RgbImage& image, Prompt& prompt) const {
  auto pieces = projector_->Prepare(image);
  if (!pieces) return std::unexpected(std::move(pieces.error()));
  const ImageDigest digest = DigestOf(image);
  uint32_t stretches = 0;
  for (ImagePiece& piece : *pieces) {
    if (const auto* tokens = std::get_if<std::vector<TokenId>>(&piece)) {
      prompt.tokens.insert(prompt.tokens.end(), tokens->begin(), tokens->end());
      continue;
    }
    auto& chunk = std::get<std::shared_ptr<const ImageChunk>>(piece);
    const auto id = image_ids_.IdOf(digest, stretches++);
    if (!id) return std::unexpected(id.error());
    const auto begin = static_cast<uint32_t>(prompt.tokens.size());
    const uint32_t positions = chunk->positions();
    prompt.tokens.resize(begin + positions, *id);
    prompt.images.push_back({.begin = begin, .positions = positions, .chunk = std::move(chunk)});
  }
  return {};
}

// A template may put anything anywhere, so where a cache point lies is found by rendering the
// conversation up to it: as far as that agrees with the whole prompt, nothing behind the point
// shows.
Result<std::vector<Checkpoint>> PromptMaker::FindCheckpoints(
    const Conversation& conversation, const AnswerForm& form,
    std::span<const TokenId> tokens) const {
  const std::vector<CutPoint> points = CutPointsOf(conversation, form);
  if (points.size() > kCheckpointsMax) {
    return Fail(Fault::kValidation, fmt::format("cache_control: expected at most {} cache points, "
                                                "got {}",
                                                kCheckpointsMax, points.size()));
  }
  std::vector<Checkpoint> found;
  for (const CutPoint& point : points) {
    const Conversation beginning = CutAt(conversation, point);
    const auto rendered = chat_format_->Render(beginning, form);
    // A template that refuses the part of a conversation has no place for a point there.
    if (!rendered) continue;
    const auto cut = MakeTokens(beginning, rendered->parts, /*whole=*/false);
    if (!cut) return std::unexpected(cut.error());
    const auto agree = std::ranges::mismatch(tokens, cut->tokens);
    const auto count = static_cast<uint32_t>(agree.in1 - tokens.begin());
    if (count < kCheckpointTokensMin) continue;
    if (!found.empty() && found.back().tokens >= count) {
      found.back().ttl = std::max(found.back().ttl, point.ttl);
    } else {
      found.push_back({.tokens = count, .ttl = point.ttl});
    }
  }
  return found;
}

// A plain prompt is the model's whole input: who writes it may write control tokens.
Result<Prompt> PromptMaker::MakeOf(const std::string& text, const AnswerForm& /*form*/,
                                   size_t tokens_max) const {
  if (auto fits = CheckBytes(text.size(), tokens_max); !fits) return std::unexpected(fits.error());
  return Prompt{.tokens = model_.Tokenize(text, SpecialTokens::kParsed, /*add_special=*/true)};
}

Result<Prompt> PromptMaker::MakeOf(const Tokens& tokens, const AnswerForm& /*form*/,
                                   size_t /*tokens_max*/) const {
  for (const TokenId token : tokens) {
    if (static_cast<uint32_t>(token) < model_.info().vocabulary_size) continue;
    return Fail(Fault::kValidation, "prompt: the model has no token " + std::to_string(token));
  }
  return Prompt{.tokens = tokens};
}

}  // namespace bedplate::engine
