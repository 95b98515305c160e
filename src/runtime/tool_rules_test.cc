#include "runtime/tool_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::runtime {
namespace {

using testing::HasSubstr;

Message Using(std::vector<std::string> ids) {
  Message message{.role = Role::kAssistant};
  for (std::string& id : ids) {
    message.content.push_back(ToolUseBlock{.id = std::move(id), .name = "get", .input = "{}"});
  }
  return message;
}

Message Results(std::vector<std::string> ids) {
  Message message{.role = Role::kUser};
  for (std::string& id : ids) {
    message.content.push_back(
        ToolResultBlock{.tool_use_id = std::move(id), .content = {TextBlock{"ok"}}});
  }
  return message;
}

class ToolRules : public testing::Test {
 protected:
  std::string Refusal() {
    auto ok = CheckTools(conversation_);
    if (ok) return "";
    EXPECT_EQ(ok.error().fault, Fault::kValidation);
    return ok.error().message;
  }
  std::string SchemaRefusal(std::string schema) {
    conversation_.tools[1].schema = std::move(schema);
    return Refusal();
  }

  Conversation conversation_{.messages = {{.role = Role::kUser, .content = {TextBlock{"hi"}}},
                                          Using({"a", "b"}),
                                          Results({"b", "a"})},
                             .tools = {{.name = "get", .schema = R"({"type":"object"})"},
                                       {.name = "put", .schema = R"({"type":"object"})"}}};
};

TEST_F(ToolRules, TakesCallsWithTheirResults) {
  EXPECT_EQ(Refusal(), "");
  conversation_.messages[2].content.push_back(TextBlock{"go on"});
  conversation_.messages.push_back(Using({"a"}));  // ids are a turn's own
  conversation_.messages.push_back(Results({"a"}));
  EXPECT_EQ(Refusal(), "");
}

TEST_F(ToolRules, DemandsToolsWhereTheyWereUsed) {
  conversation_.tools.clear();
  EXPECT_EQ(
      Refusal(),
      "The toolConfig field must be defined when using toolUse and toolResult content blocks.");
}

TEST_F(ToolRules, DemandsAResultOfEachCall) {
  conversation_.messages[2] = Results({"a"});
  EXPECT_EQ(Refusal(), "Expected toolResult blocks at messages.2.content for the following Ids: b");
  conversation_.messages[2] = {.role = Role::kUser, .content = {TextBlock{"well?"}}};
  EXPECT_EQ(Refusal(),
            "Expected toolResult blocks at messages.2.content for the following Ids: a, b");
  conversation_.messages[2] = Results({"a", "c"});
  EXPECT_EQ(Refusal(), "Expected toolResult blocks at messages.2.content for the following Ids: b");
}

TEST_F(ToolRules, DemandsResultsOfTheLastTurnToo) {
  conversation_.messages.pop_back();
  EXPECT_EQ(Refusal(),
            "Expected toolResult blocks at messages.2.content for the following Ids: a, b");
}

TEST_F(ToolRules, RefusesResultsOfNoCall) {
  conversation_.messages[2] = Results({"a", "b", "c"});
  EXPECT_EQ(Refusal(),
            "The number of toolResult blocks at messages.2.content exceeds the number of toolUse "
            "blocks of previous turn.");
  conversation_.messages = {Results({"a"})};
  EXPECT_THAT(Refusal(), HasSubstr("at messages.0.content exceeds"));
}

TEST_F(ToolRules, RefusesAnIdTwiceInAMessage) {
  conversation_.messages[2] = Results({"a", "b", "a"});
  EXPECT_EQ(Refusal(), "The toolResult blocks at messages.2.content contain duplicate Ids: a");
  conversation_.messages[1] = Using({"b", "a", "b"});
  EXPECT_EQ(Refusal(), "The toolUse blocks at messages.1.content contain duplicate Ids: b");
}

TEST_F(ToolRules, HoldsSchemasToTheirForm) {
  EXPECT_EQ(SchemaRefusal("[]"),
            "The format of the value at toolConfig.tools.1.toolSpec.inputSchema.json is invalid. "
            "Provide a json object for the field and try again.");
  EXPECT_THAT(SchemaRefusal(R"("{}")"), HasSubstr("inputSchema.json is invalid"));
  const char* type =
      "The value at toolConfig.tools.1.toolSpec.inputSchema.json.type must be one of the "
      "following: object.";
  EXPECT_EQ(SchemaRefusal("{}"), type);
  EXPECT_EQ(SchemaRefusal(R"({"type":"array"})"), type);
  EXPECT_EQ(SchemaRefusal(R"({"type":["object"]})"), type);
  EXPECT_EQ(SchemaRefusal(R"({"type":"object","properties":null})"),
            "The json schema definition at toolConfig.tools.1.toolSpec.inputSchema is invalid. Fix "
            "the following errors and try again: $.properties: null found, object expected");
}

TEST_F(ToolRules, DemandsNamesOfTheirOwn) {
  conversation_.tools[1].name = "get";
  EXPECT_THAT(Refusal(), HasSubstr("toolConfig.tools contain duplicate names: get."));
}

TEST_F(ToolRules, ChoosesOnlyAToolThatThereIs) {
  conversation_.tool_choice = {.kind = models::ChatToolChoice::Kind::kNamed, .name = "put"};
  EXPECT_EQ(Refusal(), "");
  conversation_.tool_choice.name = "fly";
  EXPECT_THAT(Refusal(), HasSubstr("The tool fly at toolConfig.toolChoice.tool.name is not one"));
}

TEST(CheckOutputSchema, TakesASchemaAlone) {
  EXPECT_TRUE(CheckOutputSchema({.schema = R"({"type":"array","items":{"type":"string"}})"}));
  for (const char* bad : {"", "x", "[]", "{\"type\":\"object\""}) {
    auto ok = CheckOutputSchema({.schema = bad});
    ASSERT_FALSE(ok) << bad;
    EXPECT_EQ(ok.error().message,
              "The format of the value at outputConfig.textFormat.structure.jsonSchema.schema is "
              "invalid. Provide a json object for the field and try again.");
  }
  EXPECT_THAT(CheckOutputSchema({.schema = R"({"type":"thing"})"}).error().message,
              HasSubstr("$.type: does not have a value in the enumeration [array, boolean,"));
}

}  // namespace
}  // namespace bedplate::runtime
