#include "runtime/conversation_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/document_text.h"

namespace bedplate::runtime {
namespace {

// spec: bedrock-runtime#Message: "up to five documents", "no more than 4.5 MB".
constexpr size_t kDocumentsMax = 5;
constexpr size_t kDocumentBytesMax = 4'500'000;

std::unexpected<Error> Refuse(std::string message) {
  return Fail(Fault::kValidation, std::move(message));
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

// Bedrock takes underscores too, although its message does not list them.
bool IsDocumentNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(" -_()[]").contains(c);
}

Result<void> CheckDocument(const DocumentBlock& document, const std::string& place) {
  if (!std::ranges::all_of(document.name, IsDocumentNameCharacter) ||
      document.name.find("  ") != std::string::npos) {
    return Refuse(
        fmt::format("The document file name can only contain alphanumeric characters, whitespace "
                    "characters, hyphens, parentheses, and square brackets. The name can't contain "
                    "more than one consecutive whitespace character. Check that the file name "
                    "conforms to these restrictions and retry your request. The name at "
                    "{}.document.name is '{}'.",
                    place, document.name));
  }
  if (document.bytes.size() > kDocumentBytesMax) {
    return Refuse(
        fmt::format("The document at {}.document has {} bytes. A document can have at "
                    "most {} bytes.",
                    place, document.bytes.size(), kDocumentBytesMax));
  }
  if (!IsReadableFormat(document.format)) {
    return Refuse(
        fmt::format("This model doesn't support the {} document format that you provided "
                    "at {}.document.format. Use {} and try again.",
                    document.format, place, kReadableFormats));
  }
  return {};
}

Result<void> CheckMessage(const Message& message, size_t index) {
  if (message.content.empty()) {
    return Refuse(
        fmt::format("The content field in the Message object at messages.{} is empty. "
                    "Add a ContentBlock object to the content field and try again.",
                    index));
  }
  bool has_text = false;
  size_t documents = 0;
  for (size_t i = 0; i < message.content.size(); ++i) {
    std::string place = fmt::format("messages.{}.content.{}", index, i);
    if (const auto* text = std::get_if<TextBlock>(&message.content[i])) {
      if (IsBlank(text->text)) {
        return Refuse(
            fmt::format("The text field in the ContentBlock object at {} is blank. Add "
                        "text to the text field, and try again.",
                        place));
      }
      has_text = true;
      continue;
    }
    if (message.role != Role::kUser) {
      return Refuse(fmt::format(
          "This model doesn't support the document field for assistant messages. Remove the "
          "document at {} and try again.",
          place));
    }
    if (auto ok = CheckDocument(std::get<DocumentBlock>(message.content[i]), place); !ok) return ok;
    ++documents;
  }
  if (documents > kDocumentsMax) {
    return Refuse(
        fmt::format("The content field in the Message object at messages.{} has {} "
                    "documents. A message can have at most {} documents.",
                    index, documents, kDocumentsMax));
  }
  if (documents > 0 && !has_text) {
    return Refuse(
        fmt::format("The content field in the Message object at messages.{} has a "
                    "document but no text. Add a ContentBlock object with a text field "
                    "and try again.",
                    index));
  }
  return {};
}

// The last turn may be the assistant's: the model goes on in the middle of it. A server that cannot
// do that says so itself, as Bedrock's models do.
Result<void> CheckTurns(const std::vector<Message>& messages) {
  if (messages.empty() || messages.front().role != Role::kUser) {
    return Refuse(
        "A conversation must start with a user message. Try again with a conversation that starts "
        "with a user message.");
  }
  for (size_t i = 1; i < messages.size(); ++i) {
    if (messages[i].role == messages[i - 1].role) {
      return Refuse(
          "A conversation must alternate between user and assistant roles. Make sure the "
          "conversation alternates between user and assistant roles and try again.");
    }
  }
  return {};
}

// Members that Converse writes itself or whose answers it could not hand back.
constexpr std::array<std::string_view, 12> kReservedFields = {
    "model", "messages",  "prompt",      "stream",        "stream_options",        "n",
    "tools", "functions", "tool_choice", "function_call", "max_completion_tokens", "best_of"};

bool IsTaken(std::string_view field, const InferenceSettings& settings) {
  if (std::ranges::find(kReservedFields, field) != kReservedFields.end()) return true;
  if (field == "max_tokens") return settings.tokens_max.has_value();
  if (field == "temperature") return settings.temperature.has_value();
  if (field == "top_p") return settings.top_p.has_value();
  if (field == "stop") return !settings.stop_sequences.empty();
  return false;
}

}  // namespace

Result<void> CheckConversation(const Conversation& conversation, const models::ModelFacts& model) {
  for (size_t i = 0; i < conversation.messages.size(); ++i) {
    if (conversation.messages[i].role == Role::kSystem) {
      return Refuse(
          fmt::format("This model doesn't support the system role at messages.{}.role. "
                      "Put the text into the system field and try again.",
                      i));
    }
    if (auto ok = CheckMessage(conversation.messages[i], i); !ok) return ok;
  }
  if (auto ok = CheckTurns(conversation.messages); !ok) return ok;
  for (size_t i = 0; i < conversation.system.size(); ++i) {
    if (IsBlank(conversation.system[i])) {
      return Refuse(
          fmt::format("The text field in the SystemContentBlock object at system.{} is "
                      "blank. Add text to the text field, and try again.",
                      i));
    }
  }
  const auto& settings = conversation.settings;
  if (settings.tokens_max && model.context_tokens > 0 &&
      *settings.tokens_max > model.context_tokens) {
    return Refuse(
        fmt::format("The maximum tokens you requested exceeds the model limit of {0}. "
                    "Try again with a maximum tokens value that is lower than {0}.",
                    model.context_tokens));
  }
  for (const auto& [name, value] : conversation.additional_fields) {
    if (IsTaken(name, settings)) {
      return Refuse(fmt::format("The additional field {} conflicts with an existing field.", name));
    }
  }
  return {};
}

}  // namespace bedplate::runtime
