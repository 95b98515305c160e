#include "models/formats/responses_writer.h"

namespace bedplate::models {
namespace {

std::string_view IdPrefix(BlockKind kind) {
  switch (kind) {
    case BlockKind::kReasoning:
      return "rs_";
    case BlockKind::kText:
      return "msg_";
    case BlockKind::kToolCall:
      return "fc_";
  }
  return {};
}

void WriteMember(json::Writer& writer, std::string_view key, std::string_view text) {
  writer.Key(key);
  writer.String(text);
}

void WriteContent(json::Writer& writer, const ResponseItem& item, bool begun) {
  writer.Key("content");
  writer.BeginArray();
  if (!begun) WriteResponsePart(writer, item);
  writer.EndArray();
}

void WriteUsage(json::Writer& writer, const ChatUsage& usage) {
  writer.BeginObject();
  writer.Key("input_tokens");
  writer.Integer(usage.prompt_tokens);
  writer.Key("input_tokens_details");
  writer.BeginObject();
  writer.Key("cached_tokens");
  writer.Integer(usage.cached_tokens);
  writer.EndObject();
  writer.Key("output_tokens");
  writer.Integer(usage.completion_tokens);
  writer.Key("output_tokens_details");
  writer.BeginObject();
  // Clients demand a number: 0 where the model's server did not count thoughts apart.
  writer.Key("reasoning_tokens");
  writer.Integer(usage.reasoning_tokens.value_or(0));
  writer.EndObject();
  writer.Key("total_tokens");
  writer.Integer(usage.prompt_tokens + usage.completion_tokens);
  writer.EndObject();
}

}  // namespace

ResponseItem NewResponseItem(BlockKind kind) {
  return {.kind = kind, .id = NewCallId(IdPrefix(kind))};
}

void WriteResponsePart(json::Writer& writer, const ResponseItem& item) {
  writer.BeginObject();
  if (item.kind == BlockKind::kReasoning) {
    WriteMember(writer, "type", "reasoning_text");
    WriteMember(writer, "text", item.text);
  } else {
    WriteMember(writer, "type", "output_text");
    WriteMember(writer, "text", item.text);
    writer.Key("annotations");
    writer.Raw("[]");
    writer.Key("logprobs");
    writer.Raw("[]");
  }
  writer.EndObject();
}

void WriteResponseItem(json::Writer& writer, const ResponseItem& item, std::string_view status) {
  const bool begun = status == "in_progress";
  writer.BeginObject();
  switch (item.kind) {
    case BlockKind::kReasoning:
      WriteMember(writer, "type", "reasoning");
      writer.Key("summary");
      writer.Raw("[]");
      WriteContent(writer, item, begun);
      if (!item.signature.empty()) WriteMember(writer, "encrypted_content", item.signature);
      break;
    case BlockKind::kText:
      WriteMember(writer, "type", "message");
      WriteMember(writer, "role", "assistant");
      WriteContent(writer, item, begun);
      break;
    case BlockKind::kToolCall:
      WriteMember(writer, "type", "function_call");
      WriteMember(writer, "call_id", item.call_id);
      WriteMember(writer, "name", item.call_name);
      WriteMember(writer, "arguments", item.text);
      break;
  }
  WriteMember(writer, "id", item.id);
  WriteMember(writer, "status", status);
  writer.EndObject();
}

std::string_view ResponseStatus(const ChatFinish& finish) {
  const bool cut =
      finish.reason == FinishReason::kLength || finish.reason == FinishReason::kContentFilter;
  return cut ? "incomplete" : "completed";
}

void WriteResponse(json::Writer& writer, const ResponseHead& head,
                   std::span<const std::string> items, const std::optional<ResponseEnd>& end) {
  writer.BeginObject();
  WriteMember(writer, "id", head.id);
  WriteMember(writer, "object", "response");
  writer.Key("created_at");
  writer.Integer(head.created_at_s);
  const std::string_view status = end ? ResponseStatus(end->finish) : "in_progress";
  WriteMember(writer, "status", status);
  writer.Key("error");
  writer.Null();
  writer.Key("incomplete_details");
  if (status == "incomplete") {
    writer.BeginObject();
    WriteMember(
        writer, "reason",
        end->finish.reason == FinishReason::kLength ? "max_output_tokens" : "content_filter");
    writer.EndObject();
  } else {
    writer.Null();
  }
  WriteMember(writer, "model", head.model);
  writer.Key("output");
  writer.BeginArray();
  for (const std::string& item : items) writer.Raw(item);
  writer.EndArray();
  for (const auto& [name, value] : head.echo) {
    writer.Key(name);
    if (name == "service_tier" && end && !end->service_tier.empty()) {
      writer.String(end->service_tier);
    } else {
      writer.Raw(value);
    }
  }
  writer.Key("usage");
  end ? WriteUsage(writer, end->usage) : writer.Null();
  writer.EndObject();
}

}  // namespace bedplate::models
