// OpenAI's Responses API: answers and events.
// spec: https://platform.openai.com/docs/api-reference/responses and .../responses-streaming
#include <memory>
#include <optional>
#include <utility>

#include "base/json/writer.h"
#include "models/formats/content_blocks.h"
#include "models/formats/facades.h"
#include "models/formats/responses_request.h"
#include "models/formats/responses_writer.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kIdPrefix = "resp_";
constexpr std::string_view kCallPrefix = "call_";
// Arguments are a JSON text, and some servers send none of a call that has no arguments.
constexpr std::string_view kNoArguments = "{}";

std::string ItemJson(const ResponseItem& item, std::string_view status) {
  std::string text;
  json::Writer writer(text);
  WriteResponseItem(writer, item, status);
  return text;
}

class ResponseChunks final : public NativeChunks {
 public:
  explicit ResponseChunks(ResponseHead head) : head_(std::move(head)) {}

  Result<void> Add(const ChatChunk& chunk, std::string_view,
                   std::vector<std::string>& out) override {
    if (sequence_ == 0) {
      for (const char* type : {"response.created", "response.in_progress"}) {
        out.push_back(Event(type, [this](json::Writer& writer) {
          writer.Key("response");
          WriteResponse(writer, head_, {}, std::nullopt);
        }));
      }
    }
    if (chunk.usage) usage_ = *chunk.usage;
    if (!chunk.service_tier.empty()) service_tier_ = chunk.service_tier;
    events_.clear();
    if (auto added = blocks_.Add(chunk, events_); !added) return added;
    for (const BlockEvent& event : events_) Write(event, "completed", out);
    return {};
  }

  Result<void> End(const ChatFinish& finish, const InvocationMetrics&,
                   std::vector<std::string>& out) override {
    if (finish.reason == FinishReason::kMalformedToolCall) {
      return std::unexpected(MalformedCall());
    }
    events_.clear();
    blocks_.End(events_);
    const std::string_view status = ResponseStatus(finish);
    for (const BlockEvent& event : events_) Write(event, status, out);
    out.push_back(Event("response." + std::string(status), [&](json::Writer& writer) {
      writer.Key("response");
      WriteResponse(writer, head_, items_,
                    ResponseEnd{.finish = finish, .usage = usage_, .service_tier = service_tier_});
    }));
    return {};
  }

 private:
  template <class WriteMembers>
  std::string Event(std::string_view type, WriteMembers write) {
    std::string text;
    json::Writer writer(text);
    writer.BeginObject();
    writer.Key("type");
    writer.String(type);
    writer.Key("sequence_number");
    writer.Integer(sequence_++);
    write(writer);
    writer.EndObject();
    return text;
  }

  // Events of an item name its place; those of a content part also the part, always the first.
  void WritePlace(json::Writer& writer, bool of_part) const {
    writer.Key("item_id");
    writer.String(item_.id);
    writer.Key("output_index");
    writer.Unsigned(items_.size());
    if (!of_part) return;
    writer.Key("content_index");
    writer.Integer(0);
  }

  std::string ItemEvent(std::string_view type, std::string_view item_json) {
    return Event(type, [&](json::Writer& writer) {
      writer.Key("output_index");
      writer.Unsigned(items_.size());
      writer.Key("item");
      writer.Raw(item_json);
    });
  }

  std::string PartEvent(std::string_view type) {
    return Event(type, [&](json::Writer& writer) {
      WritePlace(writer, true);
      writer.Key("part");
      WriteResponsePart(writer, item_);
    });
  }

  std::string TextEvent(std::string_view change, std::string_view key, std::string_view text) {
    std::string type = item_.kind == BlockKind::kReasoning ? "response.reasoning_text."
                       : item_.kind == BlockKind::kText    ? "response.output_text."
                                                           : "response.function_call_arguments.";
    type += change;
    return Event(type, [&](json::Writer& writer) {
      WritePlace(writer, item_.kind != BlockKind::kToolCall);
      writer.Key(key);
      writer.String(text);
      if (item_.kind == BlockKind::kText) {
        writer.Key("logprobs");
        writer.Raw("[]");
      } else if (item_.kind == BlockKind::kToolCall && change == "done") {
        writer.Key("name");
        writer.String(item_.call_name);
      }
    });
  }

  void Write(const BlockEvent& event, std::string_view status, std::vector<std::string>& out) {
    switch (event.kind) {
      case BlockEvent::Kind::kStart:
        item_ = NewResponseItem(event.block);
        item_.call_id = event.call_id;
        item_.call_name = event.call_name;
        out.push_back(ItemEvent("response.output_item.added", ItemJson(item_, "in_progress")));
        if (item_.kind != BlockKind::kToolCall) {
          out.push_back(PartEvent("response.content_part.added"));
        }
        break;
      case BlockEvent::Kind::kDelta:
        AddText(event.text, out);
        break;
      case BlockEvent::Kind::kCitation:  // blocks_ takes none
        break;
      case BlockEvent::Kind::kSignature:
        item_.signature += event.text;
        break;
      case BlockEvent::Kind::kStop:
        Stop(status, out);
        break;
    }
  }

  void AddText(std::string_view text, std::vector<std::string>& out) {
    item_.text += text;
    out.push_back(TextEvent("delta", "delta", text));
  }

  void Stop(std::string_view status, std::vector<std::string>& out) {
    const bool call = item_.kind == BlockKind::kToolCall;
    if (call && item_.text.empty()) AddText(kNoArguments, out);  // deltas add up to what is done
    out.push_back(TextEvent("done", call ? "arguments" : "text", item_.text));
    if (!call) out.push_back(PartEvent("response.content_part.done"));
    std::string json = ItemJson(item_, status);
    out.push_back(ItemEvent("response.output_item.done", json));
    items_.push_back(std::move(json));
  }

  ResponseHead head_;
  int64_t sequence_ = 0;
  ContentBlocks blocks_{kCallPrefix};
  std::vector<BlockEvent> events_;
  ResponseItem item_;               // that is open
  std::vector<std::string> items_;  // that are done
  ChatUsage usage_;
  std::string service_tier_;
};

class OpenAiResponse final : public NeutralChat {
 public:
  OpenAiResponse(ChatRequest request, ResponseHead head)
      : NeutralChat(std::move(request)), head_(std::move(head)) {}

  Result<std::string> WriteAnswer(const ChatAnswer& answer, std::string_view) const override {
    if (answer.finish.reason == FinishReason::kMalformedToolCall) {
      return std::unexpected(MalformedCall());
    }
    const std::string_view status = ResponseStatus(answer.finish);
    std::vector<std::string> items;
    for (const ChatReasoning& block : answer.reasoning) {
      if (block.text.empty() && block.signature.empty()) continue;
      ResponseItem item = NewResponseItem(BlockKind::kReasoning);
      item.text = block.text;
      item.signature = block.signature;
      items.push_back(ItemJson(item, "completed"));
    }
    // Space beside calls is no text; see ContentBlocks.
    if (!(answer.tool_calls.empty() ? answer.text.empty() : IsBlank(answer.text))) {
      ResponseItem item = NewResponseItem(BlockKind::kText);
      item.text = answer.text;
      items.push_back(ItemJson(item, answer.tool_calls.empty() ? status : "completed"));
    }
    for (const ChatToolCall& call : answer.tool_calls) {
      ResponseItem item = NewResponseItem(BlockKind::kToolCall);
      item.call_id = call.id.empty() ? NewCallId(kCallPrefix) : call.id;
      item.call_name = call.name;
      item.text = call.arguments.empty() ? kNoArguments : call.arguments;
      items.push_back(ItemJson(item, &call == &answer.tool_calls.back() ? status : "completed"));
    }
    std::string body;
    json::Writer writer(body);
    WriteResponse(
        writer, head_, items,
        ResponseEnd{
            .finish = answer.finish, .usage = answer.usage, .service_tier = answer.service_tier});
    return body;
  }

  std::unique_ptr<NativeChunks> StartChunks() const override {
    return std::make_unique<ResponseChunks>(head_);
  }

 private:
  ResponseHead head_;
};

}  // namespace

Result<NativeChatPtr> ReadOpenAiResponse(std::string_view body, const NativeCall& call) {
  auto request = ReadResponsesRequest(body);
  if (!request) return std::unexpected(std::move(request.error()));
  ResponseHead head{.id = NewCallId(kIdPrefix),
                    .model = std::string(call.model_as_asked),
                    .created_at_s = call.now_s,
                    .echo = std::move(request->echo)};
  return std::make_unique<OpenAiResponse>(std::move(request->chat), std::move(head));
}

}  // namespace bedplate::models
