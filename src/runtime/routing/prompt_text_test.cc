#include "runtime/routing/prompt_text.h"

#include <gtest/gtest.h>

namespace bedplate::runtime {
namespace {

TEST(PromptTextTest, IsWhatTheUserSaidLast) {
  Conversation conversation;
  EXPECT_EQ(PromptText(conversation), "");
  conversation.messages = {
      {.role = Role::kUser, .content = {TextBlock{"first"}}},
      {.role = Role::kAssistant, .content = {TextBlock{"answer"}}},
      {.role = Role::kUser, .content = {TextBlock{"one"}, ImageBlock{}, TextBlock{"two"}}},
      {.role = Role::kAssistant, .content = {TextBlock{"so"}}}};
  EXPECT_EQ(PromptText(conversation), "one\ntwo");
  conversation.messages[2].content = {ImageBlock{}};
  EXPECT_EQ(PromptText(conversation), "");
}

TEST(PromptTextTest, IsFoundInBodiesOfEveryFamily) {
  EXPECT_EQ(PromptTextOfBody(R"({"prompt":"p"})"), "p");
  EXPECT_EQ(PromptTextOfBody(R"({"inputText":"i"})"), "i");
  EXPECT_EQ(PromptTextOfBody(R"({"messages":[{"role":"user","content":"a"},
      {"role":"assistant","content":"b"}]})"),
            "a");
  EXPECT_EQ(PromptTextOfBody(R"({"messages":[{"role":"user","content":"a"},
      {"role":"user","content":[{"type":"text","text":"c"},{"image":{}},{"text":"d"}]}]})"),
            "c\nd");
  EXPECT_EQ(PromptTextOfBody(R"({"prompt":"p","messages":[{"role":"user","content":"a"}]})"), "a");
  for (const char* body : {"", "[]", "{}", "nonsense", R"({"messages":5})",
                           R"({"messages":[1,{"role":2},{"role":"user"}]})", R"({"prompt":7})"}) {
    EXPECT_EQ(PromptTextOfBody(body), "") << body;
  }
}

}  // namespace
}  // namespace bedplate::runtime
