#include "runtime/conversation_rules.h"

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
  content.push_back(Document("a", "pdf"));
  EXPECT_THAT(Refusal(), HasSubstr("doesn't support the pdf document format"));

  content.resize(1);
  content.push_back(Document("a"));
  std::get<DocumentBlock>(content[1]).bytes.resize(4'500'001);
  EXPECT_THAT(Refusal(), HasSubstr("4500001 bytes"));

  content.resize(1);
  for (int i = 0; i < 6; ++i) content.push_back(Document("a"));
  EXPECT_THAT(Refusal(), HasSubstr("6 documents"));
}

TEST_F(ConversationRules, RefusesDocumentsOfTheAssistant) {
  conversation_.messages = {Said(Role::kUser, "a"), Said(Role::kAssistant, "b"),
                            Said(Role::kUser, "c")};
  conversation_.messages[1].content.push_back(Document("a"));
  EXPECT_THAT(Refusal(), HasSubstr("messages.1.content.1"));
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

}  // namespace
}  // namespace bedplate::runtime
