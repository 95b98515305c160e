#include "runtime/message_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/json/reader.h"
#include "runtime/document_program.h"
#include "runtime/document_text.h"
#include "runtime/image_header.h"
#include "runtime/outcome.h"

namespace bedplate::runtime {
namespace {

// spec: bedrock-runtime#Message: "up to five documents", "no more than 4.5 MB".
constexpr size_t kDocumentsMax = 5;
constexpr std::string_view kReadableFormats = "pdf, docx, xlsx, txt, md, csv, or html";
constexpr size_t kDocumentBytesMax = 4'500'000;
// The same: "up to 20 images", "no more than 3.75 MB, 8000 px, and 8000 px".
constexpr size_t kImagesMax = 20;
constexpr size_t kImageBytesMax = 3'750'000;
constexpr uint32_t kImagePixelsMax = 8'000;

std::unexpected<Error> Refuse(std::string message) {
  return Fail(Fault::kValidation, std::move(message));
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
  if (!IsTextFormat(document.format) && !DocumentProgram::Reads(document.format)) {
    return Refuse(
        fmt::format("This model doesn't support the {} document format that you provided "
                    "at {}.document.format. Use {} and try again.",
                    document.format, place, kReadableFormats));
  }
  if (document.source != DocumentBlock::Source::kBytes && DocumentProgram::Reads(document.format)) {
    return Refuse(
        fmt::format("A {0} document is a file, and you provided text at {1}.document.source.{2}. "
                    "Send the file in {1}.document.source.bytes, or change the format at "
                    "{1}.document.format, and try again.",
                    document.format, place,
                    document.source == DocumentBlock::Source::kText ? "text" : "content"));
  }
  return {};
}

Result<void> CheckImage(const ImageBlock& image, const std::string& place,
                        const models::ModelFacts& model) {
  if (std::ranges::find(model.input_modalities, models::Modality::kImage) ==
      model.input_modalities.end()) {
    return Refuse(
        fmt::format("This model doesn't support the image content block that you provided at {}. "
                    "Update the content block and try again.",
                    place));
  }
  if (image.bytes.size() > kImageBytesMax) {
    return Refuse(fmt::format("The image at {}.image has {} bytes. An image can have at most {}.",
                              place, image.bytes.size(), kImageBytesMax));
  }
  const auto size = ReadImageSize(image.format, image.bytes);
  if (!size) {
    return Refuse(
        fmt::format("The image at {}.image is not a {} image that can be read. Check its bytes and "
                    "its format and try again.",
                    place, image.format));
  }
  if (size->width > kImagePixelsMax || size->height > kImagePixelsMax) {
    return Refuse(
        fmt::format("The image at {}.image is {} by {} pixels. An image can have at most {} in "
                    "width and in height.",
                    place, size->width, size->height, kImagePixelsMax));
  }
  return {};
}

std::unexpected<Error> WrongRole(std::string_view field, Role role, std::string_view place) {
  return Refuse(fmt::format(
      "This model doesn't support the {0} field for {1} messages. Remove the {0} at {2} and try "
      "again.",
      field, role == Role::kUser ? "user" : "assistant", place));
}

// Checks one message and counts what it has.
class MessageRules {
 public:
  MessageRules(const Message& message, size_t index, const models::ModelFacts& model)
      : message_(message), index_(index), model_(model) {}

  Result<void> Check() {
    if (message_.content.empty()) {
      return Refuse(
          fmt::format("The content field in the Message object at messages.{} is empty. "
                      "Add a ContentBlock object to the content field and try again.",
                      index_));
    }
    for (size_t i = 0; i < message_.content.size(); ++i) {
      if (auto ok = CheckBlock(message_.content[i], i); !ok) return ok;
    }
    return CheckCounts();
  }

 private:
  Result<void> CheckBlock(const ContentBlock& block, size_t block_index) {
    // The place costs more to write than a text to check.
    const auto place = [&] { return fmt::format("messages.{}.content.{}", index_, block_index); };
    if (const auto* text = std::get_if<TextBlock>(&block)) return CheckText(*text, place);
    if (const auto* document = std::get_if<DocumentBlock>(&block)) {
      ++documents_;
      if (message_.role != Role::kUser) return WrongRole("document", message_.role, place());
      return CheckDocument(*document, place());
    }
    if (const auto* image = std::get_if<ImageBlock>(&block)) {
      ++images_;
      if (message_.role != Role::kUser) return WrongRole("image", message_.role, place());
      return CheckImage(*image, place(), model_);
    }
    if (const auto* use = std::get_if<ToolUseBlock>(&block)) return CheckToolUse(*use, place());
    if (const auto* result = std::get_if<ToolResultBlock>(&block)) {
      return CheckToolResult(*result, place());
    }
    if (std::holds_alternative<CachePointBlock>(block)) return {};
    if (std::holds_alternative<SearchResultBlock>(block)) {
      if (message_.role != Role::kUser) return WrongRole("searchResult", message_.role, place());
      return {};
    }
    if (const auto* cited = std::get_if<models::ChatCitedText>(&block)) {
      return CheckCitedText(*cited, place());
    }
    if (message_.role != Role::kAssistant) {
      return WrongRole("reasoningContent", message_.role, place());
    }
    return {};
  }

  template <class Place>
  Result<void> CheckText(const TextBlock& text, Place place) {
    has_text_ = true;
    if (!IsBlank(text.text)) return {};
    return Refuse(
        fmt::format("The text field in the ContentBlock object at {} is blank. Add "
                    "text to the text field, and try again.",
                    place()));
  }

  Result<void> CheckCitedText(const models::ChatCitedText& cited, const std::string& place) {
    if (message_.role != Role::kAssistant) {
      return WrongRole("citationsContent", message_.role, place);
    }
    if (IsBlank(cited.text)) {
      return Refuse(
          fmt::format("The text in the content field at {}.citationsContent is blank. Add text to "
                      "it, and try again.",
                      place));
    }
    for (const models::ChatCitation& citation : cited.citations) {
      if (citation.start <= citation.end) continue;
      return Refuse(
          fmt::format("The location of a citation at {}.citationsContent.citations has the start "
                      "{} behind its end {}. Correct the location and try again.",
                      place, citation.start, citation.end));
    }
    return {};
  }

  Result<void> CheckToolUse(const ToolUseBlock& use, const std::string& place) {
    if (message_.role != Role::kAssistant) return WrongRole("toolUse", message_.role, place);
    if (json::Reader(use.input).Peek() == json::Kind::kObject) return {};
    return Refuse(
        fmt::format("The format of the value at {}.toolUse.input is invalid. Provide a json object "
                    "for the field and try again.",
                    place));
  }

  Result<void> CheckToolResult(const ToolResultBlock& result, const std::string& place) {
    has_tool_result_ = true;
    if (message_.role != Role::kUser) return WrongRole("toolResult", message_.role, place);
    if (result.failed && result.content.empty()) {
      return Refuse(
          fmt::format("The content field at {}.toolResult cannot be empty when status value is "
                      "error.",
                      place));
    }
    for (size_t i = 0; i < result.content.size(); ++i) {
      const auto part_place = [&] { return fmt::format("{}.toolResult.content.{}", place, i); };
      Result<void> ok;
      if (const auto* image = std::get_if<ImageBlock>(&result.content[i])) {
        ++images_;
        ok = CheckImage(*image, part_place(), model_);
      } else if (const auto* document = std::get_if<DocumentBlock>(&result.content[i])) {
        ++documents_;
        ok = CheckDocument(*document, part_place());
      }
      if (!ok) return ok;
    }
    return {};
  }

  Result<void> CheckCounts() {
    if (documents_ > kDocumentsMax) {
      return Refuse(
          fmt::format("The content field in the Message object at messages.{} has {} "
                      "documents. A message can have at most {} documents.",
                      index_, documents_, kDocumentsMax));
    }
    if (images_ > kImagesMax) {
      return Refuse(
          fmt::format("The content field in the Message object at messages.{} has {} images. A "
                      "message can have at most {} images.",
                      index_, images_, kImagesMax));
    }
    if (documents_ > 0 && !has_text_ && !has_tool_result_) {
      return Refuse(
          fmt::format("The content field in the Message object at messages.{} has a "
                      "document but no text. Add a ContentBlock object with a text field "
                      "and try again.",
                      index_));
    }
    return {};
  }

  const Message& message_;
  size_t index_;
  const models::ModelFacts& model_;
  bool has_text_ = false;
  bool has_tool_result_ = false;
  size_t documents_ = 0;
  size_t images_ = 0;
};

}  // namespace

Result<void> CheckMessage(const Message& message, size_t index, const models::ModelFacts& model) {
  return MessageRules(message, index, model).Check();
}

}  // namespace bedplate::runtime
