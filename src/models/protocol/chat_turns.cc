#include "models/protocol/chat_turns.h"

#include <algorithm>
#include <optional>

#include "base/base64.h"
#include "models/cache_points.h"
#include "models/citations/citation_json.h"

namespace bedplate::models {
namespace {

std::string_view RoleText(ChatRole role) {
  switch (role) {
    case ChatRole::kSystem:
      return "system";
    case ChatRole::kUser:
      return "user";
    case ChatRole::kAssistant:
      return "assistant";
    case ChatRole::kTool:
      return "tool";
  }
  return "user";
}

void WriteImage(json::Writer& writer, const ChatImage& image) {
  // Nothing in a media type or in base64 needs an escape.
  std::string url;
  url.reserve(image.bytes.size() * 4 / 3 + 32);
  url += "\"data:";
  url += image.media_type;
  url += ";base64,";
  AppendBase64(url, image.bytes);
  url += '"';
  writer.Key("type");
  writer.String("image_url");
  writer.Key("image_url");
  writer.BeginObject();
  writer.Key("url");
  writer.Raw(url);
  writer.EndObject();
}

void WriteText(json::Writer& writer, std::string_view text) {
  writer.Key("type");
  writer.String("text");
  writer.Key("text");
  writer.String(text);
}

void WritePart(json::Writer& writer, const ChatPart& part) {
  if (const auto* image = std::get_if<ChatImage>(&part)) {
    WriteImage(writer, *image);
  } else if (const auto* source = std::get_if<ChatSource>(&part)) {
    WriteSourceMembers(writer, *source);
    if (source->order != 0) {
      writer.Key(kSourceOrder);
      writer.Integer(source->order);
    }
  } else if (const auto* cited = std::get_if<ChatCitedText>(&part)) {
    WriteText(writer, cited->text);
    writer.Key("citations");
    WriteCitations(writer, cited->citations);
  } else {
    WriteText(writer, std::get<std::string>(part));
  }
}

void WriteParts(json::Writer& writer, const ChatTurn& turn) {
  auto point = turn.cache_points.begin();
  writer.BeginArray();
  if (turn.tool_failed) {
    writer.BeginObject();
    WriteText(writer, kToolFailed);
    writer.EndObject();
  }
  for (size_t i = 0; i < turn.parts.size(); ++i) {
    writer.BeginObject();
    WritePart(writer, turn.parts[i]);
    std::optional<CacheTtl> ttl;  // the longest of those that stand here
    for (; point != turn.cache_points.end() && point->at <= i + 1; ++point) {
      if (point->at == i + 1) ttl = std::max(ttl.value_or(point->ttl), point->ttl);
    }
    if (ttl) WriteCacheControl(writer, *ttl);
    writer.EndObject();
  }
  writer.EndArray();
}

// A text with cache points in it is a list of parts, which a chat template joins with line ends
// again.
void WriteMarkedText(json::Writer& writer, const ChatTurn& turn) {
  const std::string text =
      (turn.tool_failed ? std::string(kToolFailed) : std::string()) + turn.text;
  writer.BeginArray();
  for (const MarkedText& piece : CutAtCachePoints(text, turn, text.size() - turn.text.size())) {
    writer.BeginObject();
    WriteText(writer, piece.text);
    if (piece.point) WriteCacheControl(writer, *piece.point);
    writer.EndObject();
  }
  writer.EndArray();
}

void WriteContent(json::Writer& writer, const ChatTurn& turn) {
  writer.Key("content");
  if (!turn.parts.empty()) {
    WriteParts(writer, turn);
  } else if (!turn.cache_points.empty() && !turn.text.empty()) {
    WriteMarkedText(writer, turn);
  } else if (turn.text.empty() && !turn.tool_calls.empty()) {
    writer.Null();
  } else if (turn.tool_failed) {
    writer.String(std::string(kToolFailed) + turn.text);
  } else {
    writer.String(turn.text);
  }
}

bool IsSealed(const ChatReasoning& block) {
  return !block.signature.empty() || !block.redacted.empty();
}

// What DeepSeek, vLLM and llama.cpp read back of a model's thoughts; a signature is handed back in
// LiteLLM's form, the only one there is in this protocol.
void WriteReasoning(json::Writer& writer, const std::vector<ChatReasoning>& reasoning) {
  std::string text;
  bool any_sealed = false;
  for (const ChatReasoning& block : reasoning) {
    if (!text.empty() && !block.text.empty()) text += '\n';
    text += block.text;
    any_sealed |= IsSealed(block);
  }
  writer.Key("reasoning_content");
  writer.String(text);
  if (!any_sealed) return;
  writer.Key("thinking_blocks");
  writer.BeginArray();
  for (const ChatReasoning& block : reasoning) {
    if (IsSealed(block)) WriteThinkingBlock(writer, block);
  }
  writer.EndArray();
}

void WriteToolCalls(json::Writer& writer, const std::vector<ChatToolCall>& calls) {
  writer.Key("tool_calls");
  writer.BeginArray();
  for (const ChatToolCall& call : calls) {
    writer.BeginObject();
    writer.Key("id");
    writer.String(call.id);
    writer.Key("type");
    writer.String("function");
    writer.Key("function");
    writer.BeginObject();
    writer.Key("name");
    writer.String(call.name);
    writer.Key("arguments");
    writer.String(call.arguments);
    writer.EndObject();
    writer.EndObject();
  }
  writer.EndArray();
}

}  // namespace

void WriteThinkingBlock(json::Writer& writer, const ChatReasoning& block) {
  writer.BeginObject();
  writer.Key("type");
  if (!block.redacted.empty()) {
    writer.String("redacted_thinking");
    writer.Key("data");
    writer.String(block.redacted);
  } else {
    writer.String("thinking");
    writer.Key("thinking");
    writer.String(block.text);
    writer.Key("signature");
    writer.String(block.signature);
  }
  writer.EndObject();
}

// spec: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching
void WriteCacheControl(json::Writer& writer, CacheTtl ttl) {
  writer.Key("cache_control");
  writer.BeginObject();
  writer.Key("type");
  writer.String("ephemeral");
  writer.Key("ttl");
  writer.String(ttl == CacheTtl::kOneHour ? "1h" : "5m");
  writer.EndObject();
}

void WriteTurns(json::Writer& writer, const std::vector<ChatTurn>& turns) {
  writer.BeginArray();
  for (const ChatTurn& turn : turns) {
    writer.BeginObject();
    writer.Key("role");
    writer.String(RoleText(turn.role));
    if (!turn.reasoning.empty()) WriteReasoning(writer, turn.reasoning);
    WriteContent(writer, turn);
    if (!turn.tool_calls.empty()) WriteToolCalls(writer, turn.tool_calls);
    if (turn.role == ChatRole::kTool) {
      writer.Key("tool_call_id");
      writer.String(turn.tool_call_id);
    }
    writer.EndObject();
  }
  writer.EndArray();
}

}  // namespace bedplate::models
