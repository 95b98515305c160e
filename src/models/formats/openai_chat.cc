// OpenAI's chat completion body: the caller's members go to the model's server as they are, except
// for the few that belong to Bedrock, and so does what the server answers.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/json/reader.h"
#include "base/json/writer.h"
#include "models/formats/families.h"
#include "models/formats/malformed_input.h"
#include "models/formats/openai_body.h"
#include "models/protocol/chat_request.h"

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

void ReadModel(Reader& reader, const NativeCall& call, MalformedInput& malformed) {
  if (reader.Peek() != Kind::kString) {
    WrongType(malformed, "/model", "String", reader.Peek());
    reader.Skip();
    return;
  }
  std::string_view model = reader.String();
  if (model != call.model_id && model != call.model_as_asked) {
    malformed.Add("/model", fmt::format("{} is not the model of the request, {}", model,
                                        call.model_as_asked));
  }
}

// Only the operation says whether the answer is streamed; the body may only repeat it. A body that
// is counted may be meant for either.
void ReadStream(Reader& reader, NativeUse use, MalformedInput& malformed) {
  const bool stream = use == NativeUse::kStream;
  bool asked = false;
  if (reader.Peek() != Kind::kBoolean) {
    WrongType(malformed, "/stream", "Boolean", reader.Peek());
    reader.Skip();
  } else if (reader.Boolean(asked) && use != NativeUse::kCountTokens && asked != stream) {
    malformed.Add("/stream", stream ? "false does not fit InvokeModelWithResponseStream"
                                    : "true does not fit InvokeModel; use "
                                      "InvokeModelWithResponseStream");
  }
}

// The header says it; the body may repeat it.
void ReadServiceTier(std::string_view raw, const NativeCall& call, MalformedInput& malformed) {
  if (call.service_tier.empty() || raw == fmt::format("\"{}\"", call.service_tier)) return;
  malformed.Add("/service_tier", fmt::format("{} does not fit X-Amzn-Bedrock-Service-Tier, {}", raw,
                                             call.service_tier));
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
Result<void> ReadRequest(std::string_view body, const NativeCall& call, Take take) {
  Reader reader(body);
  MalformedInput malformed;
  if (Kind kind = reader.Peek(); kind != Kind::kObject) {
    reader.Skip();
    if (!reader.Finish()) return std::unexpected(MalformedInput::NotJson(reader.error()));
    WrongType(malformed, "", "JSONObject", kind);
    return std::unexpected(malformed.ToError());
  }
  bool has_messages = false;
  bool has_tier = false;
  std::string_view key_view;
  if (reader.BeginObject()) {
    while (reader.NextKey(key_view)) {
      std::string key(key_view);
      if (key == "model") {
        ReadModel(reader, call, malformed);
      } else if (key == "stream") {
        ReadStream(reader, call.use, malformed);
      } else if (key == "stream_options") {
        reader.Skip();  // the usage is always asked for
      } else {
        Kind kind = reader.Peek();
        std::string_view raw = reader.Raw();
        if (key == "messages") {
          has_messages = true;
          if (!reader.failed()) CheckMessages(kind, raw, malformed);
        }
        if (key == "service_tier") {
          ReadServiceTier(raw, call, malformed);
          has_tier = true;
        }
        take(key, raw);
      }
    }
  }
  if (!reader.Finish()) return std::unexpected(MalformedInput::NotJson(reader.error()));
  if (!has_messages) malformed.MissingKey("", "messages");
  if (malformed.any()) return std::unexpected(malformed.ToError());
  if (!has_tier && !call.service_tier.empty()) {
    take("service_tier", fmt::format("\"{}\"", call.service_tier));
  }
  return {};
}

class OpenAiChunks final : public NativeChunks {
 public:
  explicit OpenAiChunks(std::string model_id) : model_id_(std::move(model_id)) {}

  // The chunk with the usage is the last, so it waits for the metrics. A server that counts in each
  // chunk sends others behind it.
  Result<void> Add(const ChatChunk& chunk, std::string_view data,
                   std::vector<std::string>& out) override {
    if (!held_.empty()) out.push_back(UnderModelName(held_, model_id_, std::nullopt));
    held_.clear();
    if (chunk.usage) {
      held_ = data;
    } else {
      out.push_back(UnderModelName(data, model_id_, std::nullopt));
    }
    return {};
  }

  Result<void> End(const ChatFinish&, const InvocationMetrics& metrics,
                   std::vector<std::string>& out) override {
    out.push_back(UnderModelName(held_.empty() ? "{}" : held_, model_id_, metrics));
    return {};
  }

 private:
  std::string model_id_;
  std::string held_;
};

class OpenAiChat final : public NativeChat {
 public:
  OpenAiChat(std::string upstream_body, std::string_view model_id)
      : upstream_body_(std::move(upstream_body)), model_id_(model_id) {}

  std::string UpstreamBody(const NativeCall&) override { return std::move(upstream_body_); }
  Result<std::string> WriteAnswer(const ChatAnswer&, std::string_view reply) const override {
    return UnderModelName(reply, model_id_, std::nullopt);
  }
  std::unique_ptr<NativeChunks> StartChunks() const override {
    return std::make_unique<OpenAiChunks>(model_id_);
  }

 private:
  std::string upstream_body_;
  std::string model_id_;
};

}  // namespace

Result<NativeChatPtr> ReadOpenAiChat(std::string_view body, const NativeCall& call) {
  const bool count = call.use == NativeUse::kCountTokens;
  const bool of_prompt = count && call.tokenize_members == TokenizeMembers::kOfPrompt;
  std::string out;
  out.reserve(body.size() + call.upstream_name.size() + 96);
  json::Writer writer(out);
  writer.BeginObject();
  writer.Key("model");
  writer.String(call.upstream_name);
  auto read = ReadRequest(body, call, [&](std::string_view key, std::string_view raw) {
    if (of_prompt && key != "messages" && !IsOfPrompt(key)) return;
    writer.Key(key);
    writer.Raw(raw);
  });
  if (!read) return std::unexpected(std::move(read.error()));
  if (!count) {
    const bool stream = call.use == NativeUse::kStream;
    writer.Key("stream");
    writer.Boolean(stream);
    if (stream) {
      writer.Key("stream_options");
      writer.Raw(R"({"include_usage":true})");
    }
  }
  writer.EndObject();
  return std::make_unique<OpenAiChat>(std::move(out), call.model_id);
}

}  // namespace bedplate::models
