#include "runtime/json_schema_rules.h"

#include <gtest/gtest.h>

namespace bedplate::runtime {
namespace {

std::string Faults(std::string_view schema) {
  auto value = json::Value::Parse(schema);
  return value ? SchemaFaults(*value) : "no JSON: " + value.error().message;
}

TEST(SchemaFaults, FindsNoneInASchema) {
  EXPECT_EQ(Faults("true"), "");
  EXPECT_EQ(Faults(R"({
      "$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {"t": {"type": "null"}},
      "type": ["object", "null"], "title": "T", "description": "D", "required": ["a"],
      "properties": {"a": {"type": "string", "enum": ["x", 1, null], "pattern": "^x", "minLength": 1},
                     "b": {"anyOf": [{"$ref": "#/$defs/t"}, false], "not": {}},
                     "type": {"type": "array", "items": {"type": "integer", "maximum": 2.5}},
                     "t": {"items": [{}, true]}},
      "additionalProperties": false, "vendor-key": 5, "default": {"properties": 3}})"),
            "");
}

TEST(SchemaFaults, NamesThePlaceAndTheKind) {
  EXPECT_EQ(Faults("null"), "$: null found, object expected");
  EXPECT_EQ(Faults(R"({"properties":{"a":{"type":5}}})"),
            "$.properties.a.type: number found, string expected");
  EXPECT_EQ(Faults(R"({"required":"a"})"), "$.required: string found, array expected");
  EXPECT_EQ(Faults(R"({"required":["a",1]})"), "$.required[1]: number found, string expected");
  EXPECT_EQ(Faults(R"({"anyOf":[{},{"items":7}]})"),
            "$.anyOf[1].items: number found, object expected");
  EXPECT_EQ(Faults(R"({"items":[{},5]})"), "$.items[1]: number found, object expected");
  EXPECT_EQ(Faults(R"({"enum":{}})"), "$.enum: object found, array expected");
  EXPECT_EQ(Faults(R"({"minLength":"1"})"), "$.minLength: string found, number expected");
  EXPECT_EQ(Faults(R"({"type":["object","any"]})"),
            "$.type[1]: does not have a value in the enumeration [array, boolean, integer, null, "
            "number, object, string]");
  EXPECT_EQ(Faults(R"({"type":"object","description":1,"$defs":[]})"),
            "$.description: number found, string expected; $.$defs: array found, object expected");
}

TEST(SchemaFaults, StopsAfterAFew) {
  std::string many = R"({"required":[)";
  for (int i = 0; i < 1000; ++i) many += "0,";
  EXPECT_EQ(Faults(many + "0]}").size(),
            std::string("$.required[0]: number found, string expected; ").size() * 5 - 2);
}

TEST(SchemaFaults, GoesAsDeepAsJsonDoes) {
  std::string schema = "5";
  for (int i = 0; i < 127; ++i) schema = R"({"not":)" + schema + "}";
  EXPECT_NE(Faults(schema).find(".not.not: number found"), std::string::npos);
}

}  // namespace
}  // namespace bedplate::runtime
