#include "services/bedrock_runtime/content.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "bedrock_runtime/shapes/ContentBlock.h"
#include "bedrock_runtime/shapes/DocumentContentBlock.h"
#include "bedrock_runtime/shapes/GuardrailConverseTextBlock.h"

namespace bedplate::services::bedrock_runtime {
namespace {

std::unexpected<Error> Refuse(std::string message) {
  return Fail(Fault::kValidation, std::move(message));
}

std::unexpected<Error> UnsupportedBlock(std::string_view kind, std::string_view place) {
  return Refuse(
      fmt::format("This model doesn't support the {} content block that you provided at "
                  "{}. Update the content block and try again.",
                  kind, place));
}

std::unexpected<Error> UnsupportedTool(std::string_view kind, std::string_view place) {
  return Refuse(
      fmt::format("This model doesn't support tool use. Remove the {} block at {} and "
                  "try again.",
                  kind, place));
}

// The type and the words Bedrock answers with.
std::unexpected<Error> UnsupportedCachePoint(std::string_view place) {
  return Fail(Fault::kAccessDenied,
              fmt::format("You invoked an unsupported model or your request did not allow prompt "
                          "caching. See the documentation for more information. Remove the "
                          "cachePoint block at {} and try again.",
                          place));
}

Result<runtime::DocumentBlock> ToDocument(gen::DocumentBlock&& document, std::string_view place) {
  runtime::DocumentBlock block;
  if (document.format) block.format = document.format->text();
  block.name = std::move(*document.name);
  block.context = std::move(*document.context);
  if (document.citations && document.citations->enabled.value_or(false)) {
    return Refuse(
        fmt::format("This model doesn't support the citations field that you provided at "
                    "{}.document.citations. Remove it and try again.",
                    place));
  }
  gen::DocumentSource& source = *document.source;
  if (source.bytes) {
    block.bytes = std::move(source.bytes->bytes);
  } else if (source.text) {
    block.bytes = std::move(*source.text);
  } else if (source.content) {
    for (gen::DocumentContentBlock& part : *source.content) {
      if (!block.bytes.empty()) block.bytes += '\n';
      block.bytes += *part.text;
    }
  } else {
    return Refuse(
        fmt::format("This model doesn't support the s3Location field that you provided at "
                    "{}.document.source. Send the document's bytes and try again.",
                    place));
  }
  return block;
}

// Content marked for a guardrail is content: without a guardrail the model reads it as it is.
Result<std::string> ToText(gen::GuardrailConverseContentBlock&& block, std::string_view place) {
  if (!block.text) return UnsupportedBlock("guardContent.image", place);
  return std::move(*block.text->text);
}

Result<runtime::ContentBlock> ToBlock(gen::ContentBlock&& block, std::string_view place) {
  if (block.text) return runtime::TextBlock{.text = std::move(*block.text)};
  if (block.document) return ToDocument(std::move(*block.document), place);
  if (block.guardContent) {
    auto text = ToText(std::move(*block.guardContent), place);
    if (!text) return std::unexpected(std::move(text.error()));
    return runtime::TextBlock{.text = std::move(*text)};
  }
  if (block.image) return UnsupportedBlock("image", place);
  if (block.video) return UnsupportedBlock("video", place);
  if (block.audio) return UnsupportedBlock("audio", place);
  if (block.toolUse) return UnsupportedTool("toolUse", place);
  if (block.toolResult) return UnsupportedTool("toolResult", place);
  if (block.toolAddition) return UnsupportedTool("toolAddition", place);
  if (block.toolRemoval) return UnsupportedTool("toolRemoval", place);
  if (block.cachePoint) return UnsupportedCachePoint(place);
  if (block.reasoningContent) return UnsupportedBlock("reasoningContent", place);
  if (block.citationsContent) return UnsupportedBlock("citationsContent", place);
  if (block.searchResult) return UnsupportedBlock("searchResult", place);
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

Result<std::vector<std::string>> ToSystem(std::vector<gen::SystemContentBlock>&& blocks) {
  std::vector<std::string> texts;
  texts.reserve(blocks.size());
  for (size_t i = 0; i < blocks.size(); ++i) {
    const std::string place = fmt::format("system.{}", i);
    if (blocks[i].text) {
      texts.push_back(std::move(*blocks[i].text));
    } else if (blocks[i].guardContent) {
      auto text = ToText(std::move(*blocks[i].guardContent), place);
      if (!text) return std::unexpected(std::move(text.error()));
      texts.push_back(std::move(*text));
    } else if (blocks[i].cachePoint) {
      return UnsupportedCachePoint(place);
    } else {
      return Refuse(
          fmt::format("The SystemContentBlock object at {} has no field that is known. "
                      "Set its text field and try again.",
                      place));
    }
  }
  return texts;
}

}  // namespace bedplate::services::bedrock_runtime
