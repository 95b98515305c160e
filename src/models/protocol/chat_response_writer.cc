#include "models/protocol/chat_response_writer.h"

#include <algorithm>
#include <span>

#include "base/json/writer.h"
#include "models/citations/citation_json.h"
#include "models/protocol/chat_turns.h"

namespace bedplate::models {
namespace {

using json::Writer;

std::string_view ReasonText(FinishReason reason) {
  switch (reason) {
    case FinishReason::kLength:
      return "length";
    case FinishReason::kToolCalls:
      return "tool_calls";
    case FinishReason::kMalformedToolCall:
      return "malformed_tool_call";
    case FinishReason::kContentFilter:
      return "content_filter";
    case FinishReason::kStop:
    case FinishReason::kStopSequence:
      break;
  }
  return "stop";
}

void WriteHead(Writer& writer, const ChatAnswerHead& head, std::string_view object) {
  writer.Key("id");
  writer.String(head.id);
  writer.Key("object");
  writer.String(object);
  writer.Key("created");
  writer.Integer(head.created_s);
  writer.Key("model");
  writer.String(head.model_name);
  if (head.service_tier.empty()) return;
  writer.Key("service_tier");
  writer.String(head.service_tier);
}

void WriteFinish(Writer& writer, const ChatFinish* finish) {
  writer.Key("finish_reason");
  if (finish == nullptr) {
    writer.Null();
    return;
  }
  writer.String(ReasonText(finish->reason));
  if (finish->reason != FinishReason::kStopSequence) return;
  writer.Key("stop_sequence");
  writer.String(finish->stop_sequence);
}

// As bedplate-engine says it.
void WriteCacheUsage(Writer& writer, const ChatUsage& usage) {
  writer.Key("cache_read_input_tokens");
  writer.Integer(usage.cache_read_tokens);
  writer.Key("cache_creation_input_tokens");
  writer.Integer(usage.cache_write_tokens);
  writer.Key("cache_creation");
  writer.BeginObject();
  writer.Key("ephemeral_1h_input_tokens");
  writer.Integer(usage.cache_write_long_tokens);
  writer.EndObject();
}

void WriteUsage(Writer& writer, const ChatUsage& usage) {
  writer.Key("usage");
  writer.BeginObject();
  writer.Key("prompt_tokens");
  writer.Integer(usage.prompt_tokens);
  writer.Key("completion_tokens");
  writer.Integer(usage.completion_tokens);
  writer.Key("total_tokens");
  writer.Integer(usage.prompt_tokens + usage.completion_tokens);
  writer.Key("prompt_tokens_details");
  writer.BeginObject();
  writer.Key("cached_tokens");
  writer.Integer(usage.cached_tokens);
  writer.EndObject();
  if (usage.reasoning_tokens) {
    writer.Key("completion_tokens_details");
    writer.BeginObject();
    writer.Key("reasoning_tokens");
    writer.Integer(*usage.reasoning_tokens);
    writer.EndObject();
  }
  if (usage.cache_read_tokens + usage.cache_write_tokens != 0) WriteCacheUsage(writer, usage);
  writer.EndObject();
}

// In LiteLLM's form, which chat_response.h reads.
void WriteReasoning(Writer& writer, std::string_view text, std::span<const ChatReasoning> blocks) {
  if (!text.empty()) {
    writer.Key("reasoning_content");
    writer.String(text);
  }
  const bool more = std::ranges::any_of(blocks, [](const ChatReasoning& block) {
    return !block.signature.empty() || !block.redacted.empty();
  });
  if (!more) return;
  writer.Key("thinking_blocks");
  writer.BeginArray();
  for (const ChatReasoning& block : blocks) WriteThinkingBlock(writer, block);
  writer.EndArray();
}

void WriteFunction(Writer& writer, std::string_view name, std::string_view arguments) {
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

void WriteMessage(Writer& writer, const ChatAnswer& answer) {
  writer.Key("message");
  writer.BeginObject();
  writer.Key("role");
  writer.String("assistant");
  writer.Key("content");
  if (answer.text.empty() && !answer.tool_calls.empty()) {
    writer.Null();
  } else {
    writer.String(answer.text);
  }
  if (!answer.cited.empty()) {
    writer.Key(kTextCitations);
    WriteCitedSpans(writer, answer.cited);
  }
  WriteReasoning(writer, answer.ReasoningText(), answer.reasoning);
  if (!answer.tool_calls.empty()) {
    writer.Key("tool_calls");
    writer.BeginArray();
    for (const ChatToolCall& call : answer.tool_calls) {
      writer.BeginObject();
      writer.Key("id");
      writer.String(call.id);
      writer.Key("type");
      writer.String("function");
      WriteFunction(writer, call.name, call.arguments);
      writer.EndObject();
    }
    writer.EndArray();
  }
  writer.EndObject();
}

void WriteCallDelta(Writer& writer, const ChatToolCallDelta& call) {
  writer.BeginObject();
  if (call.index) {
    writer.Key("index");
    writer.Integer(*call.index);
  }
  if (!call.id.empty()) {
    writer.Key("id");
    writer.String(call.id);
    writer.Key("type");
    writer.String("function");
  }
  WriteFunction(writer, call.name, call.arguments);
  writer.EndObject();
}

void WriteDelta(Writer& writer, const ChatChunk& chunk) {
  writer.Key("delta");
  writer.BeginObject();
  if (chunk.begins_text) {
    writer.Key(kBeginsText);
    writer.Boolean(true);
  }
  if (!chunk.text.empty()) {
    writer.Key("content");
    writer.String(chunk.text);
  }
  if (!chunk.citations.empty()) {
    writer.Key(kTextCitations);
    WriteCitations(writer, chunk.citations);
  }
  const ChatReasoning block{
      .text = chunk.reasoning, .signature = chunk.signature, .redacted = chunk.redacted};
  WriteReasoning(writer, chunk.reasoning, std::span(&block, 1));
  if (!chunk.tool_calls.empty()) {
    writer.Key("tool_calls");
    writer.BeginArray();
    for (const ChatToolCallDelta& call : chunk.tool_calls) WriteCallDelta(writer, call);
    writer.EndArray();
  }
  writer.EndObject();
}

}  // namespace

std::string WriteChatAnswer(const ChatAnswerHead& head, const ChatAnswer& answer) {
  std::string out;
  Writer writer(out);
  writer.BeginObject();
  WriteHead(writer, head, "chat.completion");
  writer.Key("choices");
  writer.BeginArray();
  writer.BeginObject();
  writer.Key("index");
  writer.Integer(0);
  WriteMessage(writer, answer);
  WriteFinish(writer, &answer.finish);
  writer.EndObject();
  writer.EndArray();
  WriteUsage(writer, answer.usage);
  writer.EndObject();
  return out;
}

void WriteChatChunk(const ChatAnswerHead& head, const ChatChunk& chunk, std::string& out) {
  out.clear();
  Writer writer(out);
  writer.BeginObject();
  if (chunk.error) {
    writer.Key("error");
    writer.BeginObject();
    writer.Key("message");
    writer.String(*chunk.error);
    writer.EndObject();
    writer.EndObject();
    return;
  }
  WriteHead(writer, head, "chat.completion.chunk");
  writer.Key("choices");
  writer.BeginArray();
  writer.BeginObject();
  writer.Key("index");
  writer.Integer(0);
  WriteDelta(writer, chunk);
  WriteFinish(writer, chunk.finish ? &*chunk.finish : nullptr);
  writer.EndObject();
  writer.EndArray();
  if (chunk.usage) WriteUsage(writer, *chunk.usage);
  writer.EndObject();
}

}  // namespace bedplate::models
