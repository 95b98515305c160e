#include "models/formats/openai_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "models/formats/image_source.h"
#include "models/formats/turn_builder.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kUrlBegin = "data:image/";
constexpr std::string_view kUrlMiddle = ";base64,";

std::optional<ChatImage> ImageOfUrl(std::string_view url) {
  const size_t middle = url.find(kUrlMiddle);
  if (!url.starts_with(kUrlBegin) || middle == url.npos) return std::nullopt;
  const std::string format(url.substr(kUrlBegin.size(), middle - kUrlBegin.size()));
  ChatImage image{.media_type = "image/" + format};
  if (!IsImageFormat(format) ||
      !AppendFromBase64(image.bytes, url.substr(middle + kUrlMiddle.size())) ||
      image.bytes.empty()) {
    return std::nullopt;
  }
  return image;
}

void ReadImage(Members& part, TurnBuilder& turn) {
  const json::Value* member = part.Any("image_url");
  const std::string* url = nullptr;
  if (member == nullptr) {
    part.Missing("image_url");
  } else if (member->is_string()) {
    url = part.NeedText("image_url");
  } else {
    Members object(*member, part.PointerOf("image_url"), part.malformed());
    url = object.NeedText("url");
    object.Text("detail");  // how closely to look, which is the model's own affair
    object.Finish();
  }
  if (url == nullptr) return;
  if (auto image = ImageOfUrl(*url)) return turn.AddImage(std::move(*image));
  part.malformed().Add(part.PointerOf("image_url"),
                       "the value is not a data URL with base64 of a PNG, JPEG, GIF or WebP image");
}

void ReadPart(Members& part, ChatRole role, TurnBuilder& turn) {
  const std::string* type = part.NeedText("type");
  if (type == nullptr) return;
  if (*type == "text") {
    if (const std::string* text = part.NeedText("text")) turn.AddText(*text);
  } else if (*type == "image_url" && role == ChatRole::kUser) {
    ReadImage(part, turn);
  } else {
    return part.NotInEnum("type", *type);
  }
  part.Finish();
}

// Null is no content.
void ReadContent(Members& message, ChatRole role, TurnBuilder& turn) {
  const json::Value* content = message.Any("content");
  if (content == nullptr || content->is_null()) return;
  const std::string pointer = message.PointerOf("content");
  if (const std::string* text = content->AsString()) {
    turn.AddText(*text);
  } else if (const json::Value::Array* parts = content->AsArray()) {
    for (size_t i = 0; i < parts->size(); ++i) {
      Members part((*parts)[i], fmt::format("{}/{}", pointer, i), message.malformed());
      ReadPart(part, role, turn);
    }
  } else if (content->is_object()) {
    Members object(*content, pointer, message.malformed());
    if (const std::string* text = object.NeedText("text")) turn.AddText(*text);
    object.Finish();
  } else {
    message.malformed().WrongType(pointer, "String", *content);
  }
}

// Arguments are JSON in a text; some clients hand back the object.
void ReadFunction(Members& call, const std::string& id, TurnBuilder& turn) {
  const json::Value* object = call.NeedObject("function");
  if (object == nullptr) return;
  Members function(*object, call.PointerOf("function"), call.malformed());
  const std::string* name = function.NeedNonEmptyText("name");
  const json::Value* arguments = function.Any("arguments");
  ChatToolCall read{.id = id, .name = name == nullptr ? "" : *name};
  if (arguments == nullptr) {
    function.Missing("arguments");
  } else if (arguments->is_object()) {
    read.arguments = arguments->ToJson();
  } else if (const std::string* text = function.NeedText("arguments")) {
    read.arguments = *text;
  }
  function.Finish();
  turn.AddCall(std::move(read));
}

void ReadCalls(Members& message, TurnBuilder& turn) {
  const json::Value* member = message.Any("tool_calls");
  if (member == nullptr || member->is_null()) return;
  const json::Value::Array* calls = message.Array("tool_calls");
  if (calls == nullptr) return;
  for (size_t i = 0; i < calls->size(); ++i) {
    Members call((*calls)[i], fmt::format("{}/{}", message.PointerOf("tool_calls"), i),
                 message.malformed());
    const std::string* id = call.NeedNonEmptyText("id");
    const std::string* type = call.Text("type");
    if (type != nullptr && *type != "function") call.NotInEnum("type", *type);
    call.Any("index");  // which clients keep of a stream
    ReadFunction(call, id == nullptr ? "" : *id, turn);
    call.Finish();
  }
}

std::optional<ChatRole> RoleOf(Members& message) {
  const std::string* name = message.NeedText("role");
  if (name == nullptr) return std::nullopt;
  if (*name == "system") return ChatRole::kSystem;
  if (*name == "user") return ChatRole::kUser;
  if (*name == "assistant") return ChatRole::kAssistant;
  if (*name == "tool") return ChatRole::kTool;
  message.NotInEnum("role", *name);
  return std::nullopt;
}

}  // namespace

void ReadOpenAiMessage(const json::Value& message, const std::string& pointer,
                       std::vector<ChatTurn>& turns, MalformedInput& malformed) {
  Members members(message, pointer, malformed);
  const auto role = RoleOf(members);
  if (!role) return;
  const size_t turns_before = turns.size();
  TurnBuilder turn(turns, *role);
  const bool assistant = *role == ChatRole::kAssistant;
  if (!assistant && !members.Has("content")) members.Missing("content");
  ReadContent(members, *role, turn);
  if (assistant) {
    if (const std::string* reasoning = members.Text("reasoning_content")) {
      turn.AddReasoning({.text = *reasoning});
    }
    ReadCalls(members, turn);
  }
  const std::string* call_id = nullptr;
  if (*role == ChatRole::kTool) {
    call_id = members.NeedNonEmptyText("tool_call_id");
    members.Text("name");  // the call has it
  }
  members.Finish();
  turn.Finish();
  if (*role == ChatRole::kTool) {
    // A tool may have nothing to say.
    if (turns.size() == turns_before) turns.push_back({.role = ChatRole::kTool});
    if (call_id != nullptr) turns.back().tool_call_id = *call_id;
  } else if (turns.size() == turns_before && !assistant) {
    malformed.Add(pointer + "/content", "expected minLength: 1, actual: 0");
  }
}

void ReadOpenAiTools(Members& body, ChatRequest& request) {
  const json::Value::Array* tools = body.Array("tools");
  if (tools == nullptr) return;
  for (size_t i = 0; i < tools->size(); ++i) {
    Members tool((*tools)[i], fmt::format("/tools/{}", i), body.malformed());
    const std::string* type = tool.NeedText("type");
    if (type != nullptr && *type != "function") {
      tool.NotInEnum("type", *type);
      continue;
    }
    const json::Value* object = tool.NeedObject("function");
    tool.Finish();
    if (object == nullptr) continue;
    Members function(*object, tool.PointerOf("function"), body.malformed());
    ChatTool& read = request.tools.emplace_back();
    if (const std::string* name = function.NeedNonEmptyText("name")) read.name = *name;
    if (const std::string* text = function.Text("description")) read.description = *text;
    const json::Value* schema = function.Object("parameters");
    read.schema = schema == nullptr ? std::string(kNoParameters) : schema->ToJson();
    read.strict = function.Boolean("strict").value_or(false);
    function.Finish();
  }
}

void ReadOpenAiToolChoice(Members& body, ChatRequest& request) {
  const json::Value* member = body.Any("tool_choice");
  if (member == nullptr) return;
  using enum ChatToolChoice::Kind;
  if (member->is_object()) {
    Members choice(*member, "/tool_choice", body.malformed());
    const std::string* type = choice.NeedText("type");
    if (type != nullptr && *type != "function") choice.NotInEnum("type", *type);
    if (const json::Value* object = choice.NeedObject("function")) {
      Members function(*object, "/tool_choice/function", body.malformed());
      request.tool_choice.kind = kNamed;
      if (const std::string* name = function.NeedText("name")) {
        request.tool_choice.name = *name;
        if (std::ranges::find(request.tools, *name, &ChatTool::name) == request.tools.end()) {
          function.NotInEnum("name", *name);
        }
      }
      function.Finish();
    }
    return choice.Finish();
  }
  const std::string* choice = body.NeedText("tool_choice");
  if (choice == nullptr) return;
  if (*choice == "auto") {
    request.tool_choice.kind = kAuto;
  } else if (*choice == "any" || *choice == "required") {
    request.tool_choice.kind = kAny;
  } else if (*choice == "none") {
    request.tool_choice.kind = kNone;
  } else {
    body.NotInEnum("tool_choice", *choice);
  }
  if (request.tools.empty() && request.tool_choice.kind == kAny) {
    body.malformed().MissingKey("", "tools");
  }
}

void ReadOpenAiResponseFormat(Members& body, ChatRequest& request) {
  const json::Value* object = body.Object("response_format");
  if (object == nullptr) return;
  Members format(*object, "/response_format", body.malformed());
  const std::string* type = format.NeedText("type");
  if (type == nullptr) return;
  if (*type == "json_schema") {
    const json::Value* holder = format.NeedObject("json_schema");
    if (holder == nullptr) return format.Finish();
    Members schema(*holder, "/response_format/json_schema", body.malformed());
    ChatOutputSchema& read = request.output_schema.emplace();
    if (const std::string* name = schema.Text("name")) read.name = *name;
    if (const std::string* text = schema.Text("description")) read.description = *text;
    if (const json::Value* value = schema.NeedObject("schema")) read.schema = value->ToJson();
    schema.Boolean("strict");  // an answer that keeps to it is what either asks for
    schema.Finish();
  } else if (*type == "json_object") {
    request.extra_members.emplace_back("response_format", R"({"type":"json_object"})");
  } else if (*type != "text") {
    return format.NotInEnum("type", *type);
  }
  format.Finish();
}

}  // namespace bedplate::models
