#include "engine/chat/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/chat/pattern.h"

namespace bedplate::engine {
namespace {

using ::testing::HasSubstr;

Result<json::Value> Check(const std::string& schema, SchemaUse use = SchemaUse::kStrict) {
  SchemaTotals totals;
  const auto value = json::Value::Parse(schema);
  EXPECT_TRUE(value) << schema;
  return EnforceableSchema(*value, "schema", use, totals);
}

void ExpectRefused(const std::string& schema, const std::string& message,
                   SchemaUse use = SchemaUse::kStrict) {
  const auto checked = Check(schema, use);
  ASSERT_FALSE(checked) << schema.substr(0, 200);
  EXPECT_THAT(checked.error().message, HasSubstr(message));
}

TEST(Schema, KeepsWhatCanBeHeldTo) {
  const std::string schema =
      R"({"type":"object","properties":{"a":{"type":"string","pattern":"^[a-z]{2}$"},)"
      R"("b":{"type":["integer","null"]},"c":{"enum":[1,"x",null]},"d":{"$ref":"#/$defs/d"},)"
      R"("e":{"type":"array","items":{"type":"number"},"minItems":1,"maxItems":3},)"
      R"("f":{"type":"integer","minimum":0,"maximum":9}},"required":["a"],)"
      R"("additionalProperties":false,"$defs":{"d":{"anyOf":[{"type":"boolean"},{"const":5}]}}})";
  const auto checked = Check(schema);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(*checked, *json::Value::Parse(schema));
}

TEST(Schema, AnnotationsGoAndSingleAllOfIsWhatItHolds) {
  const auto checked = Check(
      R"({"title":"T","description":"d","default":1,"allOf":[{"type":"integer","examples":[1]}]})");
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->ToJson(), R"({"type":"integer"})");
}

TEST(Schema, WhatCannotBeHeldToIsNamedOrLeftOut) {
  for (const char* keyword :
       {R"("not":{"type":"null"})", R"("multipleOf":2)", R"("uniqueItems":true)",
        R"("patternProperties":{})", R"("if":{})", R"("minimum":1.5)", R"("pattern":"a")",
        R"("oneOf":[{"type":"null"}])"}) {
    const std::string schema = std::string("{") + keyword + "}";
    ExpectRefused(schema, "schema.");
    EXPECT_TRUE(Check(schema, SchemaUse::kHint)) << schema;
  }
  EXPECT_EQ(Check(R"({"type":"number","minimum":1})", SchemaUse::kHint)->ToJson(),
            R"({"type":"number"})");
  ExpectRefused(R"({"anyOf":[{"type":"null"}],"type":"object"})", "beside \"$ref\" or \"anyOf\"");
  ExpectRefused(R"({"type":"object","properties":{},"required":["x"]})", "required property");
}

TEST(Schema, NonsenseIsRefusedEvenAsAHint) {
  for (const auto& [schema, message] : std::vector<std::pair<std::string, std::string>>{
           {"7", "schema: expected a schema (an object), got 7"},
           {R"({"type":"text"})", "schema.type: expected the name of a JSON type"},
           {R"({"properties":[]})", "schema.properties: expected an object of schemas"},
           {R"({"properties":{"a":false}})", "schema.properties.a: expected a schema"},
           {R"({"enum":[]})", "schema.enum: expected a list of at least one value"},
           {R"({"anyOf":{}})", "schema.anyOf: expected a list"},
           {R"({"minLength":-1})", "schema.minLength: expected a count, got -1"},
           {R"({"minItems":3,"maxItems":2})", "a lower bound is above the upper one"},
           {R"({"$ref":"http://x/y"})", "schema.$ref: expected a reference to a part of the same"},
           {R"({"$ref":"#/$defs/none"})", "schema.$ref"},
       }) {
    ExpectRefused(schema, message, SchemaUse::kHint);
  }
}

std::string Repeat(const std::string& text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

// Each limit: taken at it, refused beyond it.
TEST(Schema, StaysWithinItsLimits) {
  const auto nested = [](size_t depth) {
    return Repeat(R"({"type":"array","items":)", depth - 1) + "{}" + Repeat("}", depth - 1);
  };
  EXPECT_TRUE(Check(nested(kSchemaDepthMax)));
  ExpectRefused(nested(kSchemaDepthMax + 1), "levels deep");

  const auto members = [](size_t count, const std::string& more) {
    std::string schema = R"({"type":"object","properties":{)";
    std::string required;
    for (size_t i = 0; i < count; ++i) {
      const std::string name = "\"p" + std::to_string(i) + "\"";
      schema += (i > 0 ? "," : "") + name + ":{\"type\":\"null\"}";
      required += (i > 0 ? "," : "") + name;
    }
    return schema + "}" + (more == "required" ? ",\"required\":[" + required + "]" : more) + "}";
  };
  EXPECT_TRUE(Check(members(kSchemaNodesMax - 1, "required")));
  ExpectRefused(members(kSchemaNodesMax, "required"), "subschemas");
  EXPECT_TRUE(Check(members(kSchemaOptionalMax, "")));
  ExpectRefused(members(kSchemaOptionalMax + 1, ""), "not required");

  const auto values = [](size_t count) { return "{\"enum\":[1" + Repeat(",1", count - 1) + "]}"; };
  EXPECT_TRUE(Check(values(kSchemaEnumValuesMax)));
  ExpectRefused(values(kSchemaEnumValuesMax + 1), "enum values");
  ExpectRefused("{\"const\":\"" + std::string(kSchemaTextMax, 'x') + "\"}", "bytes");
  ExpectRefused("{\"properties\":{\"" + std::string(kSchemaNameMax + 1, 'x') + "\":{}}}", "names");

  ExpectRefused(R"({"type":"string","maxLength":1001})", "expected at most 1000");
  const std::string string = R"({"type":"string","maxLength":1000})";
  const auto strings = [&](size_t count) {
    return R"({"anyOf":[)" + string + Repeat("," + string, count - 1) + "]}";
  };
  EXPECT_TRUE(Check(strings(10)));
  ExpectRefused(strings(11), "all counts together");
}

TEST(Schema, ReferencesAreCountedAsOftenAsTheyAreFollowed) {
  const auto doubling = [](int levels) {
    std::string schema = R"({"$ref":"#/$defs/d0","$defs":{)";
    for (int i = 0; i < levels; ++i) {
      const std::string next = "{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"}";
      schema += "\"d" + std::to_string(i) + "\":{\"anyOf\":[" + next + "," + next + "]},";
    }
    return schema + "\"d" + std::to_string(levels) + "\":{\"type\":\"null\"}}}";
  };
  EXPECT_TRUE(Check(doubling(8)));
  ExpectRefused(doubling(25), "when its references are followed", SchemaUse::kHint);
  const auto tree = Check(
      R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{
          "children":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["children"]}}})");
  EXPECT_TRUE(tree) << tree.error().message;
}

TEST(Schema, TheLimitsAreOfAllSchemasTogether) {
  SchemaTotals totals;
  const auto schema = *json::Value::Parse("{\"enum\":[1" + Repeat(",1", 599) + "]}");
  EXPECT_TRUE(EnforceableSchema(schema, "a", SchemaUse::kHint, totals));
  EXPECT_FALSE(EnforceableSchema(schema, "b", SchemaUse::kHint, totals));
}

std::string Rewritten(std::string_view pattern) {
  int64_t repeats = 0;
  const auto rewritten = GrammarPattern(pattern, repeats);
  return rewritten ? *rewritten : "no: " + rewritten.error().message;
}

TEST(Pattern, IsRewrittenForStringsInJson) {
  EXPECT_EQ(Rewritten("^[a-z]{2,3}-\\d+$"), "^[a-z]{2,3}-[0-9]+$");
  EXPECT_EQ(Rewritten("^(a|b)?\\.\\w*$"), "^(a|b)?\\.[A-Za-z0-9_]*$");
  EXPECT_EQ(Rewritten("^.$"), R"(^[^"\\\x00-\x1F\x7F]$)");
  EXPECT_EQ(Rewritten("^[^\\d,]$"), R"(^[^0-9,"\\\x00-\x1F\x7F]$)");
  EXPECT_EQ(Rewritten("^[\\]\\-a]$"), R"(^[\]\-a]$)");
}

TEST(Pattern, WhatIsNotSupportedIsSaid) {
  for (const std::string pattern :
       {"abc",       "^abc",     "abc$",   "^a\\$",  "^(?=a)b$", "^(?<n>a)$", "^a\\b$",
        "^\\s$",     "^a\\1$",   "^a\"b$", "^\\\\$", "^[ -~]$",  "^[a$",      "^a{,2}$",
        "^a{1001}$", "^a{2,1}$", "^[]$",   "^a^b$",  "^\n$",     "^[z-a]$"}) {
    EXPECT_THAT(Rewritten(pattern), HasSubstr("no: ")) << pattern;
  }
  EXPECT_THAT(Rewritten("^" + std::string(300, 'a') + "$"), HasSubstr("at most 256"));
}

}  // namespace
}  // namespace bedplate::engine
