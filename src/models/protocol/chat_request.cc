#include "models/protocol/chat_request.h"

#include "base/json/writer.h"

namespace bedplate::models {
namespace {

constexpr size_t kBytesBesideTexts = 256;  // names and numbers of a usual request, to reserve

std::string_view RoleText(ChatRole role) {
  switch (role) {
    case ChatRole::kSystem:
      return "system";
    case ChatRole::kUser:
      return "user";
    case ChatRole::kAssistant:
      return "assistant";
  }
  return "user";
}

size_t TextBytes(const ChatRequest& request) {
  size_t bytes = 0;
  for (const ChatTurn& turn : request.turns) bytes += turn.text.size() + 32;
  return bytes;
}

void WriteModelAndTurns(json::Writer& writer, const ChatRequest& request,
                        std::string_view model_name) {
  writer.Key("model");
  writer.String(model_name);
  writer.Key("messages");
  writer.BeginArray();
  for (const ChatTurn& turn : request.turns) {
    writer.BeginObject();
    writer.Key("role");
    writer.String(RoleText(turn.role));
    writer.Key("content");
    writer.String(turn.text);
    writer.EndObject();
  }
  writer.EndArray();
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
  for (const auto& [name, value] : request.extra_members) {
    writer.Key(name);
    writer.Raw(value);
  }
}

}  // namespace

std::string WriteChatRequest(const ChatRequest& request, std::string_view model_name, bool stream) {
  std::string body;
  body.reserve(TextBytes(request) + kBytesBesideTexts);
  json::Writer writer(body);
  writer.BeginObject();
  WriteModelAndTurns(writer, request, model_name);
  WriteSampling(writer, request);
  writer.Key("stream");
  writer.Boolean(stream);
  if (stream) {
    writer.Key("stream_options");
    writer.Raw(R"({"include_usage":true})");
  }
  writer.EndObject();
  return body;
}

std::string WriteTokenizeRequest(const ChatRequest& request, std::string_view model_name) {
  std::string body;
  body.reserve(TextBytes(request) + kBytesBesideTexts);
  json::Writer writer(body);
  writer.BeginObject();
  WriteModelAndTurns(writer, request, model_name);
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
