#include "runtime/tool_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/value.h"
#include "runtime/json_schema_rules.h"

namespace bedplate::runtime {
namespace {

std::unexpected<Error> Refuse(std::string message) {
  return Fail(Fault::kValidation, std::move(message));
}

std::unexpected<Error> NotAnObject(std::string_view place) {
  return Refuse(
      fmt::format("The format of the value at {} is invalid. Provide a json object for the field "
                  "and try again.",
                  place));
}

std::unexpected<Error> BadSchema(std::string_view place, std::string_view faults) {
  return Refuse(
      fmt::format("The json schema definition at {} is invalid. Fix the following errors and try "
                  "again: {}",
                  place, faults));
}

Result<void> CheckToolSchema(std::string_view schema, const std::string& place) {
  const auto root = json::Value::Parse(schema);
  if (!root || !root->is_object()) return NotAnObject(place + ".json");
  const json::Value* type = root->Find("type");
  const std::string* type_name = type == nullptr ? nullptr : type->AsString();
  if (type_name == nullptr || *type_name != "object") {
    return Refuse(
        fmt::format("The value at {}.json.type must be one of the following: object.", place));
  }
  if (const std::string faults = SchemaFaults(*root); !faults.empty()) {
    return BadSchema(place, faults);
  }
  return {};
}

Result<void> CheckToolConfig(const Conversation& conversation) {
  const std::vector<models::ChatTool>& tools = conversation.tools;
  for (size_t i = 0; i < tools.size(); ++i) {
    const auto first = std::ranges::find(tools, tools[i].name, &models::ChatTool::name);
    if (first != tools.begin() + static_cast<std::ptrdiff_t>(i)) {
      return Refuse(
          fmt::format("The tools at toolConfig.tools contain duplicate names: {}. Give each tool a "
                      "name of its own and try again.",
                      tools[i].name));
    }
    auto ok = CheckToolSchema(tools[i].schema,
                              fmt::format("toolConfig.tools.{}.toolSpec.inputSchema", i));
    if (!ok) return ok;
  }
  const models::ChatToolChoice& choice = conversation.tool_choice;
  if (choice.kind == models::ChatToolChoice::Kind::kNamed &&
      std::ranges::find(tools, choice.name, &models::ChatTool::name) == tools.end()) {
    return Refuse(
        fmt::format("The tool {} at toolConfig.toolChoice.tool.name is not one of "
                    "toolConfig.tools. Choose one of them and try again.",
                    choice.name));
  }
  return {};
}

std::vector<std::string_view> ToolUseIds(const Message& message) {
  std::vector<std::string_view> ids;
  for (const ContentBlock& block : message.content) {
    if (const auto* use = std::get_if<ToolUseBlock>(&block)) ids.push_back(use->id);
  }
  return ids;
}

std::vector<std::string_view> ToolResultIds(const Message& message) {
  std::vector<std::string_view> ids;
  for (const ContentBlock& block : message.content) {
    if (const auto* result = std::get_if<ToolResultBlock>(&block)) {
      ids.push_back(result->tool_use_id);
    }
  }
  return ids;
}

Result<void> CheckUnique(std::vector<std::string_view> ids, std::string_view field, size_t index) {
  std::ranges::sort(ids);
  const auto twice = std::ranges::adjacent_find(ids);
  if (twice == ids.end()) return {};
  return Refuse(fmt::format("The {} blocks at messages.{}.content contain duplicate Ids: {}", field,
                            index, *twice));
}

// `uses` are the ids of the message before the one at `index`.
Result<void> CheckResults(const std::vector<std::string_view>& uses,
                          const std::vector<std::string_view>& results, size_t index) {
  if (results.size() > uses.size()) {
    return Refuse(
        fmt::format("The number of toolResult blocks at messages.{}.content exceeds the number of "
                    "toolUse blocks of previous turn.",
                    index));
  }
  std::vector<std::string_view> missing;
  for (std::string_view id : uses) {
    if (std::ranges::find(results, id) == results.end()) missing.push_back(id);
  }
  if (missing.empty()) return {};
  return Refuse(
      fmt::format("Expected toolResult blocks at messages.{}.content for the following Ids: {}",
                  index, fmt::join(missing, ", ")));
}

Result<void> CheckPairs(const std::vector<Message>& messages, bool has_tools) {
  std::vector<std::string_view> before;
  for (size_t i = 0; i < messages.size(); ++i) {
    std::vector<std::string_view> uses = ToolUseIds(messages[i]);
    const std::vector<std::string_view> results = ToolResultIds(messages[i]);
    if (!has_tools && (!uses.empty() || !results.empty())) {
      return Refuse(
          "The toolConfig field must be defined when using toolUse and toolResult content blocks.");
    }
    auto ok = CheckUnique(uses, "toolUse", i);
    if (ok) ok = CheckUnique(results, "toolResult", i);
    if (ok) ok = CheckResults(before, results, i);
    if (!ok) return ok;
    before = std::move(uses);
  }
  // The last turn is the assistant's: the model cannot go on before it knows the results.
  return CheckResults(before, {}, messages.size());
}

}  // namespace

Result<void> CheckTools(const Conversation& conversation) {
  if (auto ok = CheckToolConfig(conversation); !ok) return ok;
  return CheckPairs(conversation.messages, !conversation.tools.empty());
}

Result<void> CheckOutputSchema(const models::ChatOutputSchema& output) {
  constexpr std::string_view kPlace = "outputConfig.textFormat.structure.jsonSchema.schema";
  const auto root = json::Value::Parse(output.schema);
  if (!root || !root->is_object()) return NotAnObject(kPlace);
  if (const std::string faults = SchemaFaults(*root); !faults.empty()) {
    return BadSchema(kPlace, faults);
  }
  return {};
}

}  // namespace bedplate::runtime
