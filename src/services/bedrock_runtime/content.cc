#include "services/bedrock_runtime/content.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "bedrock_runtime/shapes/ContentBlock.h"
#include "bedrock_runtime/shapes/GuardrailConverseTextBlock.h"
#include "bedrock_runtime/shapes/ReasoningTextBlock.h"
#include "services/bedrock_runtime/cache_point.h"
#include "services/bedrock_runtime/citations.h"
#include "services/bedrock_runtime/media.h"
#include "services/bedrock_runtime/refusal.h"
#include "services/bedrock_runtime/tools.h"

namespace bedplate::services::bedrock_runtime {
namespace {

// Content marked for a guardrail is content: without a guardrail the model reads it as it is.
Result<std::string> ToText(gen::GuardrailConverseContentBlock&& block, std::string_view place) {
  if (!block.text) return UnsupportedBlock("guardContent.image", place);
  return std::move(*block.text->text);
}

Result<runtime::ReasoningBlock> ToReasoning(gen::ReasoningContentBlock&& block,
                                            std::string_view place) {
  runtime::ReasoningBlock reasoning;
  if (block.reasoningText) {
    reasoning.text = std::move(*block.reasoningText->text);
    reasoning.signature = std::move(*block.reasoningText->signature);
  } else if (block.redactedContent) {
    reasoning.redacted = std::move(block.redactedContent->bytes);
  } else {
    return UnsupportedBlock("reasoningContent", place);
  }
  return reasoning;
}

Result<runtime::ContentBlock> ToBlock(gen::ContentBlock&& block, std::string_view place) {
  if (block.text) return runtime::TextBlock{.text = std::move(*block.text)};
  if (block.document) return ToDocument(std::move(*block.document), place);
  if (block.guardContent) {
    auto text = ToText(std::move(*block.guardContent), place);
    if (!text) return std::unexpected(std::move(text.error()));
    return runtime::TextBlock{.text = std::move(*text)};
  }
  if (block.image) return ToImage(std::move(*block.image), place);
  if (block.video) return UnsupportedBlock("video", place);
  if (block.audio) return UnsupportedBlock("audio", place);
  if (block.toolUse) return ToToolUse(std::move(*block.toolUse), place);
  if (block.toolResult) return ToToolResult(std::move(*block.toolResult), place);
  if (block.toolAddition) return UnsupportedBlock("toolAddition", place);
  if (block.toolRemoval) return UnsupportedBlock("toolRemoval", place);
  if (block.cachePoint) return runtime::CachePointBlock{.ttl = ToCacheTtl(*block.cachePoint)};
  if (block.reasoningContent) return ToReasoning(std::move(*block.reasoningContent), place);
  if (block.citationsContent) return ToCitedText(std::move(*block.citationsContent));
  if (block.searchResult) return ToSearchResult(std::move(*block.searchResult));
  return Refuse(
      fmt::format("The ContentBlock object at {} has no field that is known. Set one of "
                  "its fields, e.g. text, and try again.",
                  place));
}

runtime::Role ToRole(const gen::Message& message) {
  switch (message.role->value()) {
    case gen::ConversationRole::kAssistant:
      return runtime::Role::kAssistant;
    case gen::ConversationRole::kSystem:
      return runtime::Role::kSystem;
    default:
      return runtime::Role::kUser;
  }
}

}  // namespace

Result<std::vector<runtime::Message>> ToMessages(std::vector<gen::Message>&& messages) {
  std::vector<runtime::Message> result;
  result.reserve(messages.size());
  for (size_t m = 0; m < messages.size(); ++m) {
    runtime::Message& message = result.emplace_back();
    message.role = ToRole(messages[m]);
    std::vector<gen::ContentBlock>& content = *messages[m].content;
    message.content.reserve(content.size());
    for (size_t c = 0; c < content.size(); ++c) {
      if (content[c].text) {  // most blocks, without a place to name
        message.content.emplace_back(runtime::TextBlock{.text = std::move(*content[c].text)});
        continue;
      }
      auto block = ToBlock(std::move(content[c]), fmt::format("messages.{}.content.{}", m, c));
      if (!block) return std::unexpected(std::move(block.error()));
      message.content.push_back(std::move(*block));
    }
  }
  return result;
}

Result<std::vector<runtime::SystemBlock>> ToSystem(std::vector<gen::SystemContentBlock>&& blocks) {
  std::vector<runtime::SystemBlock> system;
  system.reserve(blocks.size());
  for (size_t i = 0; i < blocks.size(); ++i) {
    const std::string place = fmt::format("system.{}", i);
    if (blocks[i].text) {
      system.emplace_back(std::move(*blocks[i].text));
    } else if (blocks[i].guardContent) {
      auto text = ToText(std::move(*blocks[i].guardContent), place);
      if (!text) return std::unexpected(std::move(text.error()));
      system.emplace_back(std::move(*text));
    } else if (blocks[i].cachePoint) {
      system.emplace_back(runtime::CachePointBlock{.ttl = ToCacheTtl(*blocks[i].cachePoint)});
    } else {
      return Refuse(
          fmt::format("The SystemContentBlock object at {} has no field that is known. "
                      "Set its text field and try again.",
                      place));
    }
  }
  return system;
}

}  // namespace bedplate::services::bedrock_runtime
