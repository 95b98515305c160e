// Amazon Nova: answers and events.
// spec: https://docs.aws.amazon.com/nova/latest/nova2-userguide/request-response-schema.html
#include <memory>
#include <utility>

#include "base/json/writer.h"
#include "models/formats/content_blocks.h"
#include "models/formats/families.h"
#include "models/formats/nova_request.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kCallPrefix = "tooluse_";

std::string_view StopReason(const ChatFinish& finish, bool called) {
  switch (finish.reason) {
    case FinishReason::kLength:
      return "max_tokens";
    case FinishReason::kStopSequence:
      return "stop_sequence";
    case FinishReason::kToolCalls:
      return "tool_use";
    case FinishReason::kContentFilter:
      return "content_filtered";
    case FinishReason::kMalformedToolCall:
      return "malformed_tool_use";
    case FinishReason::kStop:
      break;
  }
  return called ? "tool_use" : "end_turn";
}

void WriteUsage(json::Writer& writer, const ChatUsage& usage) {
  writer.Key("usage");
  writer.BeginObject();
  const auto count = [&](std::string_view key, int64_t tokens) {
    writer.Key(key);
    writer.Integer(tokens);
  };
  count("inputTokens", usage.InputTokens());
  count("outputTokens", usage.completion_tokens);
  count("totalTokens", usage.prompt_tokens + usage.completion_tokens);
  count("cacheReadInputTokenCount", usage.cache_read_tokens);
  count("cacheWriteInputTokenCount", usage.cache_write_tokens);
  writer.EndObject();
}

void WriteText(json::Writer& writer, std::string_view key, std::string_view text) {
  writer.Key(key);
  writer.String(text);
}

// {"reasoningContent":{"reasoningText":{"text":...}}}; a delta's signature stands alone.
void WriteReasoning(json::Writer& writer, std::string_view text, std::string_view signature) {
  writer.Key("reasoningContent");
  writer.BeginObject();
  writer.Key("reasoningText");
  writer.BeginObject();
  if (!text.empty()) WriteText(writer, "text", text);
  if (!signature.empty()) WriteText(writer, "signature", signature);
  writer.EndObject();
  writer.EndObject();
}

Result<void> WriteContent(json::Writer& writer, const ChatAnswer& answer) {
  writer.Key("content");
  writer.BeginArray();
  for (const ChatReasoning& block : answer.reasoning) {
    if (block.text.empty() && block.signature.empty()) continue;
    writer.BeginObject();
    WriteReasoning(writer, block.text, block.signature);
    writer.EndObject();
  }
  // Space beside calls is no text; see ContentBlocks.
  if (!(answer.tool_calls.empty() ? answer.text.empty() : IsBlank(answer.text))) {
    writer.BeginObject();
    WriteText(writer, "text", answer.text);
    writer.EndObject();
  }
  for (const ChatToolCall& call : answer.tool_calls) {
    auto input = CallArguments(call);
    if (!input) return std::unexpected(std::move(input.error()));
    writer.BeginObject();
    writer.Key("toolUse");
    writer.BeginObject();
    WriteText(writer, "toolUseId", call.id.empty() ? NewCallId(kCallPrefix) : call.id);
    WriteText(writer, "name", call.name);
    writer.Key("input");
    writer.Raw(*input);
    writer.EndObject();
    writer.EndObject();
  }
  writer.EndArray();
  return {};
}

// One event of a stream: an object under its name. Write its members, then take it.
class Event {
 public:
  explicit Event(std::string_view name) {
    writer_.BeginObject();
    writer_.Key(name);
    writer_.BeginObject();
  }
  json::Writer& writer() { return writer_; }
  std::string Take(const InvocationMetrics* metrics = nullptr) {
    writer_.EndObject();
    if (metrics != nullptr) WriteMetrics(writer_, *metrics);
    writer_.EndObject();
    return std::move(text_);
  }

 private:
  std::string text_;
  json::Writer writer_{text_};
};

class NovaChunks final : public NativeChunks {
 public:
  Result<void> Add(const ChatChunk& chunk, std::string_view,
                   std::vector<std::string>& out) override {
    if (!started_) {
      started_ = true;
      Event start("messageStart");
      WriteText(start.writer(), "role", "assistant");
      out.push_back(start.Take());
    }
    events_.clear();
    if (auto added = blocks_.Add(chunk, events_); !added) return added;
    Write(out);
    return {};
  }

  Result<void> End(const ChatFinish& finish, const InvocationMetrics& metrics,
                   std::vector<std::string>& out) override {
    events_.clear();
    blocks_.End(events_);
    Write(out);
    Event stop("messageStop");
    WriteText(stop.writer(), "stopReason", StopReason(finish, blocks_.any_call()));
    out.push_back(stop.Take());
    Event metadata("metadata");
    WriteUsage(metadata.writer(), metrics.Usage());
    out.push_back(metadata.Take(&metrics));
    return {};
  }

 private:
  void Write(std::vector<std::string>& out) const {
    for (const BlockEvent& event : events_) {
      // Only calls have something to say when they start.
      if (event.kind == BlockEvent::Kind::kStart) {
        if (event.block == BlockKind::kToolCall) out.push_back(WriteStart(event));
      } else if (event.kind == BlockEvent::Kind::kStop) {
        Event stop("contentBlockStop");
        stop.writer().Key("contentBlockIndex");
        stop.writer().Integer(event.index);
        out.push_back(stop.Take());
      } else {
        out.push_back(WriteDelta(event));
      }
    }
  }

  static std::string WriteStart(const BlockEvent& event) {
    Event start("contentBlockStart");
    json::Writer& writer = start.writer();
    writer.Key("start");
    writer.BeginObject();
    writer.Key("toolUse");
    writer.BeginObject();
    WriteText(writer, "toolUseId", event.call_id);
    WriteText(writer, "name", event.call_name);
    writer.EndObject();
    writer.EndObject();
    writer.Key("contentBlockIndex");
    writer.Integer(event.index);
    return start.Take();
  }

  static std::string WriteDelta(const BlockEvent& event) {
    Event delta("contentBlockDelta");
    json::Writer& writer = delta.writer();
    writer.Key("delta");
    writer.BeginObject();
    if (event.kind == BlockEvent::Kind::kSignature) {
      WriteReasoning(writer, "", event.text);
    } else if (event.block == BlockKind::kReasoning) {
      WriteReasoning(writer, event.text, "");
    } else if (event.block == BlockKind::kText) {
      WriteText(writer, "text", event.text);
    } else {
      writer.Key("toolUse");
      writer.BeginObject();
      WriteText(writer, "input", event.text);
      writer.EndObject();
    }
    writer.EndObject();
    writer.Key("contentBlockIndex");
    writer.Integer(event.index);
    return delta.Take();
  }

  bool started_ = false;
  ContentBlocks blocks_{kCallPrefix};
  std::vector<BlockEvent> events_;
};

class NovaChat final : public NeutralChat {
 public:
  using NeutralChat::NeutralChat;

  Result<std::string> WriteAnswer(const ChatAnswer& answer, std::string_view) const override {
    std::string body;
    json::Writer writer(body);
    writer.BeginObject();
    writer.Key("output");
    writer.BeginObject();
    writer.Key("message");
    writer.BeginObject();
    if (auto written = WriteContent(writer, answer); !written) {
      return std::unexpected(std::move(written.error()));
    }
    WriteText(writer, "role", "assistant");
    writer.EndObject();
    writer.EndObject();
    WriteText(writer, "stopReason", StopReason(answer.finish, !answer.tool_calls.empty()));
    WriteUsage(writer, answer.usage);
    writer.EndObject();
    return body;
  }

  std::unique_ptr<NativeChunks> StartChunks() const override {
    return std::make_unique<NovaChunks>();
  }
};

}  // namespace

Result<NativeChatPtr> ReadNova(std::string_view body, const NativeCall& call) {
  auto request = ReadNovaRequest(body, call);
  if (!request) return std::unexpected(std::move(request.error()));
  return std::make_unique<NovaChat>(std::move(*request));
}

}  // namespace bedplate::models
