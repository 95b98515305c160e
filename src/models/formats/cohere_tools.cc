#include "models/formats/cohere_tools.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "models/formats/turn_builder.h"

namespace bedplate::models {
namespace {

struct TypeName {
  std::string_view cohere;
  std::string_view schema;
};
// Cohere's types are Python's; clients write JSON's too.
constexpr TypeName kTypes[] = {
    {"str", "string"},   {"string", "string"}, {"int", "integer"},  {"integer", "integer"},
    {"float", "number"}, {"number", "number"}, {"bool", "boolean"}, {"boolean", "boolean"},
    {"list", "array"},   {"array", "array"},   {"dict", "object"},  {"object", "object"},
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
  }
  return lower;
}

// JSON schema's word for a type, or empty.
std::string_view SchemaType(std::string_view type) {
  const std::string lower = Lower(type);
  const auto found = std::ranges::find(kTypes, lower, &TypeName::cohere);
  return found == std::end(kTypes) ? std::string_view() : found->schema;
}

// Writes the type into `schema`; one that JSON schema has no word for goes into the description.
void SetType(json::Value& schema, std::string_view type) {
  if (const std::string_view word = SchemaType(type); !word.empty()) {
    schema.Set("type", word);
    return;
  }
  constexpr std::string_view kListOf = "list[";
  if (type.ends_with(']') && Lower(type.substr(0, kListOf.size())) == kListOf) {
    const std::string_view item =
        SchemaType(type.substr(kListOf.size(), type.size() - kListOf.size() - 1));
    if (!item.empty()) {
      schema.Set("type", "array");
      schema.Set("items", json::Value::Object{{"type", item}});
      return;
    }
  }
  const json::Value* description = schema.Find("description");
  schema.Set("description", description == nullptr
                                ? fmt::format("Type: {}", type)
                                : fmt::format("{} Type: {}", *description->AsString(), type));
}

std::string ReadParameters(Members& tool) {
  json::Value::Object properties;
  json::Value::Array required;
  if (const json::Value* definitions = tool.Object("parameter_definitions")) {
    for (const auto& [name, value] : *definitions->AsObject()) {
      Members parameter(value, fmt::format("{}/{}", tool.PointerOf("parameter_definitions"), name),
                        tool.malformed());
      json::Value schema{json::Value::Object{}};
      if (const std::string* text = parameter.Text("description")) schema.Set("description", *text);
      if (const std::string* type = parameter.NeedNonEmptyText("type")) SetType(schema, *type);
      if (parameter.Boolean("required").value_or(false)) required.emplace_back(name);
      parameter.Finish();
      properties.emplace_back(name, std::move(schema));
    }
  }
  json::Value schema;
  schema.Set("type", "object");
  schema.Set("properties", std::move(properties));
  if (!required.empty()) schema.Set("required", std::move(required));
  return schema.ToJson();
}

// A call of a result, or of an answer.
ChatToolCall ReadCall(Members& call) {
  ChatToolCall read;
  if (const std::string* name = call.NeedNonEmptyText("name")) read.name = *name;
  const json::Value* parameters = call.Object("parameters");
  read.arguments = parameters == nullptr ? "{}" : parameters->ToJson();
  call.Text("generation_id");  // which answers of ours have no use for
  call.Finish();
  return read;
}

// Outputs are objects. The usual one has but a text, which is what the tool says.
std::string ReadOutputs(Members& result) {
  std::string all;
  const json::Value::Array* outputs = result.NeedArray("outputs");
  if (outputs == nullptr) return all;
  for (size_t i = 0; i < outputs->size(); ++i) {
    const json::Value& output = (*outputs)[i];
    if (!output.is_object()) {
      result.malformed().WrongType(fmt::format("{}/{}", result.PointerOf("outputs"), i),
                                   "JSONObject", output);
      continue;
    }
    const json::Value* text = output.Find("text");
    const bool plain = output.AsObject()->size() == 1 && text != nullptr && text->is_string();
    AppendLine(all, plain ? *text->AsString() : output.ToJson());
  }
  return all;
}

}  // namespace

void ReadCohereTools(Members& body, ChatRequest& request) {
  const json::Value::Array* tools = body.Array("tools");
  if (tools == nullptr) return;
  for (size_t i = 0; i < tools->size(); ++i) {
    Members tool((*tools)[i], fmt::format("/tools/{}", i), body.malformed());
    ChatTool& read = request.tools.emplace_back();
    if (const std::string* name = tool.NeedNonEmptyText("name")) read.name = *name;
    if (const std::string* text = tool.NeedText("description")) read.description = *text;
    read.schema = ReadParameters(tool);
    tool.Finish();
  }
}

std::vector<ChatToolCall> ReadCohereCalls(Members& holder) {
  std::vector<ChatToolCall> calls;
  const json::Value::Array* members = holder.Array("tool_calls");
  if (members == nullptr) return calls;
  for (size_t i = 0; i < members->size(); ++i) {
    Members call((*members)[i], fmt::format("{}/{}", holder.PointerOf("tool_calls"), i),
                 holder.malformed());
    calls.push_back(ReadCall(call));
  }
  return calls;
}

std::vector<ChatToolCall> CohereCalls::Start(std::vector<ChatToolCall> calls) {
  open_.clear();
  for (ChatToolCall& call : calls) {
    call.id = NewId();
    open_[{call.name, call.arguments}].push(call.id);
  }
  return calls;
}

std::string CohereCalls::NewId() { return fmt::format("call_{}", next_id_++); }

std::string CohereCalls::TakeId(const ChatToolCall& call) {
  const auto found = open_.find({call.name, call.arguments});
  if (found == open_.end() || found->second.empty()) return {};
  std::string id = std::move(found->second.front());
  found->second.pop();
  return id;
}

void ReadCohereToolResults(Members& holder, CohereCalls& calls, std::vector<ChatTurn>& turns) {
  const json::Value::Array* results = holder.NeedArray("tool_results");
  if (results == nullptr) return;
  ChatTurn asked{.role = ChatRole::kAssistant};
  std::vector<ChatTurn> told;
  for (size_t i = 0; i < results->size(); ++i) {
    Members result((*results)[i], fmt::format("{}/{}", holder.PointerOf("tool_results"), i),
                   holder.malformed());
    if (const json::Value* object = result.NeedObject("call")) {
      Members members(*object, result.PointerOf("call"), holder.malformed());
      ChatToolCall call = ReadCall(members);
      call.id = calls.TakeId(call);
      if (call.id.empty()) {
        call.id = calls.NewId();
        asked.tool_calls.push_back(call);
      }
      told.push_back(
          {.role = ChatRole::kTool, .text = ReadOutputs(result), .tool_call_id = call.id});
    }
    result.Finish();
  }
  if (!asked.tool_calls.empty()) turns.push_back(std::move(asked));
  std::ranges::move(told, std::back_inserter(turns));
}

}  // namespace bedplate::models
