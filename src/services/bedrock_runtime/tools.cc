#include "services/bedrock_runtime/tools.h"

#include <fmt/format.h>

#include <utility>

#include "bedrock_runtime/shapes/AnyToolChoice.h"
#include "bedrock_runtime/shapes/AutoToolChoice.h"
#include "bedrock_runtime/shapes/SpecificToolChoice.h"
#include "bedrock_runtime/shapes/Tool.h"
#include "bedrock_runtime/shapes/ToolChoice.h"
#include "bedrock_runtime/shapes/ToolInputSchema.h"
#include "bedrock_runtime/shapes/ToolResultContentBlock.h"
#include "bedrock_runtime/shapes/ToolSpecification.h"
#include "services/bedrock_runtime/cache_point.h"
#include "services/bedrock_runtime/citations.h"
#include "services/bedrock_runtime/media.h"
#include "services/bedrock_runtime/refusal.h"

namespace bedplate::services::bedrock_runtime {
namespace {

Result<models::ChatTool> ToTool(gen::Tool&& tool, std::string_view place) {
  if (tool.systemTool) {
    // Bedrock's own, which no model here has.
    return Refuse(
        fmt::format("This model doesn't support the system tool '{}' that you provided at "
                    "{}.systemTool. Remove it and try again.",
                    *tool.systemTool->name, place));
  }
  if (!tool.toolSpec) {
    return Refuse(
        fmt::format("The Tool object at {} has no field that is known. Set its toolSpec field and "
                    "try again.",
                    place));
  }
  gen::ToolSpecification& spec = *tool.toolSpec;
  if (!spec.inputSchema->json) {
    return Refuse(
        fmt::format("The format of the value at {}.toolSpec.inputSchema.json is invalid. Provide a "
                    "json object for the field and try again.",
                    place));
  }
  return models::ChatTool{.name = std::move(*spec.name),
                          .description = std::move(*spec.description),
                          .schema = spec.inputSchema->json->json(),
                          .strict = spec.strict.value_or(false)};
}

Result<models::ChatToolChoice> ToToolChoice(gen::ToolChoice&& choice) {
  using enum models::ChatToolChoice::Kind;
  if (choice.auto_) return models::ChatToolChoice{.kind = kAuto};
  if (choice.any) return models::ChatToolChoice{.kind = kAny};
  if (choice.tool) {
    return models::ChatToolChoice{.kind = kNamed, .name = std::move(*choice.tool->name)};
  }
  return Refuse(
      "The ToolChoice object at toolConfig.toolChoice has no field that is known. Set auto, any or "
      "tool and try again.");
}

Result<runtime::ToolResultPart> ToPart(gen::ToolResultContentBlock&& part, std::string_view place) {
  if (part.text) return runtime::TextBlock{.text = std::move(*part.text)};
  if (part.json) return runtime::JsonBlock{.json = part.json->json()};
  if (part.image) return ToImage(std::move(*part.image), place);
  if (part.document) return ToDocument(std::move(*part.document), place);
  if (part.video) return UnsupportedBlock("video", place);
  if (part.searchResult) return ToSearchResult(std::move(*part.searchResult));
  return Refuse(
      fmt::format("The ToolResultContentBlock object at {} has no field that is known. Set one of "
                  "its fields, e.g. text, and try again.",
                  place));
}

}  // namespace

Result<void> TakeToolConfig(gen::ToolConfiguration&& config, runtime::Conversation& conversation) {
  std::vector<gen::Tool>& tools = *config.tools;
  conversation.tools.reserve(tools.size());
  for (size_t i = 0; i < tools.size(); ++i) {
    if (tools[i].cachePoint) {
      if (conversation.tools.empty()) {
        return Refuse(fmt::format(
            "The cachePoint at toolConfig.tools.{} has no tool before it. Put it behind "
            "one and try again.",
            i));
      }
      conversation.tools.back().cache_point = ToCacheTtl(*tools[i].cachePoint);
      continue;
    }
    auto tool = ToTool(std::move(tools[i]), fmt::format("toolConfig.tools.{}", i));
    if (!tool) return std::unexpected(std::move(tool.error()));
    conversation.tools.push_back(std::move(*tool));
  }
  if (!config.toolChoice) return {};
  auto choice = ToToolChoice(std::move(*config.toolChoice));
  if (!choice) return std::unexpected(std::move(choice.error()));
  conversation.tool_choice = std::move(*choice);
  return {};
}

Result<runtime::ToolUseBlock> ToToolUse(gen::ToolUseBlock&& block, std::string_view place) {
  // A tool that the provider ran itself; none here does.
  if (block.type) return UnsupportedField("type", fmt::format("{}.toolUse", place));
  return runtime::ToolUseBlock{.id = std::move(*block.toolUseId),
                               .name = std::move(*block.name),
                               .input = block.input->json()};
}

Result<runtime::ToolResultBlock> ToToolResult(gen::ToolResultBlock&& block,
                                              std::string_view place) {
  if (block.type) return UnsupportedField("type", fmt::format("{}.toolResult", place));
  runtime::ToolResultBlock result{
      .tool_use_id = std::move(*block.toolUseId),
      .failed = block.status && *block.status == gen::ToolResultStatus::kError};
  std::vector<gen::ToolResultContentBlock>& content = *block.content;
  result.content.reserve(content.size());
  for (size_t i = 0; i < content.size(); ++i) {
    auto part = ToPart(std::move(content[i]), fmt::format("{}.toolResult.content.{}", place, i));
    if (!part) return std::unexpected(std::move(part.error()));
    result.content.push_back(std::move(*part));
  }
  return result;
}

gen::ToolUseBlock FromToolUse(runtime::ToolUseBlock&& use) {
  gen::ToolUseBlock block;
  block.toolUseId = std::move(use.id);
  block.name = std::move(use.name);
  block.input = wire::Document::FromValidJson(std::move(use.input));
  return block;
}

}  // namespace bedplate::services::bedrock_runtime
