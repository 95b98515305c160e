#include "runtime/prompt.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/document_text.h"

namespace bedplate::runtime {
namespace {

Result<std::string> MessageText(Message&& message, size_t index) {
  if (message.content.size() == 1) {
    if (auto* only = std::get_if<TextBlock>(&message.content[0])) return std::move(only->text);
  }
  std::string text;
  for (size_t i = 0; i < message.content.size(); ++i) {
    if (i > 0) text += '\n';
    if (auto* block = std::get_if<TextBlock>(&message.content[i])) {
      text += block->text;
      continue;
    }
    auto document = RenderDocument(std::get<DocumentBlock>(message.content[i]),
                                   fmt::format("messages.{}.content.{}", index, i));
    if (!document) return document;
    text += *document;
  }
  return text;
}

}  // namespace

Result<models::ChatRequest> BuildPrompt(Conversation&& conversation) {
  models::ChatRequest request;
  request.turns.reserve(conversation.messages.size() + 1);
  if (!conversation.system.empty()) {
    models::ChatTurn& turn = request.turns.emplace_back();
    turn.role = models::ChatRole::kSystem;
    turn.text = std::move(conversation.system[0]);
    for (size_t i = 1; i < conversation.system.size(); ++i) {
      turn.text += '\n';
      turn.text += conversation.system[i];
    }
  }
  for (size_t i = 0; i < conversation.messages.size(); ++i) {
    models::ChatTurn& turn = request.turns.emplace_back();
    turn.role = conversation.messages[i].role == Role::kUser ? models::ChatRole::kUser
                                                             : models::ChatRole::kAssistant;
    auto text = MessageText(std::move(conversation.messages[i]), i);
    if (!text) return std::unexpected(std::move(text.error()));
    turn.text = std::move(*text);
  }
  request.tokens_max = conversation.settings.tokens_max;
  request.temperature = conversation.settings.temperature;
  request.top_p = conversation.settings.top_p;
  request.stop_sequences = std::move(conversation.settings.stop_sequences);
  request.extra_members = std::move(conversation.additional_fields);
  return request;
}

size_t DocumentBytes(const Conversation& conversation) {
  size_t bytes = 0;
  for (const Message& message : conversation.messages) {
    for (const ContentBlock& block : message.content) {
      if (const auto* document = std::get_if<DocumentBlock>(&block))
        bytes += document->bytes.size();
    }
  }
  return bytes;
}

}  // namespace bedplate::runtime
