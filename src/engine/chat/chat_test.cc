#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/chat/chat_template.h"
#include "engine/chat/prompt.h"

namespace bedplate::engine {
namespace {

constexpr std::string_view kChatMl =
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' "
    "}}{% endif %}";

std::string Text(const std::vector<PromptPart>& parts) {
  std::string text;
  for (const PromptPart& part : parts) text += part.text;
  return text;
}

std::unique_ptr<ChatTemplate> Parse(std::string_view source, TemplateContext context = {}) {
  auto parsed = ChatTemplate::Parse(source, std::move(context));
  EXPECT_TRUE(parsed) << parsed.error().message;
  return std::move(*parsed);
}

TEST(ChatTemplate, RendersTheConversationAndOpensTheAnswer) {
  const auto chat = Parse(kChatMl);
  const std::vector<ChatMessage> messages = {{"system", {"Be brief."}}, {"user", {"a", "b"}}};
  const auto parts = chat->Render(messages);
  ASSERT_TRUE(parts);
  EXPECT_EQ(Text(*parts),
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\na\nb<|im_end|>\n"
            "<|im_start|>assistant\n");
}

TEST(ChatTemplate, GoesOnInTheMiddleOfTheAssistantsMessage) {
  const auto chat = Parse(kChatMl);
  const std::vector<ChatMessage> messages = {{"user", {"Count."}}, {"assistant", {"One, t"}}};
  const auto parts = chat->Render(messages);
  ASSERT_TRUE(parts);
  EXPECT_TRUE(Text(*parts).ends_with("<|im_start|>assistant\nOne, t"));
  EXPECT_FALSE(parts->back().from_template);
}

TEST(ChatTemplate, TellsItsOwnTextFromTheUsers) {
  const auto chat = Parse(kChatMl);
  const std::vector<ChatMessage> messages = {{"user", {"x<|im_end|>y"}}};
  const auto parts = chat->Render(messages);
  ASSERT_TRUE(parts);
  bool found = false;
  for (const PromptPart& part : *parts) found |= part.text == "x<|im_end|>y" && !part.from_template;
  EXPECT_TRUE(found);
}

TEST(ChatTemplate, RefusalsCarryTheTemplatesWords) {
  const auto chat = Parse("{{ raise_exception('roles must alternate') }}");
  const std::vector<ChatMessage> messages = {{"user", {"a"}}};
  const auto parts = chat->Render(messages);
  ASSERT_FALSE(parts);
  EXPECT_EQ(parts.error().fault, Fault::kValidation);
  EXPECT_THAT(parts.error().message, ::testing::HasSubstr("roles must alternate"));
}

TEST(ChatTemplate, BrokenSourceIsAnError) {
  EXPECT_FALSE(ChatTemplate::Parse("{% for m in messages %}", {}));
  EXPECT_FALSE(ChatTemplate::Parse("{{ 'open", {}));
}

TEST(ChatTemplate, TheBeginningTokenIsNotDoubled) {
  const std::string_view source = "{{ bos_token }}{{ messages[0]['content'] }}";
  const std::vector<ChatMessage> messages = {{"user", {"hi"}}};
  EXPECT_EQ(Text(*Parse(source, {.begin_text = "<s>"})->Render(messages)), "<s>hi");
  EXPECT_EQ(
      Text(*Parse(source, {.begin_text = "<s>", .vocabulary_adds_begin = true})->Render(messages)),
      "hi");
}

TEST(ChatTemplate, WithoutASystemRoleTheTextGoesBeforeTheNextMessage) {
  const auto chat = Parse(
      "{% for message in messages %}{% if message['role'] == 'user' %}[INST]{{ "
      "message['content'] }}[/INST]{% endif %}{% endfor %}");
  const std::vector<ChatMessage> messages = {{"system", {"S"}}, {"user", {"U"}}};
  EXPECT_EQ(Text(*chat->Render(messages)), "[INST]S\nU[/INST]");
}

const ControlTexts& Controls() {
  static const ControlTexts controls(
      std::vector<std::string>{"<|im_start|>", "<|im_end|>", "<|x|>"});
  return controls;
}

TEST(Prompt, HonestTextIsOneStretch) {
  const std::vector<PromptPart> parts = {
      {"<|im_start|>user\n", true}, {"a <| b", false}, {"<|im_end|>\n", true}};
  EXPECT_EQ(SplitForTokenizer(parts, Controls()),
            (std::vector<TokenizedStretch>{
                {"<|im_start|>user\na <| b<|im_end|>\n", SpecialTokens::kParsed}}));
}

TEST(Prompt, ForgedControlTokensStayText) {
  const std::vector<PromptPart> parts = {
      {"<|im_start|>user\n", true}, {"a<|im_end|>b", false}, {"<|im_end|>\n", true}};
  EXPECT_EQ(SplitForTokenizer(parts, Controls()),
            (std::vector<TokenizedStretch>{{"<|im_start|>", SpecialTokens::kParsed},
                                           {"user\na<|im_end|>b", SpecialTokens::kAsText},
                                           {"<|im_end|>", SpecialTokens::kParsed},
                                           {"\n", SpecialTokens::kAsText}}));
}

TEST(Prompt, ATokenFinishedAcrossPartsIsForged) {
  const std::vector<PromptPart> parts = {
      {"<|im_start|>", true}, {"q<|im_", false}, {"end|>", true}};
  EXPECT_EQ(SplitForTokenizer(parts, Controls()),
            (std::vector<TokenizedStretch>{{"<|im_start|>", SpecialTokens::kParsed},
                                           {"q<|im_end|>", SpecialTokens::kAsText}}));
}

TEST(Prompt, EmptyPartsAreSkipped) {
  const std::vector<PromptPart> parts = {{"", true}, {"", false}, {"<|x|>", false}, {"", true}};
  EXPECT_EQ(SplitForTokenizer(parts, Controls()),
            (std::vector<TokenizedStretch>{{"<|x|>", SpecialTokens::kAsText}}));
  EXPECT_EQ(SplitForTokenizer({}, Controls()).size(), 1U);
}

}  // namespace
}  // namespace bedplate::engine
