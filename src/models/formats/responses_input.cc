#include "models/formats/responses_input.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "models/formats/image_source.h"
#include "models/formats/members.h"
#include "models/formats/turn_builder.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kImageUrl = "data:image/";
constexpr std::string_view kBase64 = ";base64,";

// The file behind a data URL. An address on the network is not fetched.
std::optional<ChatImage> ReadImageUrl(Members& part) {
  const std::string* url = part.NeedText("image_url");
  part.Text("detail");
  if (url == nullptr) return std::nullopt;
  const size_t data = url->find(kBase64);
  ChatImage image;
  if (url->starts_with(kImageUrl) && data != url->npos) {
    const std::string format = url->substr(kImageUrl.size(), data - kImageUrl.size());
    image.media_type = "image/" + format;
    if (IsImageFormat(format) &&
        AppendFromBase64(image.bytes, std::string_view(*url).substr(data + kBase64.size()))) {
      return image;
    }
  }
  part.malformed().Add(part.PointerOf("image_url"),
                       "expected a data URL of a png, jpeg, gif or webp image in base64");
  return std::nullopt;
}

class InputReader {
 public:
  InputReader(std::vector<ChatTurn>& turns, MalformedInput& malformed)
      : turns_(turns), malformed_(malformed) {}

  void ReadItem(const json::Value& value, const std::string& pointer) {
    Members item(value, pointer, malformed_);
    if (!value.is_object()) return;
    item.Text("id");
    item.Text("status");
    const std::string* type = item.Text("type");
    if (type == nullptr || *type == "message") {
      ReadMessage(item);
    } else if (*type == "function_call") {
      ReadCall(item);
    } else if (*type == "function_call_output") {
      ReadResult(item);
    } else if (*type == "reasoning") {
      ReadReasoning(item);
    } else {
      return item.NotInEnum("type", *type);  // its other members are another's
    }
    item.Finish();
  }

 private:
  // The assistant's turn that goes on: his thoughts, words and calls are one turn.
  ChatTurn& AssistantTurn(bool for_text) {
    const bool goes_on =
        !turns_.empty() && turns_.back().role == ChatRole::kAssistant &&
        (!for_text || (turns_.back().text.empty() && turns_.back().tool_calls.empty()));
    if (!goes_on) turns_.push_back({.role = ChatRole::kAssistant});
    return turns_.back();
  }

  void ReadMessage(Members& item) {
    const std::string* role = item.NeedText("role");
    item.Text("phase");
    const json::Value* content = item.Any("content");
    if (content == nullptr) item.Missing("content");
    if (role == nullptr || content == nullptr) return;
    if (*role == "user") {
      TurnBuilder turn(turns_, ChatRole::kUser);
      ReadContent(*content, item.PointerOf("content"), turn);
      turn.Finish();
    } else if (*role == "assistant") {
      AppendLine(AssistantTurn(true).text, ReadText(*content, item.PointerOf("content")));
    } else if (*role == "system" || *role == "developer") {
      AddSystem(ReadText(*content, item.PointerOf("content")));
    } else {
      item.NotInEnum("role", *role);
    }
  }

  // Most chat templates know one system message.
  void AddSystem(std::string text) {
    if (turns_.empty() || turns_.back().role != ChatRole::kSystem) {
      turns_.push_back({.role = ChatRole::kSystem});
    }
    AppendLine(turns_.back().text, text);
  }

  void ReadContent(const json::Value& content, const std::string& pointer, TurnBuilder& turn) {
    if (const std::string* text = content.AsString()) return turn.AddText(*text);
    const json::Value::Array* parts = content.AsArray();
    if (parts == nullptr) return malformed_.WrongType(pointer, "String", content);
    for (size_t i = 0; i < parts->size(); ++i) {
      Members part((*parts)[i], fmt::format("{}/{}", pointer, i), malformed_);
      const std::string* type = part.NeedText("type");
      if (type == nullptr) continue;
      if (*type == "input_text" || *type == "output_text") {
        part.Array("annotations");  // of an answer that is handed back
        part.Array("logprobs");
        if (const std::string* text = part.NeedText("text")) turn.AddText(*text);
      } else if (*type == "refusal") {
        if (const std::string* text = part.NeedText("refusal")) turn.AddText(*text);
      } else if (*type == "input_image") {
        if (auto image = ReadImageUrl(part)) turn.AddImage(std::move(*image));
      } else {
        part.NotInEnum("type", *type);
        continue;
      }
      part.Finish();
    }
  }

  // The same where only text can stand.
  std::string ReadText(const json::Value& content, const std::string& pointer) {
    std::vector<ChatTurn> turns;
    TurnBuilder turn(turns, ChatRole::kAssistant);
    ReadContent(content, pointer, turn);
    turn.Finish();
    if (turns.empty()) return {};
    if (!turns.front().parts.empty()) {
      malformed_.Add(pointer, "images are only taken in messages of the user");
    }
    return std::move(turns.front().text);
  }

  void ReadCall(Members& item) {
    ChatToolCall call;
    if (const std::string* id = item.NeedText("call_id")) call.id = *id;
    if (const std::string* name = item.NeedText("name")) call.name = *name;
    if (const std::string* arguments = item.NeedText("arguments")) call.arguments = *arguments;
    AssistantTurn(false).tool_calls.push_back(std::move(call));
  }

  void ReadResult(Members& item) {
    ToolResult result;
    if (const std::string* id = item.NeedText("call_id")) result.call_id = *id;
    const json::Value* output = item.Any("output");
    if (output == nullptr) return item.Missing("output");
    std::vector<ChatTurn> content;
    TurnBuilder reader(content, ChatRole::kUser);
    ReadContent(*output, item.PointerOf("output"), reader);
    reader.Finish();
    if (!content.empty()) {
      result.content = std::move(content.front().parts);
      if (result.content.empty()) result.content.emplace_back(std::move(content.front().text));
    }
    TurnBuilder turn(turns_, ChatRole::kUser);
    turn.AddResult(std::move(result));
    turn.Finish();
  }

  void ReadReasoning(Members& item) {
    ChatReasoning reasoning;
    item.Array("summary");  // of the thoughts; the thoughts themselves are handed back
    if (const json::Value::Array* parts = item.Array("content")) {
      for (size_t i = 0; i < parts->size(); ++i) {
        Members part((*parts)[i], fmt::format("{}/{}", item.PointerOf("content"), i), malformed_);
        const std::string* type = part.NeedText("type");
        if (type != nullptr && *type != "reasoning_text") part.NotInEnum("type", *type);
        if (const std::string* text = part.NeedText("text")) AppendLine(reasoning.text, *text);
        part.Finish();
      }
    }
    if (const std::string* sealed = item.Text("encrypted_content")) reasoning.signature = *sealed;
    if (reasoning.text.empty() && reasoning.signature.empty()) return;
    AssistantTurn(true).reasoning.push_back(std::move(reasoning));
  }

  std::vector<ChatTurn>& turns_;
  MalformedInput& malformed_;
};

}  // namespace

void ReadResponsesInput(const json::Value& input, std::vector<ChatTurn>& turns,
                        MalformedInput& malformed) {
  if (const std::string* text = input.AsString()) {
    turns.push_back({.role = ChatRole::kUser, .text = *text});
    return;
  }
  const json::Value::Array* items = input.AsArray();
  if (items == nullptr) return malformed.WrongType("/input", "String", input);
  if (items->empty()) return malformed.Add("/input", "expected minimum item count: 1, found: 0");
  InputReader reader(turns, malformed);
  for (size_t i = 0; i < items->size(); ++i) {
    reader.ReadItem((*items)[i], fmt::format("/input/{}", i));
  }
}

void DropNulls(json::Value& value) {
  if (json::Value::Object* object = value.AsObject()) {
    std::erase_if(*object, [](const auto& member) { return member.second.is_null(); });
    for (auto& [key, member] : *object) DropNulls(member);
  } else if (json::Value::Array* array = value.AsArray()) {
    for (json::Value& element : *array) DropNulls(element);
  }
}

}  // namespace bedplate::models
