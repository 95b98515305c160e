// What is asked by rules: each form of one, over texts that a test says.
#include "wire/rule_asks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace bedplate::wire {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class TestTexts final : public MemberTexts {
 public:
  explicit TestTexts(std::map<std::string, std::vector<MemberText>, std::less<>> texts)
      : texts_(std::move(texts)) {}
  std::vector<MemberText> Find(std::string_view path) const override {
    const auto found = texts_.find(path);
    return found == texts_.end() ? std::vector<MemberText>() : found->second;
  }

 private:
  const std::map<std::string, std::vector<MemberText>, std::less<>> texts_;
};

std::vector<MemberText> Text(std::string text) { return {{.key = "", .text = std::move(text)}}; }

const CallerNames kCaller{.account = "111122223333", .region = "eu-west-1", .username = "anna"};

std::vector<Ask> AsksBy(PermitRule rule, TestTexts texts) {
  return AsksOf(Permits{.rules = {&rule, 1}}, texts, kCaller);
}

std::string ArnBy(PermitRule rule, TestTexts texts) {
  const auto asks = AsksBy(rule, std::move(texts));
  return asks.size() == 1 ? asks[0].arn : "(" + std::to_string(asks.size()) + " asks)";
}

TEST(AsksOf, FillsTheResource) {
  const PermitRule rule{.action = "a:B",
                        .arn = "arn:aws:a:{region}:{account}:b/{name}/{part.of}",
                        .directory = "bs",
                        .name = "called"};
  const TestTexts texts({{"called", Text("x")}, {"part.of", Text("y")}});
  const auto asks = AsksBy(rule, texts);
  ASSERT_EQ(asks.size(), 1u);
  EXPECT_EQ(asks[0].action, "a:B");
  EXPECT_EQ(asks[0].directory, "bs");
  EXPECT_EQ(asks[0].name, "x");
  EXPECT_EQ(asks[0].arn, "arn:aws:a:eu-west-1:111122223333:b/x/y");
  EXPECT_THAT(asks[0].context, IsEmpty());
}

TEST(AsksOf, WhatIsMeantWithoutAMember) {
  const PermitRule rule{.arn = "arn:aws:iam::{account}:user{Path|/}{UserName}"};
  EXPECT_EQ(ArnBy(rule, TestTexts({{"UserName", Text("b")}})), "arn:aws:iam::111122223333:user/b");
  EXPECT_EQ(ArnBy(rule, TestTexts({{"UserName", Text("b")}, {"Path", Text("/p/")}})),
            "arn:aws:iam::111122223333:user/p/b");
  // Nothing's ARN, so that only who may do so to anything may.
  EXPECT_EQ(ArnBy(rule, TestTexts({})), rule.arn);
}

TEST(AsksOf, AnArnIsTheResources) {
  const PermitRule rule{.arn = "arn:aws:a:::b/{name}", .name = "called"};
  EXPECT_EQ(ArnBy(rule, TestTexts({{"called", Text("arn:aws:a:::b/c")}})), "arn:aws:a:::b/c");
  EXPECT_EQ(ArnBy(rule, TestTexts({{"called", Text("arn")}})), "arn:aws:a:::b/arn");
  // A bucket or key of such a name isn't one.
  const PermitRule object{.arn = "arn:aws:s3:::{Bucket}/{Key}", .name = "Bucket"};
  EXPECT_EQ(ArnBy(object, TestTexts({{"Bucket", Text("arn:aws:s3:::x")}, {"Key", Text("k")}})),
            "arn:aws:s3:::arn:aws:s3:::x/k");
}

TEST(AsksOf, EachNameAndTheCallerItself) {
  const PermitRule each{.arn = "{name}", .name = "called"};
  const auto asks = AsksBy(each, TestTexts({{"called", {{.text = "a"}, {.text = "b"}}}}));
  ASSERT_EQ(asks.size(), 2u);
  EXPECT_EQ(asks[0].arn, "a");
  EXPECT_EQ(asks[1].arn, "b");
  const PermitRule own{.arn = "user/{name}", .name = "called", .own = true};
  EXPECT_EQ(ArnBy(own, TestTexts({})), "user/anna");
  EXPECT_EQ(ArnBy(own, TestTexts({{"called", Text("ben")}})), "user/ben");
  const PermitRule nobody{.arn = "user/{name}", .name = "called"};
  EXPECT_EQ(ArnBy(nobody, TestTexts({})), "user/");
}

TEST(AsksOf, OnlyWhereTheRuleApplies) {
  const PermitRule when{.arn = "*", .when = "tags"};
  EXPECT_THAT(AsksBy(when, TestTexts({})), IsEmpty());
  EXPECT_EQ(ArnBy(when, TestTexts({{"tags", Text("")}})), "*");
  const PermitRule is{.arn = "*", .when = "acl", .when_value = "open"};
  EXPECT_THAT(AsksBy(is, TestTexts({{"acl", Text("private")}})), IsEmpty());
  EXPECT_EQ(ArnBy(is, TestTexts({{"acl", Text("open")}})), "*");
  const PermitRule unless{.arn = "*", .when = "acl", .unless = "acl", .unless_value = "private"};
  EXPECT_THAT(AsksBy(unless, TestTexts({{"acl", Text("private")}})), IsEmpty());
  EXPECT_EQ(ArnBy(unless, TestTexts({{"acl", Text("open")}})), "*");
  EXPECT_THAT(AsksBy(unless, TestTexts({})), IsEmpty());
}

TEST(AsksOf, AnEmptyTextIsAskedForAsThereAndAsNotThere) {
  const PermitRule with{.arn = "with", .when = "VersionId"};
  const PermitRule without{.arn = "without", .unless = "VersionId"};
  const TestTexts empty({{"VersionId", Text("")}});
  EXPECT_EQ(ArnBy(with, empty), "with");
  EXPECT_EQ(ArnBy(without, empty), "without");
  const TestTexts said({{"VersionId", Text("v")}});
  EXPECT_EQ(ArnBy(with, said), "with");
  EXPECT_THAT(AsksBy(without, said), IsEmpty());
}

TEST(CheckNames, RefusesKeysThatDifferInCaseAlone) {
  EXPECT_TRUE(CheckNames({{"a:Tag/team", {"x"}}, {"a:Tag/teams", {"x"}}, {"a:Tag/team", {"y"}}}));
  const auto refused = CheckNames({{"a:Tag/team", {"x"}}, {"a:Tag/Team", {"y"}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kValidation);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("'a:Tag/team' and 'a:Tag/Team'"));
}

TEST(AsksOf, AKeyOfWhatAnArnNamesIsThatArn) {
  const PermitKey keys[] = {
      {.key = "a:Part", .text = "arn:aws:a:{region}:1:part/{part}:{version}"}};
  const auto part = [&](std::string name, std::string version) {
    return AsksBy({.arn = "*", .keys = keys}, TestTexts({{"part", Text(std::move(name))},
                                                         {"version", Text(std::move(version))}}))
        .front()
        .context;
  };
  EXPECT_THAT(part("x", "2"),
              ElementsAre(Pair("a:Part", ElementsAre("arn:aws:a:eu-west-1:1:part/x:2"))));
  EXPECT_THAT(part("arn:aws:a:us-east-1:9:part/y", "2"),
              ElementsAre(Pair("a:Part", ElementsAre("arn:aws:a:us-east-1:9:part/y:2"))));
  // What names nothing holds no value that a policy could take for one.
  EXPECT_THAT(part("", "2"), IsEmpty());
  EXPECT_THAT(part("x", ""), IsEmpty());
}

TEST(AsksOf, ConditionKeys) {
  const PermitKey keys[] = {{.key = "a:Member", .path = "member"},
                            {.key = "a:Absent", .path = "absent"},
                            {.key = "a:List", .path = "list"},
                            {.key = "a:Tag/*", .path = "tags"},
                            {.key = "a:TagKeys", .path = "tags"},
                            {.key = "a:Text", .text = "yes"},
                            {.key = "a:Empty", .text = ""},
                            {.key = "a:Filled", .text = "{region}/{member}"},
                            {.key = "a:Default", .text = "{absent|none}"},
                            {.key = "a:Unfilled", .text = "{absent}"},
                            {.key = "a:Form/*", .path = "form", .form = true},
                            {.key = "a:FormKeys", .path = "form", .form = true},
                            {.key = "a:Bad/*", .path = "bad", .form = true}};
  const auto asks =
      AsksBy({.arn = "*", .keys = keys},
             TestTexts({{"member", Text("m")},
                        {"list", {{.text = "1"}, {.text = "2"}}},
                        {"tags", {{.key = "team", .text = "blue"}, {.key = "stage", .text = ""}}},
                        {"form", Text("x=1&y+z=%26")},
                        {"bad", Text("x=%zz")}}));
  ASSERT_EQ(asks.size(), 1u);
  EXPECT_THAT(
      asks[0].context,
      ElementsAre(
          Pair("a:Member", ElementsAre("m")), Pair("a:List", ElementsAre("1", "2")),
          Pair("a:Tag/team", ElementsAre("blue")), Pair("a:Tag/stage", ElementsAre("")),
          Pair("a:TagKeys", ElementsAre("team", "stage")), Pair("a:Text", ElementsAre("yes")),
          Pair("a:Empty", ElementsAre("")), Pair("a:Filled", ElementsAre("eu-west-1/m")),
          Pair("a:Default", ElementsAre("none")), Pair("a:Form/x", ElementsAre("1")),
          Pair("a:Form/y z", ElementsAre("&")), Pair("a:FormKeys", ElementsAre("x", "y z"))));
}

TEST(AsksOf, KeysOfSeveralMembersHoldTheirValuesTogether) {
  const PermitKey keys[] = {{.key = "a:Pair/*", .path = "equal"},
                            {.key = "a:Pair/*", .path = "subset"},
                            {.key = "a:Keys", .path = "equal"},
                            {.key = "a:Keys", .path = "subset"},
                            {.key = "a:Kind", .path = "equal", .text = "Equal"},
                            {.key = "a:Kind", .path = "other", .text = "Other"}};
  const auto asks = AsksBy(
      {.arn = "*", .keys = keys},
      TestTexts({{"equal", {{.key = "x", .text = "1"}}}, {"subset", {{.key = "y", .text = "2"}}}}));
  ASSERT_EQ(asks.size(), 1u);
  EXPECT_THAT(
      asks[0].context,
      ElementsAre(Pair("a:Pair/x", ElementsAre("1")), Pair("a:Pair/y", ElementsAre("2")),
                  Pair("a:Keys", ElementsAre("x", "y")), Pair("a:Kind", ElementsAre("Equal"))));
}

TEST(RequestTexts, AreLabelsByTheirNames) {
  const Operation operation{.name = "Get", .uri = "/a/{first}/b/{rest+}?list-type=2"};
  Match match{.operation = &operation};
  match.labels.values = {"x%2Fy", "z/%41"};
  match.labels.count = 2;
  net::Request request;
  const RequestTexts texts(match, request);
  ASSERT_EQ(texts.Find("first").size(), 1u);
  EXPECT_EQ(texts.Find("first")[0].text, "x/y");
  EXPECT_EQ(texts.Find("rest")[0].text, "z/A");
  EXPECT_THAT(texts.Find("list-type"), IsEmpty());
  match.labels.values[0] = "%zz";
  EXPECT_THAT(texts.Find("first"), IsEmpty());
}

}  // namespace
}  // namespace bedplate::wire
