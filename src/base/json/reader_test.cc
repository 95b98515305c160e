#include "base/json/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace bedplate::json {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

std::string ErrorOf(std::string_view text) {
  Reader reader(text);
  reader.Skip();
  reader.Finish();
  return reader.error();
}

TEST(JsonReader, TakesEveryKindOfValue) {
  Reader reader(R"( {"a": [1, -2.5e3, true, null], "b\n": "x"} )");
  std::string_view key;
  ASSERT_TRUE(reader.BeginObject());
  ASSERT_TRUE(reader.NextKey(key));
  EXPECT_EQ(key, "a");
  ASSERT_TRUE(reader.BeginArray());
  ASSERT_TRUE(reader.NextElement());
  EXPECT_EQ(reader.Number(), "1");
  ASSERT_TRUE(reader.NextElement());
  EXPECT_EQ(reader.Number(), "-2.5e3");
  ASSERT_TRUE(reader.NextElement());
  bool boolean = false;
  EXPECT_TRUE(reader.Boolean(boolean));
  EXPECT_TRUE(boolean);
  ASSERT_TRUE(reader.NextElement());
  EXPECT_TRUE(reader.Null());
  EXPECT_FALSE(reader.NextElement());
  ASSERT_TRUE(reader.NextKey(key));
  EXPECT_EQ(key, "b\n");
  std::string text;
  EXPECT_TRUE(reader.String(text));
  EXPECT_EQ(text, "x");
  EXPECT_FALSE(reader.NextKey(key));
  EXPECT_TRUE(reader.Finish());
}

TEST(JsonReader, UnescapesStrings) {
  Reader reader(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\uD83D\uDE00 end of a long string")");
  EXPECT_EQ(reader.String(), "\"\\/\b\f\n\r\tA\u00e9\u20ac\U0001F600 end of a long string");
  EXPECT_TRUE(reader.Finish());
}

TEST(JsonReader, RefusesWhatIsNotJson) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "ends where a value should be"},
      {"{", "Expected a key in quotes at byte 1"},
      {"{\"a\"", "Expected ':'"},
      {"{\"a\":1,}", "Expected a key in quotes at byte 7"},
      {"{\"a\":1 \"b\":2}", "Expected ',' or '}' at byte 7"},
      {"[1,]", "Expected a value at byte 3"},
      {"[1 2]", "Expected ',' or ']'"},
      {"01", "Something after the value at byte 1"},
      {"-", "Expected a digit"},
      {"1.", "Expected a digit"},
      {"1e", "Expected a digit"},
      {".5", "Expected a value"},
      {"+1", "Expected a value"},
      {"NaN", "Expected a value"},
      {"tru", "Expected a value"},
      {"'a'", "Expected a value"},
      {"\"a", "without its closing quote"},
      {"\"a\nb\"", "control character"},
      {"\"\\x\"", "escape"},
      {"\"\\u12\"", "unfinished escape"},
      {"\"\\u12g4\"", "hexadecimal"},
      {"\"\\ud800\"", "surrogate"},
      {"\"\\ud800\\u0041\"", "surrogate"},
      {"\"\\udc00\"", "surrogate"},
      {"{} {}", "Something after"},
      {"/**/1", "Expected a value"},
      {"\xEF\xBB\xBF{}", "Expected a value"},
  };
  for (const auto& [text, words] : cases) EXPECT_THAT(ErrorOf(text), HasSubstr(words)) << text;
}

TEST(JsonReader, RefusesTextThatIsNotUtf8) {
  for (const char* text : {"\"\x80\"", "\"\xC0\xAF\"", "\"\xE0\x80\x80\"", "\"\xED\xA0\x80\"",
                           "\"\xF4\x90\x80\x80\"", "\"\xF8\x88\x80\x80\x80\"", "\"\xE2\x82\""}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("not UTF-8")) << text;
  }
  EXPECT_EQ(ErrorOf("\"\u00e9 \u20ac \U0001F600 \U0010FFFF\""), "");
}

TEST(JsonReader, RefusesAKeyThatStandsTwice) {
  EXPECT_THAT(ErrorOf(R"({"a":1,"b":2,"\u0061":3})"), HasSubstr("Key 'a' stands twice"));
  EXPECT_EQ(ErrorOf(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})"), "");
}

TEST(JsonReader, RefusesAKeyThatStandsTwiceInALargeObject) {
  const auto object = [](int last) {
    std::string text = "{";
    for (int i = 0; i < 5000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
    return text + "\"\\u006b" + std::to_string(last) + "\":0}";  // an escaped k
  };
  EXPECT_THAT(ErrorOf(object(17)), HasSubstr("Key 'k17' stands twice"));
  EXPECT_THAT(ErrorOf(object(4999)), HasSubstr("twice"));
  EXPECT_EQ(ErrorOf(object(5000)), "");
}

// One of 32,768 keys that XXH3 gives one hash, as a JSON string. XXH3 adds products of the halves
// of eight bytes to their sum; in two places one half is what its constants take to zero, and the
// other halves, with these digits, keep their sum.
std::string ForgedKey(int number) {
  std::string one;
  std::string other;
  for (int i = 0; i < 3; ++i) {
    const int digit = number >> 5 * i & 31;
    one += static_cast<char>(']' + digit);
    other += static_cast<char>('}' - digit);
  }
  return '"' + std::string(16, 'k') + one + "\xF4\x83\x90\x97\xDB\x80" + std::string(55, 'k') +
         other + "\xE3\xB7\xB3g\\u001f" + std::string(153, 'k') + '"';
}

std::string ForgedObject(int keys) {
  std::string text = "{";
  for (int i = 0; i < keys; ++i) text += ForgedKey(i) + ":0,";
  text.back() = '}';
  return text;
}

// A comparison that looked at the rest of the document would make minutes of this.
TEST(JsonReader, ForgedHashesCostNoMoreThanTheirKeys) {
  EXPECT_EQ(ErrorOf(ForgedObject(30'000)), "");
  std::string pairs = "[0";
  for (int i = 0; i < 300'000; ++i) pairs += R"(,{"a\u0062":1,"abc":2})";  // one hash as well
  EXPECT_EQ(ErrorOf(pairs + "]"), "");
}

TEST(JsonReader, FindsAKeyThatStandsTwiceAmongOthersOfItsHash) {
  for (const int keys : {8, 40, 2000}) {
    for (const int twice : {0, keys / 2, keys - 1}) {
      std::string text = ForgedObject(keys);
      text.back() = ',';
      const size_t at = text.size();
      EXPECT_THAT(ErrorOf(text + ForgedKey(twice) + ":1}"),
                  EndsWith("stands twice in its object at byte " + std::to_string(at)));
      EXPECT_EQ(ErrorOf(text + ForgedKey(keys) + ":1}"), "");
    }
  }
}

// Keys are compared from their text in the document, escapes and all.
TEST(JsonReader, ComparesKeysAsTheyAreMeant) {
  const std::string many = [] {
    std::string text;
    for (int i = 0; i < 40; ++i) text += ",\"k" + std::to_string(i) + "\":0";
    return text;
  }();
  for (const std::string& more : {std::string(), many}) {
    const auto object = [&](std::string_view one, std::string_view other) {
      return ErrorOf("{\"" + std::string(one) + "\":0" + more + ",\"" + std::string(other) +
                     "\":0}");
    };
    // Each pair has one hash: it hangs on the first, the middle and the last byte and the length.
    EXPECT_EQ(object("ab", "abc"), "");
    EXPECT_EQ(object(R"(a\u0062)", "abc"), "");
    EXPECT_EQ(object("abc", R"(\u0061b)"), "");
    EXPECT_EQ(object(R"(a\")", R"(a\"#)"), "");
    EXPECT_EQ(object(R"(a\\)", R"(a\\])"), "");
    for (const auto& [one, other] : std::vector<std::pair<std::string_view, std::string_view>>{
             {"ab", R"(\u0061\u0062)"},
             {R"(a\u0062)", "ab"},
             {R"(\/\u0022\\)", R"(/\"\u005C)"},
             {R"(\uD83D\uDE00)", "\U0001F600"},
             {"", ""}}) {
      EXPECT_THAT(object(one, other), HasSubstr("stands twice")) << one << " " << other;
    }
  }
}

TEST(JsonReader, BoundsDepth) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(ErrorOf(nested(kDepthMax)), "");
  EXPECT_THAT(ErrorOf(nested(kDepthMax + 1)), HasSubstr("Nesting of more than 128 levels"));
  EXPECT_THAT(ErrorOf(std::string(10'000'000, '[')), HasSubstr("Nesting"));
}

TEST(JsonReader, KeepsTheFirstFailureAndEndsLoops) {
  Reader reader(R"({"a": [tru, 1, 2], "b": 3})");
  std::string_view key;
  int keys = 0;
  int elements = 0;
  ASSERT_TRUE(reader.BeginObject());
  while (reader.NextKey(key)) {
    ++keys;
    reader.BeginArray();
    while (reader.NextElement()) {
      ++elements;
      reader.Number();
    }
  }
  EXPECT_EQ(keys, 1);
  EXPECT_EQ(elements, 1);
  EXPECT_EQ(reader.error(), "Expected a number at byte 7");
  EXPECT_FALSE(reader.Finish());
}

TEST(JsonReader, RawGivesTheTextOfAValue) {
  Reader reader(R"([ {"n": 1e400, "s": "\u00e9"} , 7])");
  ASSERT_TRUE(reader.BeginArray());
  ASSERT_TRUE(reader.NextElement());
  EXPECT_EQ(reader.Raw(), R"({"n": 1e400, "s": "\u00e9"})");
  ASSERT_TRUE(reader.NextElement());
  EXPECT_EQ(reader.Raw(), "7");
  EXPECT_FALSE(reader.NextElement());
  EXPECT_TRUE(reader.Finish());
}

TEST(JsonNumber, IntegersAreExact) {
  const std::pair<const char*, int64_t> good[] = {
      {"0", 0},
      {"-0", 0},
      {"9223372036854775807", INT64_MAX},
      {"-9223372036854775808", INT64_MIN},
      {"1.0", 1},
      {"1e3", 1000},
      {"-12.50e1", -125},
      {"9007199254740993.0", 9007199254740993},
      {"0.0000000000000000000000000000e99", 0},
      {"100000000000000000000000000e-25", 10},
      {"92233720368547758.07e2", INT64_MAX},
  };
  for (const auto& [text, expected] : good) {
    int64_t value = 42;
    EXPECT_TRUE(ToInt64(text, value)) << text;
    EXPECT_EQ(value, expected) << text;
  }
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "0.5", "1e19", "1e-1",
                           "1e99999999999999999999", "1e-99999999999999999999", "12.34e1"}) {
    int64_t value = 0;
    EXPECT_FALSE(ToInt64(text, value)) << text;
  }
}

TEST(JsonNumber, DoublesAreTheNearest) {
  double value = 0;
  EXPECT_TRUE(ToDouble("0.1", value));
  EXPECT_EQ(value, 0.1);
  EXPECT_TRUE(ToDouble("1e-400", value));
  EXPECT_EQ(value, 0.0);
  EXPECT_TRUE(ToDouble("1.7976931348623157e308", value));
  EXPECT_FALSE(ToDouble("1e400", value));
  EXPECT_FALSE(ToDouble("-1e400", value));
  float small = 0;
  EXPECT_TRUE(ToFloat("0.1", small));
  EXPECT_EQ(small, 0.1F);
  EXPECT_FALSE(ToFloat("1e39", small));
}

}  // namespace
}  // namespace bedplate::json
