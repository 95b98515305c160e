#include "models/formats/nova_content.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

#include "models/formats/cache_marks.h"
#include "models/formats/image_source.h"
#include "models/formats/members.h"
#include "models/formats/turn_builder.h"

namespace bedplate::models {
namespace {

std::optional<ChatImage> ReadImage(Members& block) {
  const json::Value* object = block.NeedObject("image");
  if (object == nullptr) return std::nullopt;
  Members image(*object, block.PointerOf("image"), block.malformed());
  const std::string* format = image.NeedText("format");
  if (format != nullptr && !IsImageFormat(*format)) {
    image.NotInEnum("format", *format);
    format = nullptr;
  }
  std::optional<ChatImage> read;
  if (const json::Value* source = image.NeedObject("source")) {
    Members members(*source, image.PointerOf("source"), block.malformed());
    read = ReadImageBytes(members, "bytes", format);
    members.Finish();
  }
  image.Finish();
  return read;
}

void ReadResultPart(Members& part, ToolResult& result) {
  if (part.Has("json")) {
    if (const json::Value* object = part.NeedObject("json")) {
      result.content.emplace_back(object->ToJson());
    }
  } else if (part.Has("image")) {
    if (auto image = ReadImage(part)) result.content.emplace_back(std::move(*image));
  } else if (const std::string* text = part.NeedText("text")) {
    result.content.emplace_back(*text);
  }
  part.Finish();
}

void ReadResult(Members& block, TurnBuilder& turn) {
  const json::Value* object = block.NeedObject("toolResult");
  if (object == nullptr) return;
  Members members(*object, block.PointerOf("toolResult"), block.malformed());
  ToolResult result;
  if (const std::string* id = members.NeedNonEmptyText("toolUseId")) result.call_id = *id;
  if (const json::Value::Array* parts = members.NeedArray("content")) {
    for (size_t i = 0; i < parts->size(); ++i) {
      Members part((*parts)[i], fmt::format("{}/{}", members.PointerOf("content"), i),
                   block.malformed());
      ReadResultPart(part, result);
    }
  }
  if (const std::string* status = members.Text("status")) {
    result.failed = *status == "error";
    if (!result.failed && *status != "success") members.NotInEnum("status", *status);
  }
  members.Finish();
  turn.AddResult(std::move(result));
}

void ReadCall(Members& block, TurnBuilder& turn) {
  const json::Value* object = block.NeedObject("toolUse");
  if (object == nullptr) return;
  Members members(*object, block.PointerOf("toolUse"), block.malformed());
  const std::string* id = members.NeedNonEmptyText("toolUseId");
  const std::string* name = members.NeedNonEmptyText("name");
  const json::Value* input = members.NeedObject("input");
  members.Finish();
  if (id == nullptr || name == nullptr || input == nullptr) return;
  turn.AddCall({.id = *id, .name = *name, .arguments = input->ToJson()});
}

void ReadReasoning(Members& block, TurnBuilder& turn) {
  const json::Value* content = block.NeedObject("reasoningContent");
  if (content == nullptr) return;
  Members outer(*content, block.PointerOf("reasoningContent"), block.malformed());
  if (const json::Value* object = outer.NeedObject("reasoningText")) {
    Members members(*object, outer.PointerOf("reasoningText"), block.malformed());
    const std::string* text = members.NeedText("text");
    const std::string* signature = members.Text("signature");
    if (text != nullptr) {
      turn.AddReasoning({.text = *text, .signature = signature == nullptr ? "" : *signature});
    }
    members.Finish();
  }
  outer.Finish();
}

// A block has one member, which says what it is.
void ReadBlock(Members& block, ChatRole role, TurnBuilder& turn) {
  const bool user = role == ChatRole::kUser;
  if (block.Has("image") && user) {
    if (auto image = ReadImage(block)) turn.AddImage(std::move(*image));
  } else if (block.Has("toolResult") && user) {
    ReadResult(block, turn);
  } else if (block.Has("toolUse") && !user) {
    ReadCall(block, turn);
  } else if (block.Has("reasoningContent") && !user) {
    ReadReasoning(block, turn);
  } else if (block.Has("cachePoint")) {
    if (const auto ttl = TakeCachePoint(block)) turn.AddCachePoint(*ttl);
  } else if (const std::string* text = block.NeedNonEmptyText("text")) {
    turn.AddText(*text);
  }
  block.Finish();
}

}  // namespace

void ReadNovaMessage(const json::Value& message, const std::string& pointer,
                     std::vector<ChatTurn>& turns, MalformedInput& malformed) {
  Members members(message, pointer, malformed);
  const std::string* role_name = members.NeedText("role");
  const bool assistant = role_name != nullptr && *role_name == "assistant";
  if (role_name != nullptr && !assistant && *role_name != "user") {
    members.NotInEnum("role", *role_name);
  }
  const ChatRole role = assistant ? ChatRole::kAssistant : ChatRole::kUser;
  TurnBuilder turn(turns, role);
  if (const json::Value::Array* blocks = members.NeedArray("content")) {
    if (blocks->empty()) {
      malformed.Add(pointer + "/content", "expected minimum item count: 1, found: 0");
    }
    for (size_t i = 0; i < blocks->size(); ++i) {
      Members block((*blocks)[i], fmt::format("{}/content/{}", pointer, i), malformed);
      ReadBlock(block, role, turn);
    }
  }
  turn.Finish();
  members.Finish();
}

ChatTurn ReadNovaSystem(const json::Value::Array& system, MalformedInput& malformed) {
  ChatTurn all{.role = ChatRole::kSystem};
  for (size_t i = 0; i < system.size(); ++i) {
    Members block(system[i], fmt::format("/system/{}", i), malformed);
    if (block.Has("cachePoint")) {
      if (const auto ttl = TakeCachePoint(block)) {
        all.cache_points.push_back({.at = all.text.size(), .ttl = *ttl});
      }
    } else if (const std::string* text = block.NeedNonEmptyText("text")) {
      AppendLine(all.text, *text);
    }
    block.Finish();
  }
  return all;
}

}  // namespace bedplate::models
