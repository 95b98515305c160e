// Cohere's Command R and R+: answers and events. There are no citations, and nothing that says so:
// the protocol to the model's server has none.
// spec:
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
#include <memory>
#include <utility>

#include "base/ids.h"
#include "base/json/writer.h"
#include "models/formats/cohere_command_r_request.h"
#include "models/formats/cohere_finish.h"
#include "models/formats/content_blocks.h"
#include "models/formats/families.h"
#include "models/formats/gathered_calls.h"

namespace bedplate::models {
namespace {

Result<void> WriteCalls(json::Writer& writer, const std::vector<ChatToolCall>& calls) {
  writer.Key("tool_calls");
  writer.BeginArray();
  for (const ChatToolCall& call : calls) {
    auto parameters = CallArguments(call);
    if (!parameters) return std::unexpected(std::move(parameters.error()));
    writer.BeginObject();
    writer.Key("name");
    writer.String(call.name);
    writer.Key("parameters");
    writer.Raw(*parameters);
    writer.EndObject();
  }
  writer.EndArray();
  return {};
}

// What names an answer, and the conversation before it.
struct AnswerHead {
  std::string history;
  std::string response_id = NewUuid();
  std::string generation_id = NewUuid();
};

Result<void> WriteHistory(json::Writer& writer, const AnswerHead& head, const ChatAnswer& answer,
                          std::string_view text) {
  std::string history = head.history;
  if (!history.empty()) history += ',';
  json::Writer entry(history);
  entry.BeginObject();
  entry.Key("role");
  entry.String("CHATBOT");
  entry.Key("message");
  entry.String(text);
  if (!answer.tool_calls.empty()) {
    if (auto written = WriteCalls(entry, answer.tool_calls); !written) return written;
  }
  entry.EndObject();
  writer.Key("chat_history");
  writer.Raw("[" + history + "]");
  return {};
}

// The members of a whole answer, which stand in the last event of a stream too.
Result<void> WriteResponse(json::Writer& writer, const AnswerHead& head, const ChatAnswer& answer,
                           std::string_view reason) {
  // Space beside calls is no text; see ContentBlocks.
  const bool blank = !answer.tool_calls.empty() && IsBlank(answer.text);
  const std::string_view text = blank ? std::string_view() : std::string_view(answer.text);
  writer.Key("response_id");
  writer.String(head.response_id);
  writer.Key("text");
  writer.String(text);
  writer.Key("generation_id");
  writer.String(head.generation_id);
  if (auto written = WriteHistory(writer, head, answer, text); !written) return written;
  writer.Key("finish_reason");
  writer.String(reason);
  if (!answer.tool_calls.empty()) {
    if (auto written = WriteCalls(writer, answer.tool_calls); !written) return written;
  }
  writer.Key("meta");
  writer.BeginObject();
  writer.Key("tokens");
  writer.BeginObject();
  writer.Key("input_tokens");
  writer.Integer(answer.usage.prompt_tokens);
  writer.Key("output_tokens");
  writer.Integer(answer.usage.completion_tokens);
  writer.EndObject();
  writer.EndObject();
  return {};
}

class CommandRChunks final : public NativeChunks {
 public:
  explicit CommandRChunks(std::string history) : head_{.history = std::move(history)} {}

  Result<void> Add(const ChatChunk& chunk, std::string_view,
                   std::vector<std::string>& out) override {
    if (!started_) {
      started_ = true;
      json::Writer writer(out.emplace_back());
      BeginEvent(writer, "stream-start", false);
      writer.Key("generation_id");
      writer.String(head_.generation_id);
      writer.EndObject();
    }
    events_.clear();
    if (auto added = blocks_.Add(chunk, events_); !added) return added;
    Take(out);
    return {};
  }

  Result<void> End(const ChatFinish& finish, const InvocationMetrics& metrics,
                   std::vector<std::string>& out) override {
    const auto reason = CohereFinishReason(finish);
    if (!reason) return std::unexpected(MalformedCall());
    events_.clear();
    blocks_.End(events_);
    Take(out);
    answer_.tool_calls = calls_.calls();
    answer_.usage = {.prompt_tokens = metrics.input_tokens,
                     .completion_tokens = metrics.output_tokens};
    if (!answer_.tool_calls.empty()) {
      json::Writer writer(out.emplace_back());
      BeginEvent(writer, "tool-calls-generation", false);
      if (auto written = WriteCalls(writer, answer_.tool_calls); !written) return written;
      writer.EndObject();
    }
    json::Writer writer(out.emplace_back());
    BeginEvent(writer, "stream-end", true);
    writer.Key("finish_reason");
    writer.String(*reason);
    writer.Key("response");
    writer.BeginObject();
    if (auto written = WriteResponse(writer, head_, answer_, *reason); !written) return written;
    writer.EndObject();
    WriteMetrics(writer, metrics);
    writer.EndObject();
    return {};
  }

 private:
  static void BeginEvent(json::Writer& writer, std::string_view type, bool finished) {
    writer.BeginObject();
    writer.Key("event_type");
    writer.String(type);
    writer.Key("is_finished");
    writer.Boolean(finished);
  }

  void Take(std::vector<std::string>& out) {
    for (const BlockEvent& event : events_) {
      calls_.Add(event);
      if (event.kind != BlockEvent::Kind::kDelta || event.block != BlockKind::kText) continue;
      answer_.text += event.text;
      json::Writer writer(out.emplace_back());
      BeginEvent(writer, "text-generation", false);
      writer.Key("text");
      writer.String(event.text);
      writer.EndObject();
    }
  }

  AnswerHead head_;
  bool started_ = false;
  ContentBlocks blocks_{""};  // calls have no ids
  std::vector<BlockEvent> events_;
  GatheredCalls calls_;
  ChatAnswer answer_;
};

class CommandRChat final : public NeutralChat {
 public:
  explicit CommandRChat(CommandRRequest request)
      : NeutralChat(std::move(request.chat)), history_(std::move(request.history)) {}

  Result<std::string> WriteAnswer(const ChatAnswer& answer, std::string_view) const override {
    const auto reason = CohereFinishReason(answer.finish);
    if (!reason) return std::unexpected(MalformedCall());
    std::string body;
    json::Writer writer(body);
    writer.BeginObject();
    if (auto written = WriteResponse(writer, {.history = history_}, answer, *reason); !written) {
      return std::unexpected(std::move(written.error()));
    }
    writer.EndObject();
    return body;
  }

  std::unique_ptr<NativeChunks> StartChunks() const override {
    return std::make_unique<CommandRChunks>(history_);
  }

 private:
  std::string history_;
};

}  // namespace

Result<NativeChatPtr> ReadCohereCommandR(std::string_view body, const NativeCall& call) {
  auto request = ReadCommandRRequest(body, call);
  if (!request) return std::unexpected(std::move(request.error()));
  return std::make_unique<CommandRChat>(std::move(*request));
}

}  // namespace bedplate::models
