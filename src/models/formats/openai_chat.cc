#include "models/formats/openai_chat.h"

#include <fmt/format.h>

#include "base/json/reader.h"
#include "base/json/writer.h"
#include "models/formats/malformed_input.h"

namespace bedplate::models {
namespace {

using json::Kind;
using json::Reader;

std::string_view TypeOf(Kind kind) {
  switch (kind) {
    case Kind::kObject:
      return "JSONObject";
    case Kind::kArray:
      return "JSONArray";
    case Kind::kString:
      return "String";
    case Kind::kNumber:
      return "Number";
    case Kind::kBoolean:
      return "Boolean";
    case Kind::kNull:
    case Kind::kNone:
      break;
  }
  return "Null";
}

void WrongType(MalformedInput& malformed, std::string_view place, std::string_view expected,
               Kind found) {
  malformed.Add(place, fmt::format("expected type: {}, found: {}", expected, TypeOf(found)));
}

void ReadModel(Reader& reader, const OpenAiChatNames& names, MalformedInput& malformed) {
  if (reader.Peek() != Kind::kString) {
    WrongType(malformed, "/model", "String", reader.Peek());
    reader.Skip();
    return;
  }
  std::string_view model = reader.String();
  if (model != names.model_id && model != names.model_as_asked) {
    malformed.Add("/model", fmt::format("{} is not the model of the request, {}", model,
                                        names.model_as_asked));
  }
}

void ReadStream(Reader& reader, bool stream, MalformedInput& malformed) {
  bool asked = false;
  if (reader.Peek() != Kind::kBoolean) {
    WrongType(malformed, "/stream", "Boolean", reader.Peek());
    reader.Skip();
  } else if (reader.Boolean(asked) && asked != stream) {
    malformed.Add("/stream", stream ? "false does not fit InvokeModelWithResponseStream"
                                    : "true does not fit InvokeModel; use "
                                      "InvokeModelWithResponseStream");
  }
}

void CheckMessages(Kind kind, std::string_view raw, MalformedInput& malformed) {
  if (kind != Kind::kArray) {
    WrongType(malformed, "/messages", "JSONArray", kind);
    return;
  }
  Reader elements(raw);
  elements.BeginArray();
  if (!elements.NextElement()) {
    malformed.Add("/messages", "expected minimum item count: 1, found: 0");
  }
}

// Calls take(key, raw) for every member that goes to the server as it is.
template <class Take>
Result<void> ReadRequest(std::string_view body, const OpenAiChatNames& names, bool stream,
                         Take take) {
  Reader reader(body);
  MalformedInput malformed;
  if (Kind kind = reader.Peek(); kind != Kind::kObject) {
    reader.Skip();
    if (!reader.Finish()) return std::unexpected(MalformedInput::NotJson(reader.error()));
    WrongType(malformed, "", "JSONObject", kind);
    return std::unexpected(malformed.ToError());
  }
  bool has_messages = false;
  std::string_view key_view;
  if (reader.BeginObject()) {
    while (reader.NextKey(key_view)) {
      std::string key(key_view);
      if (key == "model") {
        ReadModel(reader, names, malformed);
      } else if (key == "stream") {
        ReadStream(reader, stream, malformed);
      } else if (key == "stream_options") {
        reader.Skip();  // the usage is always asked for
      } else {
        Kind kind = reader.Peek();
        std::string_view raw = reader.Raw();
        if (key == "messages") {
          has_messages = true;
          if (!reader.failed()) CheckMessages(kind, raw, malformed);
        }
        take(key, raw);
      }
    }
  }
  if (!reader.Finish()) return std::unexpected(MalformedInput::NotJson(reader.error()));
  if (!has_messages) malformed.MissingKey("", "messages");
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return {};
}

}  // namespace

Result<std::string> ToUpstreamChatBody(std::string_view body, const OpenAiChatNames& names,
                                       bool stream) {
  std::string out;
  out.reserve(body.size() + names.upstream_name.size() + 96);
  json::Writer writer(out);
  writer.BeginObject();
  writer.Key("model");
  writer.String(names.upstream_name);
  auto read = ReadRequest(body, names, stream, [&](std::string_view key, std::string_view raw) {
    writer.Key(key);
    writer.Raw(raw);
  });
  if (!read) return std::unexpected(std::move(read.error()));
  writer.Key("stream");
  writer.Boolean(stream);
  if (stream) {
    writer.Key("stream_options");
    writer.Raw(R"({"include_usage":true})");
  }
  writer.EndObject();
  return out;
}

Result<std::string> ToUpstreamTokenizeBody(std::string_view body, const OpenAiChatNames& names) {
  std::string out;
  out.reserve(body.size() + 32);
  json::Writer writer(out);
  writer.BeginObject();
  writer.Key("model");
  writer.String(names.upstream_name);
  // The prompt is made of these; what only steers sampling would be refused as unknown.
  auto read = ReadRequest(body, names, false, [&](std::string_view key, std::string_view raw) {
    if (key != "messages" && key != "tools" && key != "chat_template_kwargs") return;
    writer.Key(key);
    writer.Raw(raw);
  });
  if (!read) return std::unexpected(std::move(read.error()));
  writer.EndObject();
  return out;
}

std::string FromUpstreamChatBody(std::string_view json, std::string_view model_id,
                                 const std::optional<InvocationMetrics>& metrics) {
  std::string out;
  out.reserve(json.size() + model_id.size() + 192);
  json::Writer writer(out);
  Reader reader(json);
  std::string_view key;
  writer.BeginObject();
  reader.BeginObject();
  while (reader.NextKey(key)) {
    writer.Key(key);
    if (key == "model") {
      writer.String(model_id);
      reader.Skip();
    } else {
      writer.Raw(reader.Raw());
    }
  }
  if (metrics) {
    writer.Key("amazon-bedrock-invocationMetrics");
    writer.BeginObject();
    writer.Key("inputTokenCount");
    writer.Integer(metrics->input_tokens);
    writer.Key("outputTokenCount");
    writer.Integer(metrics->output_tokens);
    writer.Key("invocationLatency");
    writer.Integer(metrics->latency_ms);
    writer.Key("firstByteLatency");
    writer.Integer(metrics->first_byte_latency_ms);
    writer.EndObject();
  }
  writer.EndObject();
  return out;
}

}  // namespace bedplate::models
