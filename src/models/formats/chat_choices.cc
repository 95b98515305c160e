#include "models/formats/chat_choices.h"

#include <utility>

#include "models/formats/stop_reason.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kIdPrefix = "chatcmpl-";

void WriteFunction(json::Writer& writer, std::string_view name, std::string_view arguments) {
  writer.Key("function");
  writer.BeginObject();
  if (!name.empty()) {
    writer.Key("name");
    writer.String(name);
  }
  writer.Key("arguments");
  writer.String(arguments);
  writer.EndObject();
}

void WriteCall(json::Writer& writer, std::string_view id, std::string_view name,
               std::string_view arguments) {
  writer.Key("id");
  writer.String(id);
  writer.Key("type");
  writer.String("function");
  WriteFunction(writer, name, arguments);
}

class ChoicesChunks final : public NativeChunks {
 public:
  explicit ChoicesChunks(std::string_view model_id) : head_(model_id) {}

  Result<void> Add(const ChatChunk& chunk, std::string_view,
                   std::vector<std::string>& out) override {
    if (!started_) {
      started_ = true;
      json::Writer writer(out.emplace_back());
      BeginDelta(writer);
      writer.Key("role");
      writer.String("assistant");
      writer.Key("content");
      writer.String("");
      EndDelta(writer, std::nullopt);
      writer.EndObject();
    }
    events_.clear();
    if (auto added = blocks_.Add(chunk, events_); !added) return added;
    Write(out);
    return {};
  }

  Result<void> End(const ChatFinish& finish, const InvocationMetrics& metrics,
                   std::vector<std::string>& out) override {
    const auto reason = OpenAiStopReason(finish, blocks_.any_call());
    if (!reason) return std::unexpected(MalformedCall());
    events_.clear();
    blocks_.End(events_);
    Write(out);
    json::Writer writer(out.emplace_back());
    BeginDelta(writer);
    EndDelta(writer, reason);
    WriteChoiceUsage(writer, metrics.input_tokens, metrics.output_tokens);
    WriteMetrics(writer, metrics);
    writer.EndObject();
    return {};
  }

 private:
  void BeginDelta(json::Writer& writer) const {
    writer.BeginObject();
    BeginChoice(writer, head_, "chat.completion.chunk");
    writer.Key("delta");
    writer.BeginObject();
  }

  static void EndDelta(json::Writer& writer, std::optional<std::string_view> reason) {
    writer.EndObject();
    writer.Key("finish_reason");
    reason ? writer.String(*reason) : writer.Null();
    EndChoice(writer);
  }

  void Write(std::vector<std::string>& out) {
    for (const BlockEvent& event : events_) {
      const bool starts_call =
          event.kind == BlockEvent::Kind::kStart && event.block == BlockKind::kToolCall;
      if (starts_call) ++calls_;
      if (!starts_call && event.kind != BlockEvent::Kind::kDelta) continue;
      json::Writer writer(out.emplace_back());
      BeginDelta(writer);
      WriteDelta(writer, event);
      EndDelta(writer, std::nullopt);
      writer.EndObject();
    }
  }

  void WriteDelta(json::Writer& writer, const BlockEvent& event) const {
    if (event.block != BlockKind::kToolCall) {
      writer.Key(event.block == BlockKind::kText ? "content" : "reasoning_content");
      writer.String(event.text);
      return;
    }
    writer.Key("tool_calls");
    writer.BeginArray();
    writer.BeginObject();
    writer.Key("index");
    writer.Integer(calls_ - 1);
    if (event.kind == BlockEvent::Kind::kStart) {
      WriteCall(writer, event.call_id, event.call_name, "");
    } else {
      WriteFunction(writer, "", event.text);
    }
    writer.EndObject();
    writer.EndArray();
  }

  ChoicesHead head_;
  bool started_ = false;
  int calls_ = 0;
  ContentBlocks blocks_{kChoiceCallPrefix};
  std::vector<BlockEvent> events_;
};

}  // namespace

ChoicesHead::ChoicesHead(std::string_view model_id) : id(NewCallId(kIdPrefix)), model(model_id) {}

void BeginChoice(json::Writer& writer, const ChoicesHead& head, std::string_view object) {
  writer.Key("id");
  writer.String(head.id);
  writer.Key("object");
  writer.String(object);
  writer.Key("model");
  writer.String(head.model);
  writer.Key("choices");
  writer.BeginArray();
  writer.BeginObject();
  writer.Key("index");
  writer.Integer(0);
}

void EndChoice(json::Writer& writer) {
  writer.EndObject();
  writer.EndArray();
}

void WriteChoiceMessage(json::Writer& writer, const ChatAnswer& answer) {
  writer.Key("message");
  writer.BeginObject();
  writer.Key("role");
  writer.String("assistant");
  writer.Key("content");
  // Space beside calls is no text; see ContentBlocks.
  const bool blank = !answer.tool_calls.empty() && IsBlank(answer.text);
  writer.String(blank ? std::string_view() : std::string_view(answer.text));
  if (const std::string reasoning = answer.ReasoningText(); !reasoning.empty()) {
    writer.Key("reasoning_content");
    writer.String(reasoning);
  }
  if (!answer.tool_calls.empty()) {
    writer.Key("tool_calls");
    writer.BeginArray();
    for (const ChatToolCall& call : answer.tool_calls) {
      writer.BeginObject();
      WriteCall(writer, call.id.empty() ? NewCallId(kChoiceCallPrefix) : call.id, call.name,
                call.arguments.empty() ? std::string_view("{}") : std::string_view(call.arguments));
      writer.EndObject();
    }
    writer.EndArray();
  }
  writer.EndObject();
}

void WriteChoiceUsage(json::Writer& writer, int64_t prompt_tokens, int64_t completion_tokens) {
  writer.Key("usage");
  writer.BeginObject();
  writer.Key("prompt_tokens");
  writer.Integer(prompt_tokens);
  writer.Key("completion_tokens");
  writer.Integer(completion_tokens);
  writer.Key("total_tokens");
  writer.Integer(prompt_tokens + completion_tokens);
  writer.EndObject();
}

Result<std::string> ChoicesChat::WriteAnswer(const ChatAnswer& answer, std::string_view) const {
  const auto reason = OpenAiStopReason(answer.finish, !answer.tool_calls.empty());
  if (!reason) return std::unexpected(MalformedCall());
  std::string body;
  json::Writer writer(body);
  writer.BeginObject();
  BeginChoice(writer, ChoicesHead(model_id_), "chat.completion");
  WriteChoiceMessage(writer, answer);
  for (const std::string_view key : reason_keys_) {
    writer.Key(key);
    writer.String(*reason);
  }
  EndChoice(writer);
  WriteChoiceUsage(writer, answer.usage.prompt_tokens, answer.usage.completion_tokens);
  writer.EndObject();
  return body;
}

std::unique_ptr<NativeChunks> ChoicesChat::StartChunks() const {
  return std::make_unique<ChoicesChunks>(model_id_);
}

}  // namespace bedplate::models
