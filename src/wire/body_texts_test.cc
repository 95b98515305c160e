// The texts of a body that no handler decodes.
#include "wire/body_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "wire/operation.h"
#include "wire/schema.h"

namespace bedplate::wire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr Shape kText{.name = "Text", .kind = Kind::kString};
constexpr Shape kTexts{.name = "Texts", .kind = Kind::kList};
constexpr Shape kBytes{.name = "Bytes", .kind = Kind::kBlob};
constexpr Member kPartMembers[] = {{.name = "id", .wire_name = "Id", .shape = &kText},
                                   {.name = "list", .wire_name = "list", .shape = &kTexts}};
constexpr Shape kPart{.name = "Part", .members = kPartMembers, .member_count = 2};
constexpr Member kInputMembers[] = {
    {.name = "name", .wire_name = "name", .shape = &kText, .location = Location::kUri},
    {.name = "word", .wire_name = "word", .shape = &kText},
    {.name = "part", .wire_name = "part", .shape = &kPart}};
constexpr Shape kInput{.name = "Input", .members = kInputMembers, .member_count = 3};
constexpr Member kPayloadMembers[] = {
    {.name = "body", .wire_name = "body", .shape = &kBytes, .traits = kPayload}};
constexpr Shape kPayloadInput{.name = "Raw", .members = kPayloadMembers, .member_count = 1};

Result<BodyTexts> Read(std::string_view body, const Shape* input = &kInput,
                       Protocol protocol = Protocol::kRestJson) {
  const Operation operation{.name = "Put", .input = input};
  const Match match{.operation = &operation, .protocol = protocol};
  return ReadBodyTexts(match, body);
}

std::string Refusal(std::string_view body) {
  const auto read = Read(body);
  if (read) return "";
  EXPECT_EQ(read.error().fault, Fault::kValidation);
  return read.error().message;
}

TEST(ReadBodyTexts, StringsOfStructures) {
  const auto read =
      Read(R"({"x":[{"word":"no"}],"part":{"list":["a"],"Id":"\u0069d","y":1},"word":"w"})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(*read, ElementsAre(Pair("part.id", "id"), Pair("word", "w")));
}

TEST(ReadBodyTexts, NothingOfWhatIsNotThere) {
  EXPECT_THAT(*Read(""), IsEmpty());
  EXPECT_THAT(*Read("{}"), IsEmpty());
  EXPECT_THAT(*Read("[1]"), IsEmpty());
  EXPECT_THAT(*Read(R"({"word":null,"part":null})"), IsEmpty());
  EXPECT_THAT(*Read(R"({"part":"x","WORD":"w"})"), IsEmpty());
  // What the path says, a body can't.
  EXPECT_THAT(*Read(R"({"name":"other"})"), IsEmpty());
}

TEST(ReadBodyTexts, OnlyOfBodiesThatAreTheInput) {
  EXPECT_THAT(*Read("not JSON", &kPayloadInput), IsEmpty());
  EXPECT_THAT(*Read("not JSON", nullptr), IsEmpty());
  EXPECT_THAT(*Read("word=w", &kInput, Protocol::kQuery), IsEmpty());
}

TEST(ReadBodyTexts, RefusesWhatOthersMightReadInAnotherWay) {
  EXPECT_THAT(Refusal("not JSON"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Refusal(R"({"word":"a"} x)"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Refusal(R"({"word":"a","word":"b"})"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Refusal(R"({"part":{"Id":"a"},"part":{}})"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Refusal(R"({"part":{"Id":"a","\u0049d":"b"}})"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Refusal(R"({"part":{"Id":7}})"), HasSubstr("Expected a string for part.id"));
  EXPECT_THAT(Refusal(std::string(100'000, '[')), HasSubstr("not valid JSON"));
}

TEST(ReadTopText, OfTheObjectItself) {
  EXPECT_EQ(ReadTopText(R"({"a":{"tier":"x"},"tier":"flex","b":[1]})", "tier"), "flex");
  EXPECT_EQ(ReadTopText(R"({"a":{"tier":"x"},"tier":7})", "tier"), "");
  EXPECT_EQ(ReadTopText(R"(["tier"])", "tier"), "");
  EXPECT_EQ(ReadTopText(R"({"tier":"flex",)", "tier"), "");
  EXPECT_EQ(ReadTopText("", "tier"), "");
}

}  // namespace
}  // namespace bedplate::wire
