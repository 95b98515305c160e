#include "base/json/value.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <string>

#include "base/json/writer.h"

namespace bedplate::json {
namespace {

TEST(JsonValue, ParsesAndWritesBack) {
  const std::string text =
      R"({"a":1,"b":-2.5,"c":[true,false,null,"x\"\\\n\u0001"],"d":{},"e":18446744073709551615})";
  const auto value = Value::Parse(text);
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(value->ToJson(), text);
}

TEST(JsonValue, NamesTheByteOfAMistake) {
  const auto value = Value::Parse("{\"a\":}");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().fault, Fault::kValidation);
  EXPECT_EQ(value.error().message, "Expected a value at byte 5");
  EXPECT_FALSE(Value::Parse("1e400"));
}

TEST(JsonValue, BoundsHowManyValuesAreKept) {
  std::string text = "[0";
  for (size_t i = 0; i < kValuesMax; ++i) text += ",0";
  const auto value = Value::Parse(text + "]");
  ASSERT_FALSE(value);
  EXPECT_TRUE(value.error().message.starts_with("More than 1000000 values"));
}

TEST(JsonValue, LooksUpAndChanges) {
  Value value;
  value.Set("stop", "a");
  value.Set("n", 3);
  value.Set("stop", Value::Array{Value("b")});
  value.Find("stop")->Append(Value(1.5));
  EXPECT_EQ(value.ToJson(), R"({"stop":["b",1.5],"n":3})");
  EXPECT_EQ(value.Find("missing"), nullptr);
  EXPECT_TRUE(value.Remove("n"));
  EXPECT_FALSE(value.Remove("n"));
  EXPECT_EQ(value.ToJson(), R"({"stop":["b",1.5]})");
  EXPECT_EQ(Value("text").Find("a"), nullptr);
}

TEST(JsonValue, ConvertsNumbersOnlyWhereExact) {
  int64_t integer = 0;
  EXPECT_TRUE(Value(3.0).ToInt64(integer));
  EXPECT_EQ(integer, 3);
  EXPECT_FALSE(Value(3.5).ToInt64(integer));
  EXPECT_FALSE(Value(0x1p63).ToInt64(integer));
  EXPECT_FALSE(Value(UINT64_MAX).ToInt64(integer));
  EXPECT_FALSE(Value("3").ToInt64(integer));
  double number = 0;
  EXPECT_TRUE(Value(7).ToDouble(number));
  EXPECT_EQ(number, 7.0);
  EXPECT_FALSE(Value(true).ToDouble(number));
}

TEST(JsonValue, ComparesNumbersByValueAndObjectsWithoutOrder) {
  EXPECT_EQ(Value(1), Value(1.0));
  EXPECT_NE(Value(1), Value(1.5));
  EXPECT_NE(Value(1), Value(true));
  EXPECT_EQ(*Value::Parse(R"({"a":1,"b":[1,2]})"), *Value::Parse(R"({"b":[1,2],"a":1e0})"));
  EXPECT_NE(*Value::Parse(R"({"a":1})"), *Value::Parse(R"({"b":1})"));
  EXPECT_NE(*Value::Parse("[1,2]"), *Value::Parse("[2,1]"));
}

TEST(JsonWriter, WritesNullForWhatJsonCannotSay) {
  EXPECT_EQ(Value(std::nan("")).ToJson(), "null");
  EXPECT_EQ(Value(INFINITY).ToJson(), "null");
}

Value RandomValue(std::mt19937_64& random, int depth) {
  const auto text = [&random] {
    std::string result;
    for (size_t i = random() % 20; i > 0; --i) {
      static constexpr const char* kPieces[] = {
          "a", "\"", "\\", "\n", "\x01", "\u00e9", "\u20ac", "\U0001F600", " ", "/", "z"};
      result += kPieces[random() % std::size(kPieces)];
    }
    return result;
  };
  switch (random() % (depth > 0 ? 8 : 6)) {
    case 0:
      return {};
    case 1:
      return Value(random() % 2 == 0);
    case 2:
      return Value(static_cast<int64_t>(random()) >> (random() % 64));
    case 3:
      return Value(random() >> (random() % 64));
    case 4: {
      const double number = std::bit_cast<double>(random());
      return Value(std::isfinite(number) ? number : 0.5);
    }
    case 5:
      return Value(text());
    case 6: {
      Value::Array array;
      for (size_t i = random() % 5; i > 0; --i) array.push_back(RandomValue(random, depth - 1));
      return Value(std::move(array));
    }
    default: {
      Value object{Value::Object()};
      for (size_t i = random() % 5; i > 0; --i) {
        object.Set(text(), RandomValue(random, depth - 1));
      }
      return object;
    }
  }
}

TEST(JsonProperty, WhatWasWrittenReadsBackTheSame) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 5000; ++i) {
    const Value value = RandomValue(random, 5);
    const std::string json = value.ToJson();
    const auto back = Value::Parse(json);
    ASSERT_TRUE(back) << json << ": " << back.error().message;
    ASSERT_EQ(*back, value) << json;
    ASSERT_EQ(back->ToJson(), json);
  }
}

TEST(JsonProperty, DamagedTextNeverHarms) {
  std::mt19937_64 random(11);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string json = RandomValue(random, 4).ToJson();
    for (size_t k = random() % 3 + 1; k > 0; --k) {
      json[random() % json.size()] = static_cast<char>(random());
    }
    if (const auto value = Value::Parse(json)) {
      const auto again = Value::Parse(value->ToJson());
      ASSERT_TRUE(again && *again == *value) << json;
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10000);
}

}  // namespace
}  // namespace bedplate::json
