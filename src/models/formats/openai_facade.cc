// OpenAI's chat completions and completions under their own paths: the caller's members go to the
// model's server as they are, but for the model's name and what says how the answer is sent.
// spec: https://platform.openai.com/docs/api-reference/chat/create and .../completions/create
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/json/value.h"
#include "base/json/writer.h"
#include "models/formats/facades.h"
#include "models/formats/malformed_input.h"
#include "models/formats/members.h"
#include "models/formats/openai_body.h"

namespace bedplate::models {
namespace {

class OpenAiFacadeChunks final : public NativeChunks {
 public:
  OpenAiFacadeChunks(std::string model, bool include_usage)
      : model_(std::move(model)), include_usage_(include_usage) {}

  Result<void> Add(const ChatChunk& chunk, std::string_view data,
                   std::vector<std::string>& out) override {
    std::string text = include_usage_ || !chunk.usage ? UnderModelName(data, model_, std::nullopt)
                                                      : UnderModelNameWithoutUsage(data, model_);
    if (!text.empty()) out.push_back(std::move(text));
    return {};
  }

  Result<void> End(const ChatFinish&, const InvocationMetrics&,
                   std::vector<std::string>&) override {
    return {};
  }

 private:
  std::string model_;
  bool include_usage_;
};

class OpenAiFacade final : public NativeChat {
 public:
  OpenAiFacade(std::string upstream_body, std::string_view model, bool include_usage)
      : upstream_body_(std::move(upstream_body)), model_(model), include_usage_(include_usage) {}

  std::string UpstreamBody(const NativeCall&) override { return std::move(upstream_body_); }
  Result<std::string> WriteAnswer(const ChatAnswer&, std::string_view reply) const override {
    return UnderModelName(reply, model_, std::nullopt);
  }
  std::unique_ptr<NativeChunks> StartChunks() const override {
    return std::make_unique<OpenAiFacadeChunks>(model_, include_usage_);
  }

 private:
  std::string upstream_body_;
  std::string model_;
  bool include_usage_;
};

void CheckMessages(Members& body) {
  const json::Value::Array* messages = body.NeedArray("messages");
  if (messages != nullptr && messages->empty()) {
    body.malformed().Add("/messages", "expected minimum item count: 1, found: 0");
  }
}

// One text, also as a list of one, or one list of tokens. The API also takes several prompts, whose
// answers would be choices of one answer.
void CheckPrompt(Members& body) {
  const json::Value* prompt = body.Any("prompt");
  if (prompt == nullptr) return body.Missing("prompt");
  if (prompt->is_string()) return;
  const json::Value::Array* list = prompt->AsArray();
  if (list == nullptr) return body.malformed().WrongType("/prompt", "String", *prompt);
  if (list->empty()) {
    return body.malformed().Add("/prompt", "expected minimum item count: 1, found: 0");
  }
  if (list->size() == 1 && list->front().is_string()) return;
  for (size_t i = 0; i < list->size(); ++i) {
    int64_t token = 0;
    if ((*list)[i].ToInt64(token)) continue;
    return body.malformed().Add(
        fmt::format("/prompt/{}", i),
        "several prompts in one request are not supported: send one text or one list of tokens");
  }
}

bool ReadIncludeUsage(Members& body, bool stream) {
  const json::Value* value = body.Any("stream_options");
  if (value == nullptr || value->is_null()) return false;
  if (!stream) {
    body.malformed().Add("/stream_options", "is only taken with \"stream\": true");
    return false;
  }
  Members options(*value, "/stream_options", body.malformed());
  const bool include_usage = options.Boolean("include_usage").value_or(false);
  options.Boolean("include_obfuscation");  // padding against who listens; nothing is padded here
  options.Finish();
  return include_usage;
}

Result<NativeChatPtr> Read(std::string_view body_text, const NativeCall& call,
                           void (*check_prompt)(Members&)) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  check_prompt(body);
  const bool stream = call.use == NativeUse::kStream;
  const bool include_usage = ReadIncludeUsage(body, stream);
  if (malformed.any()) return std::unexpected(malformed.ToError());
  std::string out;
  out.reserve(body_text.size() + call.upstream_name.size() + 96);
  json::Writer writer(out);
  writer.BeginObject();
  writer.Key("model");
  writer.String(call.upstream_name);
  for (const auto& [key, value] : *root->AsObject()) {
    if (key == "model" || key == "stream" || key == "stream_options") continue;
    writer.Key(key);
    value.Write(writer);
  }
  writer.Key("stream");
  writer.Boolean(stream);
  if (stream) {
    // The count is always asked for: it is what the log says.
    writer.Key("stream_options");
    writer.Raw(R"({"include_usage":true})");
  }
  writer.EndObject();
  return std::make_unique<OpenAiFacade>(std::move(out), call.model_as_asked, include_usage);
}

}  // namespace

Result<NativeChatPtr> ReadOpenAiFacadeChat(std::string_view body, const NativeCall& call) {
  return Read(body, call, CheckMessages);
}

Result<NativeChatPtr> ReadOpenAiFacadeText(std::string_view body, const NativeCall& call) {
  return Read(body, call, CheckPrompt);
}

}  // namespace bedplate::models
