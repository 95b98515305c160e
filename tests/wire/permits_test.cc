// The texts of a decoded input's members, and that no handler answers before its permission was
// asked.
#include "wire/permits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/wire/sample_service.h"
#include "wire/member_texts.h"

namespace bedplate::wire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> TextsOf(const sample::PutThingRequest& input, std::string_view path) {
  std::vector<std::string> all;
  for (const MemberText& each : ObjectTexts(sample::PutThingRequest::kShape, &input).Find(path)) {
    all.push_back(each.key.empty() ? each.text : each.key + "=" + each.text);
  }
  return all;
}

TEST(ObjectTexts, OfEveryKind) {
  sample::PutThingRequest input;
  input.thingId = "a:b/c";
  input.dryRun = true;
  input.limit = -12;
  input.big = 9'007'199'254'740'993;
  input.ratio = 0.5F;
  input.color = wire::OpenEnum<sample::Color>::FromText("purple");
  input.data = Blob{.bytes = std::string("\0\1\2", 3)};
  input.at = Timestamp{.seconds = 1'714'979'289};
  input.tagKeys = std::vector<std::string>{"one", "two"};
  input.labels = std::map<std::string, std::string>{{"k", "v"}, {"l", ""}};
  EXPECT_THAT(TextsOf(input, "thingId"), ElementsAre("a:b/c"));
  EXPECT_THAT(TextsOf(input, "dryRun"), ElementsAre("true"));
  EXPECT_THAT(TextsOf(input, "limit"), ElementsAre("-12"));
  EXPECT_THAT(TextsOf(input, "big"), ElementsAre("9007199254740993"));
  EXPECT_THAT(TextsOf(input, "ratio"), ElementsAre("0.5"));
  EXPECT_THAT(TextsOf(input, "color"), ElementsAre("purple"));
  EXPECT_THAT(TextsOf(input, "data"), ElementsAre("AAEC"));
  EXPECT_THAT(TextsOf(input, "at"), ElementsAre("2024-05-06T07:08:09Z"));
  EXPECT_THAT(TextsOf(input, "tagKeys"), ElementsAre("one", "two"));
  EXPECT_THAT(TextsOf(input, "labels"), ElementsAre("k=v", "l="));
  EXPECT_THAT(TextsOf(input, "name"), IsEmpty());
  EXPECT_THAT(TextsOf(input, "nothing"), IsEmpty());
}

TEST(ObjectTexts, BelowStructuresAndLists) {
  sample::PutThingRequest input;
  input.tree.emplace().label = "root";
  input.tree->twin.emplace().label = "twin";
  input.tree->children.emplace();
  for (const char* name : {"a", "b"}) input.tree->children->emplace_back().label = name;
  input.choices.emplace().emplace_back().text = "x";
  input.choices->emplace_back().number = 7;
  EXPECT_THAT(TextsOf(input, "tree.label"), ElementsAre("root"));
  EXPECT_THAT(TextsOf(input, "tree.twin.label"), ElementsAre("twin"));
  EXPECT_THAT(TextsOf(input, "tree.children.label"), ElementsAre("a", "b"));
  EXPECT_THAT(TextsOf(input, "tree.label.more"), IsEmpty());
  EXPECT_THAT(TextsOf(input, "choices.text"), ElementsAre("x"));
  EXPECT_THAT(TextsOf(input, "choices.number"), ElementsAre("7"));
}

// Allows nothing that has a denied action; waits where it is told to.
class TestPermission final : public Permission {
 public:
  const CallerNames& caller() const override { return caller_; }
  std::optional<Result<void>> TryCheck(const Ask& ask) override {
    if (waits) return std::nullopt;
    return CheckHere(ask);
  }
  net::Task<Result<void>> Check(Ask ask) override { co_return CheckHere(ask); }
  Result<void> CheckHere(const Ask& ask) override {
    asks.push_back(ask.action + " on " + ask.arn);
    if (ask.action == denied) return Fail(Fault::kAccessDenied, "no");
    return {};
  }
  std::unique_ptr<Permission> As(std::shared_ptr<const void>) override { return nullptr; }

  bool waits = false;
  std::string denied;
  std::vector<std::string> asks;

 private:
  const CallerNames caller_{.account = "111122223333", .region = "eu-west-1", .username = ""};
};

class PermitsTest : public testing::TestWithParam<bool> {
 protected:
  PermitsTest() {
    permission_.waits = GetParam();
    for (const Operation& each : sample::kService.operations) {
      if (each.name == "PutThing") operation_ = each;
    }
    server_.permission = &permission_;
    server_.operation = &operation_;
  }

  Outcome Put(const Permits* permits) {
    operation_.permits = permits;
    net::Request request;
    request.method = "POST";
    request.target = "/things/abc/parts/x";
    return server_.Serve(request, R"({"name": "n"})");
  }

  TestPermission permission_;
  Operation operation_;
  SampleServer server_;
};

TEST_P(PermitsTest, AreAskedBeforeTheHandlerRuns) {
  const PermitRule rules[] = {{.action = "a:Put", .arn = "arn:aws:a:::{thingId}"},
                              {.action = "a:Name", .arn = "{name}", .name = "name"}};
  const Permits permits{.rules = rules};
  EXPECT_EQ(Put(&permits).error_message, "");
  EXPECT_THAT(permission_.asks, ElementsAre("a:Put on arn:aws:a:::abc", "a:Name on n"));
  EXPECT_EQ(server_.handler.calls, 1);
  permission_.denied = "a:Name";
  const Outcome denied = Put(&permits);
  EXPECT_EQ(denied.error_message, "no");
  EXPECT_EQ(denied.status, 403);
  EXPECT_EQ(server_.handler.calls, 1);
}

TEST_P(PermitsTest, NothingIsAnsweredThatNobodyAskedFor) {
  const Permits by_handler{.by_handler = true};
  const Outcome outcome = Put(&by_handler);
  EXPECT_EQ(outcome.status, 500);
  EXPECT_THAT(outcome.error_message, HasSubstr("was not asked for"));
  EXPECT_EQ(Put(nullptr).status, 500);
  const Permits nothing{};
  EXPECT_EQ(Put(&nothing).error_message, "");
}

INSTANTIATE_TEST_SUITE_P(AtOnceAndWaiting, PermitsTest, testing::Bool());

}  // namespace
}  // namespace bedplate::wire
