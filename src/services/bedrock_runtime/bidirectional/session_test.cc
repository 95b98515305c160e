#include "services/bedrock_runtime/bidirectional/session.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::services::bedrock_runtime::bidirectional {
namespace {

using Step = Session::Step;
using testing::HasSubstr;

const std::string kSessionStart = R"({"event":{"sessionStart":{}}})";
const std::string kPromptStart = R"({"event":{"promptStart":{"promptName":"p"}}})";
const std::string kPromptEnd = R"({"event":{"promptEnd":{"promptName":"p"}}})";
const std::string kSessionEnd = R"({"event":{"sessionEnd":{}}})";

std::string ContentStart(std::string_view name, std::string_view role, bool interactive = false) {
  return fmt::format(
      R"({{"event":{{"contentStart":{{"promptName":"p","contentName":"{}","type":"TEXT",)"
      R"("role":"{}","interactive":{},"textInputConfiguration":{{"mediaType":"text/plain"}}}}}}}})",
      name, role, interactive);
}
std::string ToolStart(std::string_view name, std::string_view id) {
  return fmt::format(
      R"({{"event":{{"contentStart":{{"promptName":"p","contentName":"{}","type":"TOOL",)"
      R"("role":"TOOL","interactive":false,"toolResultInputConfiguration":{{"toolUseId":"{}",)"
      R"("type":"TEXT","textInputConfiguration":{{"mediaType":"text/plain"}}}}}}}}}})",
      name, id);
}
std::string Text(std::string_view name, std::string_view text,
                 std::string_view event = "textInput") {
  return fmt::format(
      R"({{"event":{{"{}":{{"promptName":"p","contentName":"{}","content":"{}"}}}}}})", event, name,
      text);
}
std::string ContentEnd(std::string_view name) {
  return fmt::format(R"({{"event":{{"contentEnd":{{"promptName":"p","contentName":"{}"}}}}}})",
                     name);
}

class SessionTest : public testing::Test {
 protected:
  // Takes the events, each of which must be right; what the last asks for.
  Step Take(const std::vector<std::string>& events) {
    Step last = Step::kListen;
    for (const std::string& event : events) {
      const auto step = session_.Take(event);
      EXPECT_TRUE(step) << event << ": " << step.error().message;
      last = step.value_or(Step::kListen);
    }
    return last;
  }
  Step Say(std::string_view name, std::string_view role, std::string_view text,
           bool interactive = false) {
    return Take({ContentStart(name, role, interactive), Text(name, text), ContentEnd(name)});
  }
  std::string Refusal(const std::string& event) {
    const auto step = session_.Take(event);
    if (step) return "";
    EXPECT_EQ(step.error().fault, Fault::kValidation);
    return step.error().message;
  }
  void Open() { Take({kSessionStart, kPromptStart}); }
  static runtime::Message Answer(std::vector<runtime::ContentBlock> blocks) {
    return {.role = runtime::Role::kAssistant, .content = std::move(blocks)};
  }
  // "user: a|b; assistant: c"
  std::string Messages() const {
    std::string all;
    for (const runtime::Message& message : session_.conversation().messages) {
      if (!all.empty()) all += "; ";
      all += message.role == runtime::Role::kUser ? "user:" : "assistant:";
      for (const auto& block : message.content) {
        if (const auto* text = std::get_if<runtime::TextBlock>(&block)) all += " " + text->text;
        if (const auto* use = std::get_if<runtime::ToolUseBlock>(&block)) all += " use " + use->id;
        if (const auto* result = std::get_if<runtime::ToolResultBlock>(&block)) {
          all += " result " + result->tool_use_id + "=" +
                 std::get<runtime::TextBlock>(result->content.at(0)).text;
        }
      }
    }
    return all;
  }

  Session session_;
};

TEST_F(SessionTest, BuildsTheConversationThatIsAsked) {
  Take({R"({"event":{"sessionStart":{"inferenceConfiguration":{"maxTokens":7,"topP":0.5,)"
        R"("temperature":0}}}})",
        kPromptStart});
  EXPECT_EQ(Say("s", "SYSTEM", "Be kind.", true), Step::kListen);
  EXPECT_EQ(Say("h1", "USER", "Hi"), Step::kListen);
  EXPECT_EQ(Say("h2", "ASSISTANT", "Hello", true), Step::kListen);
  EXPECT_EQ(Say("q", "USER", "How?", true), Step::kAnswer);
  const runtime::Conversation& conversation = session_.conversation();
  EXPECT_EQ(session_.prompt_name(), "p");
  EXPECT_EQ(conversation.settings.tokens_max, 7);
  EXPECT_EQ(conversation.settings.top_p, 0.5F);
  EXPECT_EQ(conversation.settings.temperature, 0.0F);
  EXPECT_EQ(std::get<std::string>(conversation.system.at(0)), "Be kind.");
  EXPECT_EQ(Messages(), "user: Hi; assistant: Hello; user: How?");
  session_.AddAnswer(Answer({runtime::TextBlock{.text = "So."}}));
  EXPECT_EQ(Say("q2", "USER", "And?", true), Step::kAnswer);
  EXPECT_EQ(Messages(), "user: Hi; assistant: Hello; user: How?; assistant: So.; user: And?");
  EXPECT_EQ(Take({kPromptEnd, kSessionEnd}), Step::kEnd);
}

TEST_F(SessionTest, ContentsOfOneRoleInARowAreOneMessage) {
  Open();
  Take({ContentStart("a", "USER"), Text("a", "on"), Text("a", "e"), ContentEnd("a")});
  EXPECT_EQ(Say("b", "USER", "two", true), Step::kAnswer);
  EXPECT_EQ(Messages(), "user: one two");
  // A model that says nothing leaves no message.
  session_.AddAnswer(Answer({}));
  Say("c", "USER", "three", true);
  EXPECT_EQ(Messages(), "user: one two three");
}

TEST_F(SessionTest, AsksTheModelWhenTheLastResultOfItsToolsIsThere) {
  Take({kSessionStart,
        R"({"event":{"promptStart":{"promptName":"p","toolConfiguration":{"tools":[{"toolSpec":{)"
        R"("name":"get","description":"Gets.","inputSchema":{"json":"{\"type\":\"object\"}"}}}],)"
        R"("toolChoice":{"tool":{"name":"get"}}},)"
        R"("toolUseOutputConfiguration":{"mediaType":"application/json"}}}})"});
  Say("q", "USER", "Look", true);
  const models::ChatTool& tool = session_.conversation().tools.at(0);
  EXPECT_EQ(tool.name, "get");
  EXPECT_EQ(tool.description, "Gets.");
  EXPECT_EQ(tool.schema, R"({"type":"object"})");
  EXPECT_EQ(session_.conversation().tool_choice.kind, models::ChatToolChoice::Kind::kNamed);
  EXPECT_EQ(session_.conversation().tool_choice.name, "get");
  session_.AddAnswer(Answer({runtime::TextBlock{.text = "Hm."}, runtime::ToolUseBlock{.id = "1"},
                             runtime::ToolUseBlock{.id = "2"}}));
  EXPECT_EQ(Take({ToolStart("r2", "2"), Text("r2", "two", "toolResult"), ContentEnd("r2")}),
            Step::kListen);
  EXPECT_EQ(Take({ToolStart("r1", "1"), Text("r1", "one", "toolResult"), ContentEnd("r1")}),
            Step::kAnswer);
  EXPECT_EQ(Messages(), "user: Look; assistant: Hm. use 1 use 2; user: result 2=two result 1=one");
}

TEST_F(SessionTest, APromptBeginsAnew) {
  Open();
  Say("q", "USER", "Hi", true);
  session_.AddAnswer(Answer({runtime::ToolUseBlock{.id = "1"}}));
  Take({kPromptEnd, R"({"event":{"promptStart":{"promptName":"p2"}}})",
        R"({"event":{"contentStart":{"promptName":"p2","contentName":"q","type":"TEXT",)"
        R"("role":"USER"}}})"});
  EXPECT_EQ(Messages(), "");
  EXPECT_EQ(session_.prompt_name(), "p2");
}

TEST_F(SessionTest, RefusesWhatIsNoEvent) {
  for (const char* text : {"", "{", "[]", "5", "{}", R"({"event":5})", R"({"event":{}})",
                           R"({"event":{"sessionStart":{},"sessionEnd":{}}})"}) {
    EXPECT_FALSE(Refusal(text).empty()) << text;
  }
  EXPECT_THAT(Refusal("{"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Refusal(R"({"event":{"dance":{}}})"),
              HasSubstr("There is no event 'dance'. Send one of: sessionStart, promptStart"));
  EXPECT_THAT(Refusal(R"({"event":{"sessionStart":5}})"), HasSubstr("an object at 'sessionStart'"));
}

TEST_F(SessionTest, RefusesEventsInTheWrongOrder) {
  EXPECT_THAT(Refusal(kPromptStart), HasSubstr("promptStart came before sessionStart"));
  EXPECT_THAT(Refusal(kSessionEnd), HasSubstr("sessionEnd came before sessionStart"));
  Take({kSessionStart});
  EXPECT_THAT(Refusal(kSessionStart), HasSubstr("A second sessionStart"));
  EXPECT_THAT(Refusal(ContentStart("c", "USER")), HasSubstr("send its promptStart first"));
  EXPECT_THAT(Refusal(kPromptEnd), HasSubstr("promptEnd.promptName 'p' is not open"));
  Take({kPromptStart});
  EXPECT_THAT(Refusal(kPromptStart), HasSubstr("before the promptEnd of 'p'"));
  EXPECT_THAT(Refusal(kSessionEnd), HasSubstr("sessionEnd came before the promptEnd of 'p'"));
  EXPECT_THAT(Refusal(Text("c", "x")),
              HasSubstr("contentName 'c' is not open: send its contentSt"));
  EXPECT_THAT(Refusal(ContentEnd("c")), HasSubstr("contentEnd.contentName 'c' is not open"));
  Take({ContentStart("c", "USER")});
  EXPECT_THAT(Refusal(ContentStart("d", "USER")), HasSubstr("before the contentEnd of 'c'"));
  EXPECT_THAT(Refusal(Text("d", "x")), HasSubstr("contentName 'd' is not open: 'c' is"));
  EXPECT_THAT(Refusal(Text("c", "x", "toolResult")), HasSubstr("toolResult came in content 'c'"));
  EXPECT_THAT(Refusal(ContentEnd("c")), HasSubstr("before a textInput of content 'c'"));
  EXPECT_THAT(Refusal(kPromptEnd), HasSubstr("promptEnd came before the contentEnd of 'c'"));
  Take({Text("c", "x"), ContentEnd("c")});
  EXPECT_THAT(Refusal(Text("c", "y")), HasSubstr("contentName 'c' is not open"));
  EXPECT_THAT(Refusal(ContentStart("c", "USER")), HasSubstr("'c' was used before in this prompt"));
  EXPECT_THAT(Refusal(ContentStart("s", "SYSTEM")), HasSubstr("role SYSTEM came after a message"));
  Take({kPromptEnd});
  EXPECT_THAT(Refusal(kPromptStart), HasSubstr("promptName 'p' was used before"));
}

TEST_F(SessionTest, RefusesResultsThatNoToolWaitsForAndTextInTheirPlace) {
  Open();
  EXPECT_THAT(Refusal(ToolStart("r", "1")), HasSubstr("toolUseId '1' is none of the tool uses that "
                                                      "wait for a result: there are none"));
  Say("q", "USER", "Look", true);
  session_.AddAnswer(Answer({runtime::ToolUseBlock{.id = "7"}}));
  EXPECT_THAT(Refusal(ToolStart("r", "1")), HasSubstr("wait for a result: 7"));
  EXPECT_THAT(Refusal(ContentStart("t", "USER", true)), HasSubstr("these tool uses must: 7"));
  Take({ToolStart("r", "7")});
  EXPECT_THAT(Refusal(Text("r", "x")), HasSubstr("textInput came in content 'r'"));
  EXPECT_THAT(Refusal(ContentEnd("r")), HasSubstr("before a toolResult of content 'r'"));
}

TEST_F(SessionTest, RefusesSoundByName) {
  Take({kSessionStart});
  EXPECT_THAT(
      Refusal(R"({"event":{"promptStart":{"promptName":"p","audioOutputConfiguration":{}}}})"),
      HasSubstr("doesn't support the audioOutputConfiguration field"));
  Take({kPromptStart});
  EXPECT_THAT(Refusal(R"({"event":{"contentStart":{"promptName":"p","contentName":"c",)"
                      R"("type":"AUDIO","role":"USER"}}})"),
              HasSubstr("doesn't support the AUDIO content block"));
  EXPECT_THAT(Refusal(R"({"event":{"audioInput":{}}})"), HasSubstr("support audioInput events"));
}

TEST_F(SessionTest, RefusesMembersByPlace) {
  const auto starts = [&](std::string_view config) {
    return Refusal(
        fmt::format(R"({{"event":{{"sessionStart":{{"inferenceConfiguration":{}}}}}}})", config));
  };
  EXPECT_EQ(starts(R"({"maxTokens":0})"),
            "Expected a whole number of 1 or more, not 0, at "
            "'sessionStart.inferenceConfiguration.maxTokens'.");
  EXPECT_THAT(starts(R"({"maxTokens":1.5})"), HasSubstr("inferenceConfiguration.maxTokens"));
  EXPECT_THAT(starts(R"({"topP":1.1})"), HasSubstr("a number from 0 to 1, not 1.1, at"));
  EXPECT_THAT(starts(R"({"temperature":"hot"})"), HasSubstr("inferenceConfiguration.temperature"));
  EXPECT_THAT(starts("[]"), HasSubstr("Expected an object"));
  Take({kSessionStart});
  const auto prompt = [&](std::string_view members) {
    return Refusal(fmt::format(R"({{"event":{{"promptStart":{{{}}}}}}})", members));
  };
  EXPECT_THAT(prompt(""), HasSubstr("at 'promptStart.promptName'"));
  EXPECT_THAT(prompt(R"("promptName":5)"), HasSubstr("Expected a text at"));
  EXPECT_THAT(prompt(R"("promptName":"p","textOutputConfiguration":{"mediaType":"text/html"})"),
              HasSubstr("Expected text/plain, not 'text/html', at"));
  EXPECT_THAT(prompt(R"("promptName":"p","toolConfiguration":{"tools":[{"toolSpec":{}}]})"),
              HasSubstr("at 'promptStart.toolConfiguration.tools.0.toolSpec.name'"));
  EXPECT_THAT(prompt(R"("promptName":"p","toolConfiguration":{"tools":[{"toolSpec":{"name":"a",)"
                     R"("inputSchema":{"json":{}}}}]})"),
              HasSubstr("toolSpec.inputSchema.json"));
  EXPECT_THAT(prompt(R"("promptName":"p","toolConfiguration":{"tools":5})"),
              HasSubstr("Expected an array"));
  Take({kPromptStart});
  EXPECT_THAT(Refusal(ContentStart("c", "BOSS")), HasSubstr("not 'BOSS', at 'contentStart.role'"));
  EXPECT_THAT(Refusal(R"({"event":{"contentStart":{"promptName":"p","contentName":"c",)"
                      R"("type":"VIDEO","role":"USER"}}})"),
              HasSubstr("Expected TEXT, not 'VIDEO', at 'contentStart.type'"));
  EXPECT_THAT(Refusal(R"({"event":{"contentStart":{"promptName":"p","contentName":"c",)"
                      R"("type":"TEXT","role":"USER","interactive":"yes"}}})"),
              HasSubstr("true or false at 'contentStart.interactive'"));
  EXPECT_THAT(Refusal(R"({"event":{"contentStart":{"promptName":"q","contentName":"c"}}})"),
              HasSubstr("promptName 'q' is not open: 'p' is"));
  Take({ContentStart("c", "USER")});
  EXPECT_THAT(Refusal(Text("c", "")), HasSubstr("at 'textInput.content'"));
}

TEST_F(SessionTest, BoundsAContent) {
  Open();
  const std::string half(Session::kContentBytesMax / 2, 'x');
  Take({ContentStart("c", "USER"), Text("c", half), Text("c", half)});
  EXPECT_THAT(Refusal(Text("c", "x")), HasSubstr("It can have at most 1000000"));
}

}  // namespace
}  // namespace bedplate::services::bedrock_runtime::bidirectional
