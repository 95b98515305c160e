#include "runtime/conversation_rules.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::runtime {
namespace {

using testing::HasSubstr;

Message Said(Role role, std::string text) {
  return {.role = role, .content = {TextBlock{std::move(text)}}};
}

DocumentBlock Document(std::string name, std::string format = "txt") {
  return {.format = std::move(format), .name = std::move(name), .bytes = "x", .context = {}};
}

class ConversationRules : public testing::Test {
 protected:
  Conversation conversation_{.system = {}, .messages = {Said(Role::kUser, "hi")}};
  models::ModelFacts model_;

  std::string Refusal() {
    auto ok = CheckConversation(conversation_, model_);
    if (ok) return "";
    EXPECT_EQ(ok.error().fault, Fault::kValidation);
    return ok.error().message;
  }
};

TEST_F(ConversationRules, TakesTurnsThatAlternate) {
  EXPECT_EQ(Refusal(), "");
  conversation_.messages = {Said(Role::kUser, "a"), Said(Role::kAssistant, "b"),
                            Said(Role::kUser, "c")};
  conversation_.system = {"Be brief."};
  EXPECT_EQ(Refusal(), "");
}

TEST_F(ConversationRules, StartsWithTheUser) {
  std::string message =
      "A conversation must start with a user message. Try again with a conversation that starts "
      "with a user message.";
  conversation_.messages = {};
  EXPECT_EQ(Refusal(), message);
  conversation_.messages = {Said(Role::kAssistant, "a"), Said(Role::kUser, "b")};
  EXPECT_EQ(Refusal(), message);
}

TEST_F(ConversationRules, Alternates) {
  const char* message =
      "A conversation must alternate between user and assistant roles. Make sure the "
      "conversation alternates between user and assistant roles and try again.";
  conversation_.messages = {Said(Role::kUser, "a"), Said(Role::kUser, "b")};
  EXPECT_EQ(Refusal(), message);
  conversation_.messages = {Said(Role::kUser, "a"), Said(Role::kAssistant, "b"),
                            Said(Role::kAssistant, "c")};
  EXPECT_EQ(Refusal(), message);
}

TEST_F(ConversationRules, MayEndWithTheAssistant) {
  conversation_.messages = {Said(Role::kUser, "a"), Said(Role::kAssistant, "b")};
  EXPECT_EQ(Refusal(), "");
  conversation_.messages = {Said(Role::kUser, "a"), Said(Role::kAssistant, " \n")};
  EXPECT_THAT(Refusal(), HasSubstr("messages.1.content.0 is blank"));
}

TEST_F(ConversationRules, NamesTheBlankTextAndTheEmptyMessage) {
  conversation_.messages = {Said(Role::kUser, "a"), Said(Role::kAssistant, " \n\t"),
                            Said(Role::kUser, "c")};
  EXPECT_EQ(Refusal(),
            "The text field in the ContentBlock object at messages.1.content.0 is blank. Add text "
            "to the text field, and try again.");
  conversation_.messages[1].content.clear();
  EXPECT_EQ(Refusal(),
            "The content field in the Message object at messages.1 is empty. Add a ContentBlock "
            "object to the content field and try again.");
}

TEST_F(ConversationRules, RefusesBlankSystemText) {
  conversation_.system = {"ok", " "};
  EXPECT_THAT(Refusal(), HasSubstr("system.1 is blank"));
}

TEST_F(ConversationRules, RefusesSystemTurns) {
  conversation_.messages.insert(conversation_.messages.begin(), Said(Role::kSystem, "s"));
  EXPECT_THAT(Refusal(), HasSubstr("system role at messages.0.role"));
}

TEST_F(ConversationRules, TakesDocumentsBesideText) {
  conversation_.messages[0].content.push_back(Document("My notes (1)-[a]_b"));
  EXPECT_EQ(Refusal(), "");
  conversation_.messages[0].content.erase(conversation_.messages[0].content.begin());
  EXPECT_THAT(Refusal(), HasSubstr("has a document but no text"));
}

TEST_F(ConversationRules, HoldsDocumentsToTheirRules) {
  auto& content = conversation_.messages[0].content;
  for (const char* name : {"a.pdf", "two  spaces", "tab\tname", "caf\xC3\xA9"}) {
    content.resize(1);
    content.push_back(Document(name));
    EXPECT_THAT(Refusal(), HasSubstr("The document file name can only contain alphanumeric"))
        << name;
    EXPECT_THAT(Refusal(), HasSubstr("messages.0.content.1.document.name")) << name;
  }
  content.resize(1);
  content.push_back(Document("a", "doc"));
  EXPECT_THAT(Refusal(), HasSubstr("doesn't support the doc document format"));

  content.resize(1);
  content.push_back(Document("a"));
  std::get<DocumentBlock>(content[1]).bytes.resize(4'500'001);
  EXPECT_THAT(Refusal(), HasSubstr("4500001 bytes"));

  content.resize(1);
  for (int i = 0; i < 6; ++i) content.push_back(Document("a"));
  EXPECT_THAT(Refusal(), HasSubstr("6 documents"));
}

TEST_F(ConversationRules, TakesNoTextForAFile) {
  auto& content = conversation_.messages[0].content;
  content.push_back(Document("a", "pdf"));
  EXPECT_EQ(Refusal(), "");
  for (const char* format : {"pdf", "docx", "xlsx"}) {
    content[1] = Document("a", format);
    std::get<DocumentBlock>(content[1]).source = DocumentBlock::Source::kText;
    EXPECT_EQ(Refusal(),
              fmt::format("A {} document is a file, and you provided text at "
                          "messages.0.content.1.document.source.text. Send the file in "
                          "messages.0.content.1.document.source.bytes, or change the format at "
                          "messages.0.content.1.document.format, and try again.",
                          format));
  }
  std::get<DocumentBlock>(content[1]).source = DocumentBlock::Source::kContent;
  EXPECT_THAT(Refusal(), HasSubstr("at messages.0.content.1.document.source.content. Send"));
  std::get<DocumentBlock>(content[1]).format = "md";
  EXPECT_EQ(Refusal(), "");
}

TEST_F(ConversationRules, RefusesDocumentsOfTheAssistant) {
  conversation_.messages = {Said(Role::kUser, "a"), Said(Role::kAssistant, "b"),
                            Said(Role::kUser, "c")};
  conversation_.messages[1].content.push_back(Document("a"));
  EXPECT_THAT(Refusal(), HasSubstr("messages.1.content.1"));
}

// The head of a PNG file of that size.
std::string Png(uint8_t width_high, uint8_t width_low) {
  std::string png("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\0\0\0\0\x01", 24);
  png[18] = static_cast<char>(width_high);
  png[19] = static_cast<char>(width_low);
  return png;
}

TEST_F(ConversationRules, TakesImagesOnlyForModelsThatSee) {
  auto& content = conversation_.messages[0].content;
  content.push_back(ImageBlock{.format = "png", .bytes = Png(0, 1)});
  const char* refusal =
      "This model doesn't support the image content block that you provided at "
      "messages.0.content.1. Update the content block and try again.";
  model_.input_modalities = {models::Modality::kText};
  EXPECT_EQ(Refusal(), refusal);
  model_.input_modalities = {models::Modality::kText, models::Modality::kImage};
  EXPECT_EQ(Refusal(), "");
}

TEST_F(ConversationRules, HoldsImagesToTheirRules) {
  model_.input_modalities = {models::Modality::kText, models::Modality::kImage};
  auto& content = conversation_.messages[0].content;
  content.push_back(ImageBlock{.format = "png", .bytes = Png(0x1F, 0x40)});
  EXPECT_EQ(Refusal(), "");
  content[1] = ImageBlock{.format = "png", .bytes = Png(0x1F, 0x41)};
  EXPECT_EQ(Refusal(),
            "The image at messages.0.content.1.image is 8001 by 1 pixels. An image can have at "
            "most 8000 in width and in height.");
  content[1] = ImageBlock{.format = "jpeg", .bytes = Png(0, 1)};
  EXPECT_THAT(Refusal(), HasSubstr("messages.0.content.1.image is not a jpeg image"));
  content[1] = ImageBlock{.format = "png", .bytes = Png(0, 1) + std::string(3'749'977, 'x')};
  EXPECT_THAT(Refusal(), HasSubstr("messages.0.content.1.image has 3750001 bytes"));
  content.resize(1);
  for (int i = 0; i < 21; ++i) content.push_back(ImageBlock{.format = "png", .bytes = Png(0, 1)});
  EXPECT_THAT(Refusal(), HasSubstr("messages.0 has 21 images"));
}

TEST_F(ConversationRules, KnowsWhichBlocksARoleHas) {
  conversation_.tools = {{.name = "get", .schema = R"({"type":"object"})"}};
  conversation_.messages = {Said(Role::kUser, "a"), Said(Role::kAssistant, "b"),
                            Said(Role::kUser, "c")};
  const auto refusal = [this](size_t message, ContentBlock block) {
    auto& content = conversation_.messages[message].content;
    content.resize(1);
    content.push_back(std::move(block));
    std::string said = Refusal();
    content.resize(1);
    return said;
  };
  EXPECT_EQ(refusal(0, ToolUseBlock{.id = "i", .name = "get", .input = "{}"}),
            "This model doesn't support the toolUse field for user messages. Remove the toolUse at "
            "messages.0.content.1 and try again.");
  EXPECT_THAT(refusal(1, ToolResultBlock{.tool_use_id = "i"}),
              HasSubstr("toolResult field for assistant messages"));
  EXPECT_THAT(refusal(2, ReasoningBlock{.text = "Hm."}),
              HasSubstr("reasoningContent field for user messages"));
  EXPECT_THAT(refusal(1, ImageBlock{}), HasSubstr("image field for assistant messages"));
  EXPECT_EQ(refusal(1, ReasoningBlock{.text = "Hm."}), "");
}

TEST_F(ConversationRules, ChecksToolsAndTheirBlocks) {
  conversation_.tools = {{.name = "get", .schema = R"({"type":"object"})"}};
  conversation_.messages = {
      Said(Role::kUser, "a"),
      {.role = Role::kAssistant,
       .content = {ToolUseBlock{.id = "i", .name = "get", .input = "{}"}}},
      {.role = Role::kUser, .content = {ToolResultBlock{.tool_use_id = "i"}}}};
  EXPECT_EQ(Refusal(), "");
  auto& use = std::get<ToolUseBlock>(conversation_.messages[1].content[0]);
  auto& result = std::get<ToolResultBlock>(conversation_.messages[2].content[0]);
  use.input = R"("text")";
  EXPECT_EQ(Refusal(),
            "The format of the value at messages.1.content.0.toolUse.input is invalid. Provide a "
            "json object for the field and try again.");
  use.input = " {}";
  EXPECT_EQ(Refusal(), "");
  result.failed = true;
  EXPECT_EQ(Refusal(),
            "The content field at messages.2.content.0.toolResult cannot be empty when status "
            "value is error.");
  result.content = {DocumentBlock{.format = "doc", .name = "a"}};
  EXPECT_THAT(Refusal(), HasSubstr("messages.2.content.0.toolResult.content.0.document.format"));
  result.content = {ImageBlock{.format = "png", .bytes = "x"}};
  EXPECT_THAT(Refusal(), HasSubstr("messages.2.content.0.toolResult.content.0. Update"));
  // A document is read beside the result that it is in.
  result.content = {Document("a")};
  EXPECT_EQ(Refusal(), "");
  conversation_.tools.clear();
  EXPECT_THAT(Refusal(), HasSubstr("toolConfig field must be defined"));
}

TEST_F(ConversationRules, ChecksTheSchemaOfTheAnswer) {
  conversation_.output_schema = {.schema = R"({"type":"object"})"};
  EXPECT_EQ(Refusal(), "");
  conversation_.additional_fields = {{"response_format", "{}"}};
  EXPECT_EQ(Refusal(), "The additional field response_format conflicts with an existing field.");
  conversation_.output_schema = {.schema = "5"};
  EXPECT_THAT(Refusal(), HasSubstr("outputConfig.textFormat.structure.jsonSchema.schema"));
  conversation_.output_schema.reset();
  EXPECT_EQ(Refusal(), "");
}

TEST_F(ConversationRules, HoldsTheAnswerToTheModelsContext) {
  model_.context_tokens = 8192;
  conversation_.settings.tokens_max = 8192;
  EXPECT_EQ(Refusal(), "");
  conversation_.settings.tokens_max = 8193;
  EXPECT_EQ(Refusal(),
            "The maximum tokens you requested exceeds the model limit of 8192. Try again with a "
            "maximum tokens value that is lower than 8192.");
}

TEST_F(ConversationRules, RefusesAdditionalFieldsThatCollide) {
  conversation_.additional_fields = {{"top_k", "5"}, {"temperature", "0.5"}};
  EXPECT_EQ(Refusal(), "");
  conversation_.settings.temperature = 0.1f;
  EXPECT_EQ(Refusal(), "The additional field temperature conflicts with an existing field.");
  conversation_.settings.temperature.reset();
  conversation_.additional_fields = {{"messages", "[]"}};
  EXPECT_EQ(Refusal(), "The additional field messages conflicts with an existing field.");
}

TEST_F(ConversationRules, RefusesAdditionalFieldsThatCollideInAnthropicsProtocol) {
  conversation_.additional_fields = {
      {"output_config", "{}"}, {"stop_sequences", "[]"}, {"system", "\"s\""}};
  EXPECT_EQ(Refusal(), "");
  const auto conflict = [](std::string_view field) {
    return fmt::format("The additional field {} conflicts with an existing field.", field);
  };
  conversation_.effort = "low";
  EXPECT_EQ(Refusal(), conflict("output_config"));
  conversation_.effort.clear();
  conversation_.output_schema = {.schema = R"({"type":"object"})"};
  EXPECT_EQ(Refusal(), conflict("output_config"));
  conversation_.output_schema.reset();
  conversation_.settings.stop_sequences = {"END"};
  EXPECT_EQ(Refusal(), conflict("stop_sequences"));
  conversation_.settings.stop_sequences.clear();
  conversation_.system = {"s"};
  EXPECT_EQ(Refusal(), conflict("system"));
}

DocumentBlock Cited(bool enabled) {
  DocumentBlock document = Document("a");
  document.citations = enabled;
  return document;
}

SearchResultBlock Result(bool enabled, std::vector<std::string> content = {"x"}) {
  return {.source = "S", .title = "T", .content = std::move(content), .citations = enabled};
}

TEST_F(ConversationRules, HasCitationsOfAllDocumentsOrNone) {
  auto& content = conversation_.messages[0].content;
  content.emplace_back(Cited(true));
  content.emplace_back(Result(false));
  EXPECT_EQ(Refusal(), "");
  content.emplace_back(Cited(false));
  EXPECT_EQ(Refusal(),
            "The documents of a request must all have citations enabled, or none of them: "
            "citations.enabled is true at messages.0.content.1.document and false at "
            "messages.0.content.3.document. Set the same for all and try again.");
  content.pop_back();
  content.emplace_back(Result(true));
  EXPECT_EQ(Refusal(),
            "The search results of a request must all have citations enabled, or none of them: "
            "citations.enabled is false at messages.0.content.2.searchResult and true at "
            "messages.0.content.3.searchResult. Set the same for all and try again.");
}

TEST_F(ConversationRules, HasNoSchemaForWhatCites) {
  conversation_.messages[0].content.emplace_back(Result(true));
  conversation_.output_schema = models::ChatOutputSchema{.schema = R"({"type":"object"})"};
  EXPECT_EQ(Refusal(),
            "This model doesn't support outputConfig.textFormat together with citations.enabled "
            "true. Remove one of them and try again.");
}

TEST_F(ConversationRules, WantsTextInSearchResultsOfUsers) {
  auto& content = conversation_.messages[0].content;
  content.emplace_back(Result(true, {}));
  EXPECT_THAT(Refusal(), HasSubstr("The content field at messages.0.content.1.searchResult is"));
  content.back() = Result(true, {"x", " \n"});
  EXPECT_THAT(Refusal(), HasSubstr("at messages.0.content.1.searchResult.content.1 is blank"));
  content.back() = models::ChatCitedText{.text = "x"};
  EXPECT_THAT(Refusal(), HasSubstr("doesn't support the citationsContent field for user messages. "
                                   "Remove the citationsContent at messages.0.content.1"));
  content.pop_back();
  conversation_.messages.push_back(
      {.role = Role::kAssistant, .content = {models::ChatCitedText{.text = " "}}});
  EXPECT_THAT(Refusal(), HasSubstr("at messages.1.content.0.citationsContent is blank"));
  const auto citing = [&](int64_t start, int64_t end) {
    conversation_.messages[1].content[0] =
        models::ChatCitedText{.text = "x", .citations = {{.start = start, .end = end}}};
    return Refusal();
  };
  EXPECT_EQ(citing(4, 4), "");
  EXPECT_EQ(citing(5, 4),
            "The location of a citation at messages.1.content.0.citationsContent.citations has the "
            "start 5 behind its end 4. Correct the location and try again.");
  conversation_.messages[1].content[0] = Result(false);
  EXPECT_THAT(Refusal(), HasSubstr("searchResult field for assistant messages"));
}

}  // namespace
}  // namespace bedplate::runtime
