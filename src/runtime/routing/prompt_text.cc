#include "runtime/routing/prompt_text.h"

#include <ranges>
#include <variant>

#include "base/json/value.h"

namespace bedplate::runtime {
namespace {

void AppendLine(std::string& text, const std::string& line) {
  if (!text.empty()) text += '\n';
  text += line;
}

// "content": a string, or an array of blocks with "text".
std::string TextOfContent(const json::Value* content) {
  std::string text;
  if (content == nullptr) return text;
  if (const std::string* whole = content->AsString()) return *whole;
  const json::Value::Array* blocks = content->AsArray();
  if (blocks == nullptr) return text;
  for (const json::Value& block : *blocks) {
    const json::Value* part = block.Find("text");
    if (part != nullptr && part->AsString() != nullptr) AppendLine(text, *part->AsString());
  }
  return text;
}

}  // namespace

std::string PromptText(const Conversation& conversation) {
  std::string text;
  for (const Message& message : std::views::reverse(conversation.messages)) {
    if (message.role != Role::kUser) continue;
    for (const ContentBlock& block : message.content) {
      if (const auto* said = std::get_if<TextBlock>(&block)) AppendLine(text, said->text);
    }
    break;
  }
  return text;
}

std::string PromptTextOfBody(std::string_view body) {
  const auto value = json::Value::Parse(body);
  if (!value) return {};
  const json::Value* messages = value->Find("messages");
  for (const char* name : {"prompt", "inputText", "input"}) {
    if (messages != nullptr) break;  // of two prompts the conversation is what a model is shown
    const json::Value* member = value->Find(name);
    if (member != nullptr && member->AsString() != nullptr) return *member->AsString();
  }
  if (messages == nullptr) messages = value->Find("input");  // the items of a response
  if (messages == nullptr || !messages->is_array()) return {};
  for (const json::Value& message : std::views::reverse(*messages->AsArray())) {
    const json::Value* role = message.Find("role");
    const std::string* name = role == nullptr ? nullptr : role->AsString();
    if (name != nullptr && *name == "user") return TextOfContent(message.Find("content"));
  }
  return {};
}

}  // namespace bedplate::runtime
