#include "models/formats/responses_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/json/value.h"
#include "base/json/writer.h"
#include "models/formats/members.h"
#include "models/formats/openai_messages.h"
#include "models/formats/responses_input.h"

namespace bedplate::models {
namespace {

constexpr size_t kMetadataMax = 16;

// What a response says again, and what it says where the request is silent. Of sampling that the
// request left to the model nothing is known here.
constexpr std::pair<std::string_view, std::string_view> kEchoed[] = {
    {"background", "false"},
    {"instructions", "null"},
    {"max_output_tokens", "null"},
    {"metadata", "{}"},
    {"parallel_tool_calls", "true"},
    {"previous_response_id", "null"},
    {"prompt_cache_key", "null"},
    {"reasoning", R"({"effort":null,"summary":null})"},
    {"safety_identifier", "null"},
    {"service_tier", "null"},
    {"store", "true"},
    {"temperature", "null"},
    {"text", R"({"format":{"type":"text"}})"},
    {"tool_choice", R"("auto")"},
    {"tools", "[]"},
    {"top_p", "null"},
    {"truncation", R"("disabled")"},
    {"user", "null"},
};

std::string Quoted(std::string_view text) {
  std::string json;
  json::AppendQuoted(json, text);
  return json;
}

void Hand(ChatRequest& request, std::string_view name, std::string raw) {
  request.extra_members.emplace_back(name, std::move(raw));
}

void ReadTools(Members& body, ChatRequest& request) {
  const json::Value::Array* tools = body.Array("tools");
  if (tools == nullptr) return;
  for (size_t i = 0; i < tools->size(); ++i) {
    Members tool((*tools)[i], fmt::format("/tools/{}", i), body.malformed());
    const std::string* type = tool.NeedText("type");
    if (type == nullptr) continue;
    if (*type != "function") {
      tool.NotInEnum("type", *type);
      continue;
    }
    ChatTool read;
    if (const std::string* name = tool.NeedText("name")) read.name = *name;
    if (const std::string* text = tool.Text("description")) read.description = *text;
    const json::Value* schema = tool.Object("parameters");
    read.schema = schema == nullptr ? std::string(kNoParameters) : schema->ToJson();
    read.strict = tool.Boolean("strict").value_or(false);
    tool.Finish();
    request.tools.push_back(std::move(read));
  }
}

void ReadToolChoice(Members& body, ChatRequest& request) {
  const json::Value* choice = body.Any("tool_choice");
  if (choice == nullptr) return;
  using enum ChatToolChoice::Kind;
  if (const std::string* word = choice->AsString()) {
    if (*word == "auto") {
      if (!request.tools.empty()) request.tool_choice.kind = kAuto;
    } else if (*word == "required") {
      request.tool_choice.kind = kAny;
      if (request.tools.empty()) body.Missing("tools");
    } else if (*word == "none") {
      request.tool_choice.kind = kNone;
    } else {
      body.NotInEnum("tool_choice", *word);
    }
    return;
  }
  Members named(*choice, "/tool_choice", body.malformed());
  const std::string* type = named.NeedText("type");
  if (type == nullptr) return;
  if (*type != "function") return named.NotInEnum("type", *type);
  request.tool_choice.kind = kNamed;
  if (const std::string* name = named.NeedText("name")) {
    request.tool_choice.name = *name;
    if (std::ranges::find(request.tools, *name, &ChatTool::name) == request.tools.end()) {
      named.NotInEnum("name", *name);
    }
  }
  named.Finish();
}

void ReadJsonSchema(Members& format, ChatRequest& request) {
  ChatOutputSchema output;
  if (const std::string* name = format.NeedText("name")) output.name = *name;
  if (const std::string* text = format.Text("description")) output.description = *text;
  const bool strict = format.Boolean("strict").value_or(true);
  const json::Value* schema = format.NeedObject("schema");
  if (schema == nullptr) return;
  output.schema = schema->ToJson();
  if (strict) {
    request.output_schema = std::move(output);
    return;
  }
  // The neutral request knows only schemas that are kept to.
  json::Value::Object inner = {{"name", output.name}, {"schema", *schema}, {"strict", false}};
  Hand(request, "response_format",
       json::Value(json::Value::Object{{"type", "json_schema"}, {"json_schema", std::move(inner)}})
           .ToJson());
}

void ReadText(Members& body, ChatRequest& request) {
  const json::Value* object = body.Object("text");
  if (object == nullptr) return;
  Members text(*object, "/text", body.malformed());
  if (const std::string* verbosity = text.Text("verbosity")) {
    if (*verbosity != "medium") Hand(request, "verbosity", Quoted(*verbosity));
  }
  if (const json::Value* chosen = text.Object("format")) {
    Members format(*chosen, "/text/format", body.malformed());
    const std::string* type = format.NeedText("type");
    if (type == nullptr) return;
    if (*type == "json_schema") {
      ReadJsonSchema(format, request);
    } else if (*type == "json_object") {
      Hand(request, "response_format", R"({"type":"json_object"})");
    } else if (*type != "text") {
      return format.NotInEnum("type", *type);
    }
    format.Finish();
  }
  text.Finish();
}

void ReadReasoning(Members& body, ChatRequest& request) {
  const json::Value* object = body.Object("reasoning");
  if (object == nullptr) return;
  Members reasoning(*object, "/reasoning", body.malformed());
  if (const std::string* effort = reasoning.Text("effort")) {
    Hand(request, "reasoning_effort", Quoted(*effort));
  }
  // Thoughts come as they are: "auto" is whatever there is, and no summary is made of them.
  const std::string* summary = reasoning.Text("summary");
  if (summary != nullptr && *summary != "auto") reasoning.NotInEnum("summary", *summary);
  reasoning.Finish();
}

void ReadMetadata(Members& body) {
  const json::Value* object = body.Object("metadata");
  if (object == nullptr) return;
  if (object->AsObject()->size() > kMetadataMax) {
    body.malformed().Add("/metadata", fmt::format("expected at most {} pairs, found: {}",
                                                  kMetadataMax, object->AsObject()->size()));
  }
  for (const auto& [key, value] : *object->AsObject()) {
    if (!value.is_string()) body.malformed().WrongType("/metadata/" + key, "String", value);
  }
}

// Members that ask nothing of an answer, or for what OpenAI's server alone does.
void ReadOthers(Members& body, ChatRequest& request) {
  body.NeedText("model");
  body.Boolean("stream");
  body.Boolean("store");
  body.Text("previous_response_id");
  body.Text("safety_identifier");
  body.Text("prompt_cache_retention");
  if (const json::Value* value = body.Object("stream_options")) {
    Members options(*value, "/stream_options", body.malformed());
    options.Boolean("include_obfuscation");
    options.Finish();
  }
  for (const std::string& wish : body.Texts("include")) {
    if (wish != "reasoning.encrypted_content") body.NotInEnum("include", wish);
  }
  if (body.Boolean("background").value_or(false)) body.NotInEnum("background", "true");
  const std::string* truncation = body.Text("truncation");
  if (truncation != nullptr && *truncation != "disabled") body.NotInEnum("truncation", *truncation);
  if (body.Integer("top_logprobs", 0, 20).value_or(0) != 0) {
    body.malformed().Add("/top_logprobs", "log probabilities are not supported");
  }
  ReadMetadata(body);
  if (const std::string* tier = body.Text("service_tier")) request.service_tier = *tier;
  for (const std::string_view name : {"user", "prompt_cache_key"}) {
    if (const std::string* text = body.Text(name)) Hand(request, name, Quoted(*text));
  }
}

std::vector<std::pair<std::string, std::string>> EchoOf(const json::Value& root) {
  std::vector<std::pair<std::string, std::string>> echo;
  for (const auto& [name, absent] : kEchoed) {
    const json::Value* value = root.Find(name);
    echo.emplace_back(name, value != nullptr ? value->ToJson() : std::string(absent));
  }
  return echo;
}

void DropOwnNulls(json::Value* value) {
  if (value == nullptr || !value->is_object()) return;
  std::erase_if(*value->AsObject(), [](const auto& member) { return member.second.is_null(); });
}

// Null counts as absent, as OpenAI has it; but in schemas it is a value.
void DropNullsOfRequest(json::Value& root) {
  DropOwnNulls(&root);
  for (const char* name : {"input", "reasoning", "stream_options"}) {
    if (json::Value* value = root.Find(name)) DropNulls(*value);
  }
  if (json::Value* text = root.Find("text")) {
    DropOwnNulls(text);
    DropOwnNulls(text->Find("format"));
  }
  if (json::Value* tools = root.Find("tools"); tools != nullptr && tools->is_array()) {
    for (json::Value& tool : *tools->AsArray()) DropOwnNulls(&tool);
  }
}

}  // namespace

Result<ResponsesRequest> ReadResponsesRequest(std::string_view body_text) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  DropNullsOfRequest(*root);
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ResponsesRequest request{.echo = EchoOf(*root)};
  ChatRequest& chat = request.chat;
  if (const std::string* instructions = body.Text("instructions")) {
    chat.turns.push_back({.role = ChatRole::kSystem, .text = *instructions});
  }
  if (const json::Value* input = body.Any("input")) {
    ReadResponsesInput(*input, chat.turns, malformed);
  } else {
    body.Missing("input");
  }
  ReadTools(body, chat);
  ReadToolChoice(body, chat);
  if (!body.Boolean("parallel_tool_calls").value_or(true) && !chat.tools.empty()) {
    Hand(chat, "parallel_tool_calls", "false");
  }
  ReadText(body, chat);
  ReadReasoning(body, chat);
  chat.tokens_max = body.Integer("max_output_tokens", 1, std::numeric_limits<int>::max());
  chat.temperature = body.Number("temperature", 0, 2);
  chat.top_p = body.Number("top_p", 0, 1);
  ReadOthers(body, chat);
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return request;
}

}  // namespace bedplate::models
