#include "models/protocol/chat_request.h"

#include <algorithm>
#include <iterator>

#include "base/json/writer.h"
#include "models/protocol/chat_turns.h"

namespace bedplate::models {
namespace {

constexpr size_t kBytesBesideTexts = 256;  // names and numbers of a usual request, to reserve

size_t TextBytes(const ChatRequest& request) {
  size_t bytes = 0;
  for (const ChatTurn& turn : request.turns) {
    bytes += turn.text.size() + 32;
    for (const ChatPart& part : turn.parts) {
      const auto* image = std::get_if<ChatImage>(&part);
      if (image != nullptr) bytes += image->bytes.size() * 4 / 3 + 96;
      const auto* source = std::get_if<ChatSource>(&part);
      if (source == nullptr) continue;
      for (const std::string& text : source->content) bytes += text.size() * 4 / 3 + 96;
    }
  }
  for (const ChatTool& tool : request.tools) bytes += tool.schema.size() + 96;
  return bytes;
}

void WriteModelAndTurns(json::Writer& writer, const ChatRequest& request,
                        std::string_view model_name) {
  writer.Key("model");
  writer.String(model_name);
  writer.Key("messages");
  WriteTurns(writer, request.turns);
}

void WriteTools(json::Writer& writer, const std::vector<ChatTool>& tools) {
  if (tools.empty()) return;
  writer.Key("tools");
  writer.BeginArray();
  for (const ChatTool& tool : tools) {
    writer.BeginObject();
    writer.Key("type");
    writer.String("function");
    writer.Key("function");
    writer.BeginObject();
    writer.Key("name");
    writer.String(tool.name);
    if (!tool.description.empty()) {
      writer.Key("description");
      writer.String(tool.description);
    }
    writer.Key("parameters");
    writer.Raw(tool.schema);
    if (tool.strict) {
      writer.Key("strict");
      writer.Boolean(true);
    }
    writer.EndObject();
    if (tool.cache_point) WriteCacheControl(writer, *tool.cache_point);
    writer.EndObject();
  }
  writer.EndArray();
}

void WriteToolChoice(json::Writer& writer, const ChatToolChoice& choice) {
  using enum ChatToolChoice::Kind;
  if (choice.kind == kUnset) return;
  writer.Key("tool_choice");
  if (choice.kind == kNamed) {
    writer.BeginObject();
    writer.Key("type");
    writer.String("function");
    writer.Key("function");
    writer.BeginObject();
    writer.Key("name");
    writer.String(choice.name);
    writer.EndObject();
    writer.EndObject();
  } else {
    writer.String(choice.kind == kAuto ? "auto" : choice.kind == kAny ? "required" : "none");
  }
}

// The protocol demands a name, Bedrock does not.
constexpr std::string_view kUnnamedSchema = "answer";

void WriteOutputSchema(json::Writer& writer, const ChatOutputSchema& output) {
  writer.Key("response_format");
  writer.BeginObject();
  writer.Key("type");
  writer.String("json_schema");
  writer.Key("json_schema");
  writer.BeginObject();
  writer.Key("name");
  writer.String(output.name.empty() ? kUnnamedSchema : std::string_view(output.name));
  if (!output.description.empty()) {
    writer.Key("description");
    writer.String(output.description);
  }
  writer.Key("schema");
  writer.Raw(output.schema);
  writer.Key("strict");
  writer.Boolean(true);
  writer.EndObject();
  writer.EndObject();
}

void WriteThinking(json::Writer& writer, const ChatThinking& thinking) {
  switch (thinking.words) {
    case ChatThinking::Words::kNone:
      return;
    case ChatThinking::Words::kAnthropic:
      writer.Key("thinking");
      writer.Raw(thinking.object);
      return;
    case ChatThinking::Words::kEngine:
      writer.Key("chat_template_kwargs");
      writer.BeginObject();
      writer.Key("enable_thinking");
      writer.Boolean(thinking.on);
      writer.EndObject();
      return;
  }
}

void WriteSampling(json::Writer& writer, const ChatRequest& request) {
  if (request.tokens_max) {
    writer.Key("max_tokens");
    writer.Integer(*request.tokens_max);
  }
  if (request.temperature) {
    writer.Key("temperature");
    writer.Float(*request.temperature);
  }
  if (request.top_p) {
    writer.Key("top_p");
    writer.Float(*request.top_p);
  }
  if (!request.stop_sequences.empty()) {
    writer.Key("stop");
    writer.BeginArray();
    for (const std::string& stop : request.stop_sequences) writer.String(stop);
    writer.EndArray();
  }
  if (!request.service_tier.empty()) {
    writer.Key("service_tier");
    writer.String(request.service_tier);
  }
  if (request.thinking) WriteThinking(writer, *request.thinking);
  for (const auto& [name, value] : request.extra_members) {
    writer.Key(name);
    writer.Raw(value);
  }
}

void WriteAllButStream(json::Writer& writer, const ChatRequest& request,
                       std::string_view model_name) {
  WriteModelAndTurns(writer, request, model_name);
  WriteTools(writer, request.tools);
  WriteToolChoice(writer, request.tool_choice);
  if (request.output_schema) WriteOutputSchema(writer, *request.output_schema);
  WriteSampling(writer, request);
}

}  // namespace

std::string WriteChatRequest(const ChatRequest& request, std::string_view model_name, bool stream,
                             bool early_usage) {
  std::string body;
  body.reserve(TextBytes(request) + kBytesBesideTexts);
  json::Writer writer(body);
  writer.BeginObject();
  WriteAllButStream(writer, request, model_name);
  writer.Key("stream");
  writer.Boolean(stream);
  if (stream) {
    writer.Key("stream_options");
    writer.Raw(early_usage ? R"({"include_usage":true,"prompt_usage":true})"
                           : R"({"include_usage":true})");
  }
  writer.EndObject();
  return body;
}

bool IsOfPrompt(std::string_view member) {
  constexpr std::string_view kNames[] = {"tools",
                                         "chat_template",
                                         "chat_template_kwargs",
                                         "add_generation_prompt",
                                         "continue_final_message",
                                         "add_special_tokens"};
  return std::ranges::find(kNames, member) != std::end(kNames);
}

std::string WriteTokenizeRequest(const ChatRequest& request, std::string_view model_name,
                                 TokenizeMembers members) {
  std::string body;
  body.reserve(TextBytes(request) + kBytesBesideTexts);
  json::Writer writer(body);
  writer.BeginObject();
  if (members == TokenizeMembers::kAll) {
    WriteAllButStream(writer, request, model_name);
  } else {
    WriteModelAndTurns(writer, request, model_name);
    WriteTools(writer, request.tools);
    for (const auto& [name, value] : request.extra_members) {
      if (!IsOfPrompt(name)) continue;
      writer.Key(name);
      writer.Raw(value);
    }
  }
  writer.EndObject();
  return body;
}

std::string WriteTextTokenizeRequest(std::string_view text, std::string_view model_name) {
  std::string body;
  body.reserve(text.size() + kBytesBesideTexts);
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("model");
  writer.String(model_name);
  writer.Key("prompt");
  writer.String(text);
  writer.EndObject();
  return body;
}

}  // namespace bedplate::models
