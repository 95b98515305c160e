#include "services/bedrock_runtime/bidirectional/answer_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json/value.h"

namespace bedplate::services::bedrock_runtime::bidirectional {
namespace {

using Kind = runtime::AnswerPiece::Kind;
using runtime::StopReason;
using testing::ElementsAre;

class AnswerEventsTest : public testing::Test {
 protected:
  void Keep(AnswerEvents::Events events) {
    for (const std::string& text : events) {
      auto event = json::Value::Parse(text);
      ASSERT_TRUE(event) << text;
      ASSERT_EQ(event->Find("event")->AsObject()->size(), 1u) << text;
      kept_.push_back(event->Find("event")->AsObject()->front());
    }
  }
  void Answer(const std::vector<runtime::AnswerPiece>& pieces, const runtime::Outcome& outcome) {
    kept_.clear();
    Keep(events_.Begin("p"));
    for (const auto& piece : pieces) Keep(events_.Take(piece));
    Keep(events_.Finish(outcome));
  }
  static std::string TextOf(const json::Value& fields, std::string_view name) {
    const json::Value* value = fields.Find(name);
    return value == nullptr ? "" : value->AsString() ? *value->AsString() : value->ToJson();
  }
  // "name" and what of it tells it from others of that name.
  std::vector<std::string> Kinds() const {
    std::vector<std::string> kinds;
    for (const auto& [name, fields] : kept_) {
      std::string kind = name;
      for (const char* field : {"type", "content", "stopReason"}) {
        if (const std::string text = TextOf(fields, field); !text.empty()) kind += " " + text;
      }
      kinds.push_back(kind);
    }
    return kinds;
  }

  AnswerEvents events_;
  std::vector<std::pair<std::string, json::Value>> kept_;
};

TEST_F(AnswerEventsTest, TellsATextAsItComes) {
  Answer({{.kind = Kind::kText, .text = "Hel"}, {.kind = Kind::kText, .text = "lo \"you\""}},
         {.usage = {.input_tokens = 5, .output_tokens = 2}});
  EXPECT_THAT(Kinds(), ElementsAre("completionStart", "contentStart TEXT", "textOutput Hel",
                                   "textOutput lo \"you\"", "contentEnd TEXT END_TURN",
                                   "usageEvent", "completionEnd END_TURN"));
  for (const auto& [name, fields] : kept_) {
    EXPECT_EQ(TextOf(fields, "promptName"), "p");
    EXPECT_EQ(TextOf(fields, "sessionId"), TextOf(kept_[0].second, "sessionId"));
    EXPECT_EQ(TextOf(fields, "completionId"), TextOf(kept_[0].second, "completionId"));
  }
  const json::Value& start = kept_[1].second;
  EXPECT_EQ(TextOf(start, "role"), "ASSISTANT");
  EXPECT_EQ(TextOf(start, "additionalModelFields"), R"({"generationStage":"FINAL"})");
  EXPECT_EQ(TextOf(start, "textOutputConfiguration"), R"({"mediaType":"text/plain"})");
  EXPECT_EQ(TextOf(kept_[2].second, "contentId"), TextOf(start, "contentId"));
  EXPECT_EQ(TextOf(kept_[4].second, "contentId"), TextOf(start, "contentId"));
  const runtime::Message message = events_.TakeMessage();
  ASSERT_EQ(message.content.size(), 1u);
  EXPECT_EQ(std::get<runtime::TextBlock>(message.content[0]).text, "Hello \"you\"");
}

TEST_F(AnswerEventsTest, CountsWhatEachAnswerUsedAndTheirSum) {
  Answer({{.kind = Kind::kText, .text = "a"}}, {.usage = {.input_tokens = 5, .output_tokens = 2}});
  Answer({{.kind = Kind::kText, .text = "b"}}, {.usage = {.input_tokens = 9, .output_tokens = 3}});
  const json::Value& usage = kept_.at(4).second;
  EXPECT_EQ(TextOf(usage, "details"), R"({"delta":{"input":{"speechTokens":0,"textTokens":9},)"
                                      R"("output":{"speechTokens":0,"textTokens":3}},)"
                                      R"("total":{"input":{"speechTokens":0,"textTokens":14},)"
                                      R"("output":{"speechTokens":0,"textTokens":5}}})");
  EXPECT_EQ(TextOf(usage, "totalInputTokens"), "14");
  EXPECT_EQ(TextOf(usage, "totalOutputTokens"), "5");
  EXPECT_EQ(TextOf(usage, "totalTokens"), "19");
}

TEST_F(AnswerEventsTest, ACompletionGoesOnWithTheResultsOfTools) {
  Answer({{.kind = Kind::kReasoning, .text = "Hm"},
          {.kind = Kind::kText, .text = "See."},
          {.kind = Kind::kToolUse, .text = "1", .name = "get"},
          {.kind = Kind::kToolInput, .text = R"({"a":)"},
          {.kind = Kind::kToolInput, .text = "1}"},
          {.kind = Kind::kToolUse, .text = "2", .name = "put"}},
         {.stop_reason = StopReason::kToolUse});
  EXPECT_THAT(Kinds(),
              ElementsAre("completionStart", "contentStart TEXT", "textOutput See.",
                          "contentEnd TEXT PARTIAL_TURN", "contentStart TOOL", R"(toolUse {"a":1})",
                          "contentEnd TOOL TOOL_USE", "contentStart TOOL", "toolUse {}",
                          "contentEnd TOOL TOOL_USE", "usageEvent"));
  const json::Value& use = kept_[5].second;
  EXPECT_EQ(TextOf(use, "toolName"), "get");
  EXPECT_EQ(TextOf(use, "toolUseId"), "1");
  EXPECT_EQ(TextOf(use, "contentId"), TextOf(kept_[4].second, "contentId"));
  EXPECT_EQ(TextOf(kept_[4].second, "toolUseOutputConfiguration"),
            R"({"mediaType":"application/json"})");
  const std::string completion = TextOf(kept_[0].second, "completionId");
  const runtime::Message message = events_.TakeMessage();
  ASSERT_EQ(message.content.size(), 4u);
  EXPECT_EQ(std::get<runtime::ReasoningBlock>(message.content[0]).text, "Hm");
  EXPECT_EQ(std::get<runtime::ToolUseBlock>(message.content[2]).input, R"({"a":1})");

  Answer({{.kind = Kind::kText, .text = "Done."}}, {});
  EXPECT_THAT(Kinds(),
              ElementsAre("contentStart TEXT", "textOutput Done.", "contentEnd TEXT END_TURN",
                          "usageEvent", "completionEnd END_TURN"));
  EXPECT_EQ(TextOf(kept_[0].second, "completionId"), completion);
  Answer({{.kind = Kind::kText, .text = "Next."}}, {});
  EXPECT_NE(TextOf(kept_[0].second, "completionId"), completion);
}

TEST_F(AnswerEventsTest, AToolUseThatIsNotWholeIsNone) {
  Answer({{.kind = Kind::kToolUse, .text = "1", .name = "get"},
          {.kind = Kind::kToolInput, .text = R"({"a":)"}},
         {.stop_reason = StopReason::kMaxTokens});
  EXPECT_THAT(Kinds(), ElementsAre("completionStart", "usageEvent", "completionEnd MAX_TOKENS"));
  EXPECT_TRUE(events_.TakeMessage().content.empty());
}

TEST_F(AnswerEventsTest, WhatNoConversationCanHoldIsNotKept) {
  Answer({{.kind = Kind::kToolUse, .text = "1", .name = "get"},
          {.kind = Kind::kToolInput, .text = "[]"}},
         {.stop_reason = StopReason::kToolUse});
  EXPECT_THAT(Kinds(), ElementsAre("completionStart", "usageEvent", "completionEnd TOOL_USE"));
  EXPECT_TRUE(events_.TakeMessage().content.empty());
  Answer({{.kind = Kind::kText, .text = "\n "}}, {.stop_reason = StopReason::kMaxTokens});
  EXPECT_THAT(Kinds(), testing::Contains("textOutput \n "));
  EXPECT_TRUE(events_.TakeMessage().content.empty());
}

}  // namespace
}  // namespace bedplate::services::bedrock_runtime::bidirectional
