// Anthropic's Messages API as Bedrock has it: answers and events.
// spec:
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/ids.h"
#include "base/json/writer.h"
#include "models/citations/answer_citer.h"
#include "models/citations/citation_json.h"
#include "models/formats/anthropic_request.h"
#include "models/formats/content_blocks.h"
#include "models/formats/families.h"
#include "models/protocol/chat_turns.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kMessagePrefix = "msg_bdrk_";
constexpr std::string_view kCallPrefix = "toolu_bdrk_";

// "anthropic.claude-3-haiku-20240307-v1:0" is "claude-3-haiku-20240307" to Anthropic.
std::string ModelName(std::string_view model_id) {
  model_id.remove_prefix(model_id.find('.') + 1);  // npos + 1 is 0
  const size_t version = model_id.rfind("-v");
  if (version == model_id.npos || version + 2 == model_id.size()) return std::string(model_id);
  const bool is_version = std::ranges::all_of(
      model_id.substr(version + 2), [](char c) { return (c >= '0' && c <= '9') || c == ':'; });
  return std::string(is_version ? model_id.substr(0, version) : model_id);
}

// Nothing for a call that could not be read: the API has no word for it.
std::optional<std::string_view> StopReason(const ChatFinish& finish, bool called) {
  switch (finish.reason) {
    case FinishReason::kLength:
      return "max_tokens";
    case FinishReason::kStopSequence:
      return "stop_sequence";
    case FinishReason::kToolCalls:
      return "tool_use";
    case FinishReason::kContentFilter:
      return "refusal";
    case FinishReason::kMalformedToolCall:
      return std::nullopt;
    case FinishReason::kStop:
      break;
  }
  return called ? "tool_use" : "end_turn";
}

void WriteStop(json::Writer& writer, std::string_view reason, const ChatFinish& finish) {
  writer.Key("stop_reason");
  writer.String(reason);
  writer.Key("stop_sequence");
  if (finish.reason == FinishReason::kStopSequence) {
    writer.String(finish.stop_sequence);
  } else {
    writer.Null();
  }
}

// `tier` is the one that served, in OpenAI's words, and empty where nothing is known of it.
void WriteUsage(json::Writer& writer, const ChatUsage& usage, std::string_view tier = {}) {
  writer.Key("usage");
  writer.BeginObject();
  const auto count = [&](std::string_view key, int64_t tokens) {
    writer.Key(key);
    writer.Integer(tokens);
  };
  count("input_tokens", usage.InputTokens());
  count("cache_creation_input_tokens", usage.cache_write_tokens);
  count("cache_read_input_tokens", usage.cache_read_tokens);
  if (usage.cache_write_tokens != 0) {
    writer.Key("cache_creation");
    writer.BeginObject();
    count("ephemeral_5m_input_tokens", usage.cache_write_tokens - usage.cache_write_long_tokens);
    count("ephemeral_1h_input_tokens", usage.cache_write_long_tokens);
    writer.EndObject();
  }
  count("output_tokens", usage.completion_tokens);
  if (!tier.empty()) {
    writer.Key("service_tier");
    writer.String(tier == "priority" ? "priority" : "standard");
  }
  writer.EndObject();
}

// The members of a message before its content.
void WriteHead(json::Writer& writer, std::string_view model) {
  writer.Key("id");
  writer.String(NewCallId(kMessagePrefix));
  writer.Key("type");
  writer.String("message");
  writer.Key("role");
  writer.String("assistant");
  writer.Key("model");
  writer.String(model);
}

void WriteText(json::Writer& writer, std::string_view type, std::string_view key,
               std::string_view text) {
  writer.Key("type");
  writer.String(type);
  writer.Key(key);
  writer.String(text);
}

void WriteCall(json::Writer& writer, std::string_view id, std::string_view name,
               std::string_view input) {
  writer.Key("type");
  writer.String("tool_use");
  writer.Key("id");
  writer.String(id);
  writer.Key("name");
  writer.String(name);
  writer.Key("input");
  writer.Raw(input);
}

// `shown`: whether thoughts have their text; without it the blocks stay.
Result<void> WriteContent(json::Writer& writer, const ChatAnswer& answer, bool shown) {
  writer.Key("content");
  writer.BeginArray();
  for (const ChatReasoning& block : answer.reasoning) {
    if (shown) {
      WriteThinkingBlock(writer, block);
    } else {
      WriteThinkingBlock(writer, {.signature = block.signature, .redacted = block.redacted});
    }
  }
  // Space beside calls is no text; see ContentBlocks.
  if (!(answer.tool_calls.empty() ? answer.text.empty() : IsBlank(answer.text))) {
    for (const CitedPiece& piece : CutAtCitations(answer.text, answer.cited)) {
      writer.BeginObject();
      WriteText(writer, "text", "text", piece.text);
      if (piece.citations != nullptr) {
        writer.Key("citations");
        WriteCitations(writer, *piece.citations);
      }
      writer.EndObject();
    }
  }
  for (const ChatToolCall& call : answer.tool_calls) {
    auto input = CallArguments(call);
    if (!input) return std::unexpected(std::move(input.error()));
    writer.BeginObject();
    WriteCall(writer, call.id.empty() ? NewCallId(kCallPrefix) : call.id, call.name, *input);
    writer.EndObject();
  }
  writer.EndArray();
  return {};
}

// One event of a stream. Write its members, then take it.
class Event {
 public:
  explicit Event(std::string_view type) {
    writer_.BeginObject();
    writer_.Key("type");
    writer_.String(type);
  }
  json::Writer& writer() { return writer_; }
  std::string Take() {
    writer_.EndObject();
    return std::move(text_);
  }

 private:
  std::string text_;
  json::Writer writer_{text_};
};

class AnthropicChunks final : public NativeChunks {
 public:
  AnthropicChunks(std::string model, NativeApi api, bool shown)
      : model_(std::move(model)), api_(api), shown_(shown) {}

  Result<void> Add(const ChatChunk& chunk, std::string_view,
                   std::vector<std::string>& out) override {
    if (!started_) Start(chunk, out);
    events_.clear();
    if (!chunk.redacted.empty()) AddRedacted(chunk.redacted, out);
    if (auto added = blocks_.Add(chunk, events_); !added) return added;
    for (const BlockEvent& event : events_) {
      if (shown_ || !IsThought(event)) out.push_back(Write(event));
    }
    return {};
  }

  Result<void> End(const ChatFinish& finish, const InvocationMetrics& metrics,
                   std::vector<std::string>& out) override {
    const auto reason = StopReason(finish, blocks_.any_call());
    if (!reason) return std::unexpected(MalformedCall());
    events_.clear();
    blocks_.End(events_);
    for (const BlockEvent& event : events_) out.push_back(Write(event));
    Event delta("message_delta");
    delta.writer().Key("delta");
    delta.writer().BeginObject();
    WriteStop(delta.writer(), *reason, finish);
    delta.writer().EndObject();
    WriteUsage(delta.writer(), metrics.Usage());
    out.push_back(delta.Take());
    Event stop("message_stop");
    if (api_ == NativeApi::kInvokeModel) WriteMetrics(stop.writer(), metrics);
    out.push_back(stop.Take());
    return {};
  }

 private:
  static bool IsThought(const BlockEvent& event) {
    return event.kind == BlockEvent::Kind::kDelta && event.block == BlockKind::kReasoning;
  }

  // A block of thoughts that nobody can read: it begins and ends.
  void AddRedacted(std::string_view data, std::vector<std::string>& out) {
    const int index = blocks_.TakeIndex(events_);
    for (const BlockEvent& event : events_) out.push_back(Write(event));
    events_.clear();
    Event start("content_block_start");
    start.writer().Key("index");
    start.writer().Integer(index);
    start.writer().Key("content_block");
    WriteThinkingBlock(start.writer(), {.redacted = std::string(data)});
    out.push_back(start.Take());
    out.push_back(Write({.kind = BlockEvent::Kind::kStop, .index = index}));
  }

  // Usage in events is what was counted so far: an engine counts the prompt first, most servers
  // count at the end only. message_delta sums up.
  void Start(const ChatChunk& chunk, std::vector<std::string>& out) {
    started_ = true;
    Event event("message_start");
    json::Writer& writer = event.writer();
    writer.Key("message");
    writer.BeginObject();
    WriteHead(writer, model_);
    writer.Key("content");
    writer.Raw("[]");
    writer.Key("stop_reason");
    writer.Null();
    writer.Key("stop_sequence");
    writer.Null();
    WriteUsage(writer, chunk.usage.value_or(ChatUsage{}), chunk.service_tier);
    writer.EndObject();
    out.push_back(event.Take());
  }

  static std::string Write(const BlockEvent& event) {
    switch (event.kind) {
      case BlockEvent::Kind::kStart:
        return WriteStart(event);
      case BlockEvent::Kind::kDelta:
      case BlockEvent::Kind::kCitation:
      case BlockEvent::Kind::kSignature:
        return WriteDelta(event);
      case BlockEvent::Kind::kStop:
        break;
    }
    Event stop("content_block_stop");
    stop.writer().Key("index");
    stop.writer().Integer(event.index);
    return stop.Take();
  }

  static std::string WriteStart(const BlockEvent& event) {
    Event start("content_block_start");
    json::Writer& writer = start.writer();
    writer.Key("index");
    writer.Integer(event.index);
    writer.Key("content_block");
    writer.BeginObject();
    switch (event.block) {
      case BlockKind::kReasoning:
        WriteText(writer, "thinking", "thinking", "");
        writer.Key("signature");
        writer.String("");
        break;
      case BlockKind::kText:
        WriteText(writer, "text", "text", "");
        break;
      case BlockKind::kToolCall:
        WriteCall(writer, event.call_id, event.call_name, "{}");
        break;
    }
    writer.EndObject();
    return start.Take();
  }

  static std::string WriteDelta(const BlockEvent& event) {
    Event delta("content_block_delta");
    json::Writer& writer = delta.writer();
    writer.Key("index");
    writer.Integer(event.index);
    writer.Key("delta");
    writer.BeginObject();
    if (event.kind == BlockEvent::Kind::kCitation) {
      writer.Key("type");
      writer.String("citations_delta");
      writer.Key("citation");
      WriteCitation(writer, *event.citation);
    } else if (event.kind == BlockEvent::Kind::kSignature) {
      WriteText(writer, "signature_delta", "signature", event.text);
    } else if (event.block == BlockKind::kReasoning) {
      WriteText(writer, "thinking_delta", "thinking", event.text);
    } else if (event.block == BlockKind::kText) {
      WriteText(writer, "text_delta", "text", event.text);
    } else {
      WriteText(writer, "input_json_delta", "partial_json", event.text);
    }
    writer.EndObject();
    return delta.Take();
  }

  std::string model_;
  NativeApi api_;
  bool shown_;  // whether thoughts have their text
  bool started_ = false;
  ContentBlocks blocks_{kCallPrefix, true};
  std::vector<BlockEvent> events_;
};

class AnthropicChat final : public NeutralChat {
 public:
  AnthropicChat(ChatRequest request, std::string model, NativeApi api)
      : NeutralChat(std::move(request)), model_(std::move(model)), api_(api) {}

  Result<std::string> WriteAnswer(const ChatAnswer& answer, std::string_view) const override {
    const auto reason = StopReason(answer.finish, !answer.tool_calls.empty());
    if (!reason) return std::unexpected(MalformedCall());
    std::string body;
    json::Writer writer(body);
    writer.BeginObject();
    WriteHead(writer, model_);
    if (auto written = WriteContent(writer, answer, ShowsThoughts()); !written) {
      return std::unexpected(std::move(written.error()));
    }
    WriteStop(writer, *reason, answer.finish);
    WriteUsage(writer, answer.usage, answer.service_tier);
    writer.EndObject();
    return body;
  }

  std::unique_ptr<NativeChunks> StartChunks() const override {
    return std::make_unique<AnthropicChunks>(model_, api_, ShowsThoughts());
  }

 private:
  bool ShowsThoughts() const { return !request().thinking || request().thinking->shown; }

  std::string model_;
  NativeApi api_;
};

}  // namespace

Result<NativeChatPtr> ReadAnthropicMessages(std::string_view body, const NativeCall& call) {
  auto request = ReadAnthropicRequest(body, call);
  if (!request) return std::unexpected(std::move(request.error()));
  std::string model =
      call.api == NativeApi::kFacade ? std::string(call.model_as_asked) : ModelName(call.model_id);
  return std::make_unique<AnthropicChat>(std::move(*request), std::move(model), call.api);
}

}  // namespace bedplate::models
