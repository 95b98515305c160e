#include "models/formats/anthropic_content.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

#include "models/formats/anthropic_sources.h"
#include "models/formats/cache_marks.h"
#include "models/formats/image_source.h"
#include "models/formats/members.h"
#include "models/formats/turn_builder.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kMediaTypePrefix = "image/";

const std::string* ReadTextBlock(Members& block) {
  TakeNoCitations(block);
  return block.NeedNonEmptyText("text");
}

std::optional<ChatImage> ReadImage(Members& block) {
  const json::Value* source = block.NeedObject("source");
  if (source == nullptr) return std::nullopt;
  Members members(*source, block.PointerOf("source"), block.malformed());
  const std::string* type = members.NeedText("type");
  if (type != nullptr && *type != "base64") {
    members.NotInEnum("type", *type);
    return std::nullopt;  // its other members are another's
  }
  const std::string* media_type = members.NeedText("media_type");
  std::optional<std::string> format;
  if (media_type != nullptr && media_type->starts_with(kMediaTypePrefix) &&
      IsImageFormat(media_type->substr(kMediaTypePrefix.size()))) {
    format = media_type->substr(kMediaTypePrefix.size());
  } else if (media_type != nullptr) {
    members.NotInEnum("media_type", *media_type);
  }
  auto image = ReadImageBytes(members, "data", format ? &*format : nullptr);
  members.Finish();
  return image;
}

bool IsSource(std::string_view type) { return type == "document" || type == "search_result"; }

std::optional<ChatSource> ReadSource(Members& block, std::string_view type) {
  return type == "document" ? ReadAnthropicDocument(block) : ReadAnthropicSearchResult(block);
}

// A text of the assistant's may say what it cites.
void ReadAnswerText(Members& block, TurnBuilder& turn) {
  std::vector<ChatCitation> citations = ReadAnthropicCitations(block);
  const std::string* text = block.NeedNonEmptyText("text");
  if (text == nullptr) return;
  if (citations.empty()) {
    turn.AddText(*text);
  } else {
    turn.AddCitedText({.text = *text, .citations = std::move(citations)});
  }
}

void ReadResultContent(Members& block, ToolResult& result) {
  const json::Value* content = block.Any("content");
  if (content == nullptr) return;
  const std::string pointer = block.PointerOf("content");
  if (const std::string* text = content->AsString()) {
    result.content.emplace_back(*text);
    return;
  }
  const json::Value::Array* parts = content->AsArray();
  if (parts == nullptr) return block.malformed().WrongType(pointer, "String", *content);
  for (size_t i = 0; i < parts->size(); ++i) {
    Members part((*parts)[i], fmt::format("{}/{}", pointer, i), block.malformed());
    const std::string* type = part.NeedText("type");
    if (type == nullptr) continue;
    if (*type == "text") {
      if (const std::string* text = ReadTextBlock(part)) result.content.emplace_back(*text);
    } else if (*type == "image") {
      if (auto image = ReadImage(part)) result.content.emplace_back(std::move(*image));
    } else if (IsSource(*type)) {
      if (auto source = ReadSource(part, *type)) result.content.emplace_back(std::move(*source));
    } else {
      part.NotInEnum("type", *type);
      continue;
    }
    if (const auto ttl = TakeCacheControl(part)) result.cache_point = ttl;
    part.Finish();
  }
}

void ReadResult(Members& block, TurnBuilder& turn) {
  ToolResult result;
  if (const std::string* id = block.NeedNonEmptyText("tool_use_id")) result.call_id = *id;
  result.failed = block.Boolean("is_error").value_or(false);
  ReadResultContent(block, result);
  turn.AddResult(std::move(result));
}

// Who calls a tool: the model itself, unless a program of its own does that only Anthropic's server
// runs.
void TakeCaller(Members& block) {
  const json::Value* object = block.Object("caller");
  if (object == nullptr) return;
  Members caller(*object, block.PointerOf("caller"), block.malformed());
  const std::string* type = caller.NeedText("type");
  if (type != nullptr && *type != "direct") return caller.NotInEnum("type", *type);
  caller.Finish();
}

void ReadCall(Members& block, TurnBuilder& turn) {
  TakeCaller(block);
  const std::string* id = block.NeedNonEmptyText("id");
  const std::string* name = block.NeedNonEmptyText("name");
  const json::Value* input = block.NeedObject("input");
  if (id == nullptr || name == nullptr || input == nullptr) return;
  turn.AddCall({.id = *id, .name = *name, .arguments = input->ToJson()});
}

void ReadThinking(Members& block, TurnBuilder& turn) {
  const std::string* text = block.NeedText("thinking");
  const std::string* signature = block.Text("signature");
  if (text == nullptr) return;
  // An answer without its thoughts' text (`display` omitted) has nothing here to hand back.
  if (text->empty() && (signature == nullptr || signature->empty())) return;
  turn.AddReasoning({.text = *text, .signature = signature == nullptr ? "" : *signature});
}

// One block of a message, by its type and whose message it is.
void ReadBlock(Members& block, ChatRole role, TurnBuilder& turn) {
  const std::string* type = block.NeedText("type");
  if (type == nullptr) return;
  const bool user = role == ChatRole::kUser;
  if (*type == "text" && !user) {
    ReadAnswerText(block, turn);
  } else if (*type == "text") {
    if (const std::string* text = ReadTextBlock(block)) turn.AddText(*text);
  } else if (*type == "image" && user) {
    if (auto image = ReadImage(block)) turn.AddImage(std::move(*image));
  } else if (IsSource(*type) && user) {
    if (auto source = ReadSource(block, *type)) turn.AddSource(std::move(*source));
  } else if (*type == "tool_result" && user) {
    ReadResult(block, turn);
  } else if (*type == "tool_use" && !user) {
    ReadCall(block, turn);
  } else if (*type == "thinking" && !user) {
    ReadThinking(block, turn);
    return block.Finish();  // such a block can't be marked itself
  } else if (*type == "redacted_thinking" && !user) {
    if (const std::string* data = block.NeedNonEmptyText("data")) {
      turn.AddReasoning({.text = {}, .signature = {}, .redacted = *data});
    }
    return block.Finish();
  } else {
    return block.NotInEnum("type", *type);
  }
  const auto cache_point = TakeCacheControl(block);
  if (cache_point) turn.AddCachePoint(*cache_point);
  block.Finish();
}

}  // namespace

void ReadAnthropicMessage(const json::Value& message, const std::string& pointer,
                          std::vector<ChatTurn>& turns, MalformedInput& malformed) {
  Members members(message, pointer, malformed);
  const std::string* role_name = members.NeedText("role");
  const bool assistant = role_name != nullptr && *role_name == "assistant";
  if (role_name != nullptr && !assistant && *role_name != "user") {
    members.NotInEnum("role", *role_name);
  }
  const ChatRole role = assistant ? ChatRole::kAssistant : ChatRole::kUser;
  TurnBuilder turn(turns, role);
  const json::Value* content = members.Any("content");
  const std::string place = pointer + "/content";
  if (content == nullptr) {
    if (message.is_object()) members.Missing("content");
  } else if (const std::string* text = content->AsString()) {
    if (text->empty()) malformed.Add(place, "expected minLength: 1, actual: 0");
    turn.AddText(*text);
  } else if (const json::Value::Array* blocks = content->AsArray()) {
    if (blocks->empty()) malformed.Add(place, "expected minimum item count: 1, found: 0");
    for (size_t i = 0; i < blocks->size(); ++i) {
      Members block((*blocks)[i], fmt::format("{}/{}", place, i), malformed);
      ReadBlock(block, role, turn);
    }
  } else {
    malformed.WrongType(place, "JSONArray", *content);
  }
  turn.Finish();
  members.Finish();
}

ChatTurn ReadAnthropicSystem(const json::Value& system, MalformedInput& malformed) {
  ChatTurn all{.role = ChatRole::kSystem};
  if (const std::string* text = system.AsString()) {
    all.text = *text;
    return all;
  }
  const json::Value::Array* blocks = system.AsArray();
  if (blocks == nullptr) {
    malformed.WrongType("/system", "String", system);
    return all;
  }
  for (size_t i = 0; i < blocks->size(); ++i) {
    Members block((*blocks)[i], fmt::format("/system/{}", i), malformed);
    const std::string* type = block.NeedText("type");
    if (type == nullptr) continue;
    if (*type != "text") {
      block.NotInEnum("type", *type);
      continue;
    }
    if (const std::string* text = ReadTextBlock(block)) AppendLine(all.text, *text);
    if (const auto ttl = TakeCacheControl(block)) {
      all.cache_points.push_back({.at = all.text.size(), .ttl = *ttl});
    }
    block.Finish();
  }
  return all;
}

}  // namespace bedplate::models
