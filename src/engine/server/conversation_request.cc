#include "engine/server/conversation_request.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>

#include "engine/chat/image_places.h"
#include "engine/server/fields.h"
#include "engine/server/image_data.h"

namespace bedplate::engine {
namespace {

// Reads the parts of a message's content: texts, images, and the cache points behind them. An image
// becomes part of the text around it, as models are trained: texts alone are lines of their own.
class ContentReader {
 public:
  explicit ContentReader(ChatMessage& message) : message_(message) {}

  Result<void> Read(const json::Value& content, const std::string& path) {
    if (const std::string* text = content.AsString()) {
      message_.texts = {*text};
      return {};
    }
    const json::Value::Array* parts = content.AsArray();
    if (parts == nullptr) {
      return Fail(
          Fault::kValidation,
          fmt::format("{}: expected a string or a list of parts, got {}", path, Shown(content)));
    }
    for (size_t i = 0; i < parts->size(); ++i) {
      Fields fields((*parts)[i], fmt::format("{}[{}]", path, i));
      if (auto read = ReadPart(fields); !read) return read;
    }
    return {};
  }

 private:
  Result<void> ReadPart(Fields& fields) {
    const auto type = fields.Text("type");
    if (fields.ok() && !type) fields.Missing("type");
    if (type && *type == "image_url") {
      if (auto read = ReadImage(fields); !read) return read;
    } else {
      if (type && *type != "text") {
        fields.Wrong("type", "expected \"text\" or \"image_url\"", json::Value(*type));
      }
      const auto text = fields.Text("text");
      if (fields.ok() && !text) fields.Missing("text");
      if (!fields.ok()) return Fail(Fault::kValidation, fields.error());
      Add(*text, /*is_image=*/false);
    }
    const auto ttl = ReadCacheControl(fields);
    if (!ttl) return std::unexpected(ttl.error());
    if (ttl->count() > 0) {
      message_.cache_marks.push_back({.texts = message_.texts.size(), .ttl = *ttl});
      joins_ = false;
    }
    return {};
  }

  Result<void> ReadImage(Fields& fields) {
    if (message_.role != "user") {
      fields.Wrong("type", "only messages of the user have images", json::Value("image_url"));
    }
    const json::Value* holder = fields.Find("image_url");
    if (fields.ok() && holder == nullptr) fields.Missing("image_url");
    if (!fields.ok()) return Fail(Fault::kValidation, fields.error());
    Fields inner(*holder, fields.PathOf("image_url"));
    const auto url = inner.Text("url");
    if (inner.ok() && !url) inner.Missing("url");
    if (!inner.ok()) return Fail(Fault::kValidation, inner.error());
    auto image = ReadImageUrl(*url);
    if (!image) {
      return Fail(Fault::kValidation, inner.PathOf("url") + ": " + image.error().message);
    }
    message_.images.push_back({.mark = NewImageMark(), .image = std::move(*image)});
    Add(message_.images.back().mark, /*is_image=*/true);
    return {};
  }

  void Add(const std::string& text, bool is_image) {
    const bool beside_image = is_image || was_image_;
    if (joins_ && beside_image && !message_.texts.empty()) {
      message_.texts.back() += text;
    } else {
      message_.texts.push_back(text);
    }
    joins_ = true;
    was_image_ = is_image;
  }

  ChatMessage& message_;
  bool joins_ = false;  // no cache point is behind the last text
  bool was_image_ = false;
};

Result<ToolCall> ReadToolCall(const json::Value& value, const std::string& path) {
  Fields fields(value, path);
  auto id = fields.Text("id");
  if (fields.ok() && !id) fields.Missing("id");
  const auto type = fields.Text("type");
  if (type && *type != "function") {
    fields.Wrong("type", "expected \"function\"", json::Value(*type));
  }
  const json::Value* function = fields.Find("function");
  if (fields.ok() && function == nullptr) fields.Missing("function");
  if (!fields.ok()) return Fail(Fault::kValidation, fields.error());
  Fields call(*function, fields.PathOf("function"));
  auto name = call.Text("name");
  if (call.ok() && !name) call.Missing("name");
  auto arguments = call.Text("arguments");
  if (call.ok() && !arguments) call.Missing("arguments");
  if (!call.ok()) return Fail(Fault::kValidation, call.error());
  if (arguments->empty()) *arguments = "{}";
  const auto parsed = json::Value::Parse(*arguments);
  if (!parsed || !parsed->is_object()) {
    call.Wrong("arguments", "expected the text of a JSON object", json::Value(*arguments));
    return Fail(Fault::kValidation, call.error());
  }
  return ToolCall{
      .id = std::move(*id), .name = std::move(*name), .arguments = std::move(*arguments)};
}

Result<std::vector<ToolCall>> ReadToolCalls(const json::Value& value, const std::string& path) {
  const json::Value::Array* list = value.AsArray();
  if (list == nullptr || list->empty()) {
    return Fail(Fault::kValidation, fmt::format("{}: expected a list of at least one call, got {}",
                                                path, Shown(value)));
  }
  std::vector<ToolCall> calls;
  for (size_t i = 0; i < list->size(); ++i) {
    auto call = ReadToolCall((*list)[i], fmt::format("{}[{}]", path, i));
    if (!call) return std::unexpected(call.error());
    calls.push_back(std::move(*call));
  }
  return calls;
}

// `called`: the ids of the calls in messages before it.
Result<ChatMessage> ReadMessage(const json::Value& value, const std::string& path,
                                std::set<std::string>& called) {
  Fields fields(value, path);
  ChatMessage message;
  const auto role = fields.Text("role");
  if (fields.ok() && !role) fields.Missing("role");
  if (role && *role != "system" && *role != "developer" && *role != "user" &&
      *role != "assistant" && *role != "tool") {
    fields.Wrong("role", "expected system, developer, user, assistant or tool", json::Value(*role));
  }
  message.role = role.value_or("");
  const json::Value* calls = fields.Find("tool_calls");
  if (message.role != "assistant") {
    fields.Refuse("tool_calls", "only messages of the assistant have calls");
  } else {
    message.reasoning = fields.Text("reasoning_content").value_or("");
  }
  if (message.role == "tool") {
    const auto id = fields.Text("tool_call_id");
    if (fields.ok() && !id) fields.Missing("tool_call_id");
    if (id && !called.contains(*id)) {
      fields.Wrong("tool_call_id", "expected the id of a call in an earlier message",
                   json::Value(*id));
    }
    message.tool_call_id = id.value_or("");
  }
  const json::Value* content = fields.Find("content");
  if (fields.ok() && content == nullptr && calls == nullptr) fields.Missing("content");
  if (!fields.ok()) return Fail(Fault::kValidation, fields.error());
  if (content != nullptr) {
    if (auto ok = ContentReader(message).Read(*content, fields.PathOf("content")); !ok) {
      return std::unexpected(ok.error());
    }
  }
  if (calls != nullptr) {
    auto read = ReadToolCalls(*calls, fields.PathOf("tool_calls"));
    if (!read) return std::unexpected(read.error());
    message.tool_calls = std::move(*read);
    for (const ToolCall& call : message.tool_calls) called.insert(call.id);
  }
  return message;
}

}  // namespace

Result<std::chrono::seconds> ReadCacheControl(const Fields& object) {
  const json::Value* value = object.Find("cache_control");
  if (value == nullptr) return std::chrono::seconds(0);
  Fields fields(*value, object.PathOf("cache_control"));
  const auto type = fields.Text("type");
  if (fields.ok() && !type) fields.Missing("type");
  if (type && *type != "ephemeral") {
    fields.Wrong("type", "expected \"ephemeral\"", json::Value(*type));
  }
  const std::string ttl = fields.Text("ttl").value_or("5m");
  if (ttl != "5m" && ttl != "1h") {
    fields.Wrong("ttl", "expected \"5m\" or \"1h\"", json::Value(ttl));
  }
  if (!fields.ok()) return Fail(Fault::kValidation, fields.error());
  return ttl == "1h" ? std::chrono::seconds(3'600) : std::chrono::seconds(300);
}

Result<Conversation> ReadMessages(const json::Value& messages) {
  const json::Value::Array* list = messages.AsArray();
  if (list == nullptr || list->empty()) {
    return Fail(
        Fault::kValidation,
        fmt::format("messages: expected a list of at least one message, got {}", Shown(messages)));
  }
  Conversation conversation;
  std::set<std::string> called;
  for (size_t i = 0; i < list->size(); ++i) {
    auto message = ReadMessage((*list)[i], fmt::format("messages[{}]", i), called);
    if (!message) return std::unexpected(message.error());
    conversation.push_back(std::move(*message));
  }
  return conversation;
}

}  // namespace bedplate::engine
