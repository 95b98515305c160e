// Whether callers may: their own policies, limits, and those of resources.
#include "gateway/authorization/request_permission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/testing/callers.h"
#include "gateway/testing/test_support.h"

namespace bedplate::gateway {
namespace {

using account::policy::Kind;
using testing::HasSubstr;

const wire::Service kBedrock{.name = "bedrock", .signing_name = "bedrock"};
const wire::Service kS3{.name = "s3", .signing_name = "s3", .protocol = wire::Protocol::kRestXml};
const wire::Service kKms{.name = "kms", .signing_name = "kms", .protocol = wire::Protocol::kJson};
const wire::Service kIam{.name = "iam", .signing_name = "iam", .protocol = wire::Protocol::kQuery};

constexpr std::string_view kBucket = "arn:aws:s3:::plans";

class RequestPermissionTest : public testing::Test {
 protected:
  RequestPermissionTest() {
    directories_.Add("things", directory_);
    facts_.service = &kBedrock;
    facts_.operation = "GetThing";
    facts_.region = "eu-west-1";
    facts_.now = std::chrono::sys_seconds(std::chrono::seconds(1'795'687'200));
    facts_.address = "203.0.113.77";
  }

  RequestPermission Permission(account::PrincipalPtr principal) {
    RequestFacts facts = facts_;
    facts.principal = std::move(principal);
    return {directories_, nullptr, std::move(facts)};
  }
  // "" where the caller may; else what it is told.
  std::string Ask(account::PrincipalPtr principal, wire::Ask ask) {
    RequestPermission permission = Permission(std::move(principal));
    const auto may = permission.CheckHere(ask);
    return may ? "" : may.error().message;
  }
  static wire::Ask Thing(std::string name = "a") {
    std::string arn = "arn:aws:bedrock:eu-west-1:" + std::string(kAccount) + ":thing/" + name;
    return {.action = "bedrock:GetThing",
            .directory = "things",
            .name = std::move(name),
            .arn = std::move(arn)};
  }
  static wire::Ask Object() {
    return {.action = "s3:GetObject",
            .directory = "things",
            .name = "plans",
            .arn = std::string(kBucket) + "/a"};
  }
  // The bucket "plans" of the account, with a policy.
  void PutBucket(const std::string& statements) {
    directory_.resources["plans"] = {
        {.account = std::string(kAccount), .policy = Policy(statements, Kind::kResource)}};
  }

  TestDirectory directory_;
  ResourceDirectories directories_;
  RequestFacts facts_;
};

TEST_F(RequestPermissionTest, OnlyWhatAPolicyAllows) {
  EXPECT_EQ(Ask(CallerMaker().With(Allow("bedrock:GetThing")).Make(), Thing()), "");
  EXPECT_EQ(Ask(CallerMaker().Make(), Thing()),
            "User: arn:aws:iam::111122223333:user/anna is not authorized to perform: "
            "bedrock:GetThing on resource: arn:aws:bedrock:eu-west-1:111122223333:thing/a because "
            "no identity-based policy allows the bedrock:GetThing action");
  const std::string other = "arn:aws:bedrock:eu-west-1:111122223333:thing/b";
  EXPECT_NE(Ask(CallerMaker().With(Allow("bedrock:GetThing", other)).Make(), Thing()), "");
  EXPECT_EQ(Ask(CallerMaker().With(Allow("bedrock:GetThing", other)).Make(), Thing("b")), "");
  EXPECT_EQ(Ask(CallerMaker().Root().Make(), Thing()), "");
}

TEST_F(RequestPermissionTest, DenialsBoundariesAndSessionsSayWhatTheyAre) {
  const std::string allowed = Allow("bedrock:*");
  EXPECT_THAT(Ask(CallerMaker()
                      .With(allowed)
                      .With(R"({"Effect":"Deny","Action":"bedrock:Get*","Resource":"*"})")
                      .Make(),
                  Thing()),
              HasSubstr("with an explicit deny in an identity-based policy"));
  EXPECT_THAT(Ask(CallerMaker().With(allowed).Bounded(Allow("s3:*")).Make(), Thing()),
              HasSubstr("because no permissions boundary allows the bedrock:GetThing action"));
  EXPECT_THAT(Ask(CallerMaker().With(allowed).InSession(Allow("s3:*")).Make(), Thing()),
              HasSubstr("because no session policy allows the bedrock:GetThing action"));
}

TEST_F(RequestPermissionTest, TheDirectoryKnowsBetter) {
  // Both must be allowed; the second is another's ARN than the one asked for.
  directory_.resources["a"] = {{.arn = "arn:aws:bedrock:eu-west-1:111122223333:profile/p"},
                               {.arn = "arn:aws:bedrock:eu-west-1::foundation-model/m"}};
  directory_.resources["a"][1].context.Set("bedrock:InferenceProfileArn", "p");
  const std::string profile =
      Allow("bedrock:GetThing", "arn:aws:bedrock:eu-west-1:111122223333:profile/p");
  const std::string model =
      Allow("bedrock:GetThing", "arn:aws:bedrock:eu-west-1::foundation-model/m",
            R"({"StringEquals":{"bedrock:InferenceProfileArn":"p"}})");
  EXPECT_EQ(Ask(CallerMaker().With(profile).With(model).Make(), Thing()), "");
  EXPECT_THAT(Ask(CallerMaker().With(profile).Make(), Thing()), HasSubstr("foundation-model/m"));
  EXPECT_THAT(Ask(CallerMaker().With(model).Make(), Thing()), HasSubstr("profile/p"));
}

TEST_F(RequestPermissionTest, TagsAndKeysOfTheRequestAreConditions) {
  directory_.resources["a"] = {{}};
  directory_.resources["a"][0].context.Set("aws:ResourceTag/team", "blue");
  const std::string of_team =
      Allow("bedrock:GetThing", "*",
            R"({"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}})");
  EXPECT_EQ(Ask(CallerMaker().With(of_team).Make(), Thing()), "");
  EXPECT_NE(Ask(CallerMaker().With(of_team).Make(), Thing("b")), "");
  const std::string of_key =
      Allow("bedrock:GetThing", "*", R"({"StringLike":{"bedrock:Colour":"r*"}})");
  wire::Ask red = Thing();
  red.context = {{"bedrock:Colour", {"red"}}};
  EXPECT_EQ(Ask(CallerMaker().With(of_key).Make(), red), "");
  red.context = {{"bedrock:Colour", {"green"}}};
  EXPECT_NE(Ask(CallerMaker().With(of_key).Make(), red), "");
}

TEST_F(RequestPermissionTest, GlobalKeysOfTheRequest) {
  facts_.user_agent = "Boto3/1";
  facts_.referer = "https://a.example/";
  facts_.tls = true;
  facts_.bearer = Bearer::kShortTerm;
  for (const char* condition : {
           R"({"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}})",
           R"({"Bool":{"aws:SecureTransport":"true"}})",
           R"({"Bool":{"aws:ViaAWSService":"false"}})",
           R"({"StringEquals":{"aws:RequestedRegion":"eu-west-1"}})",
           R"({"StringLike":{"aws:UserAgent":"Boto3/*"}})",
           R"({"StringEquals":{"aws:Referer":"https://a.example/"}})",
           R"({"StringEquals":{"aws:username":"anna"}})",
           R"({"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/anna"}})",
           R"({"StringEquals":{"aws:ResourceAccount":"111122223333"}})",
           R"({"StringEquals":{"bedrock:BearerTokenType":"SHORT_TERM"}})",
           R"({"DateGreaterThan":{"aws:CurrentTime":"2026-11-26T09:59:59Z"}})",
           R"({"DateLessThan":{"aws:CurrentTime":"2026-11-26T10:00:01Z"}})",
           R"({"NumericEquals":{"aws:EpochTime":"1795687200"}})",
       }) {
    EXPECT_EQ(Ask(CallerMaker().With(Allow("bedrock:*", "*", condition)).Make(), Thing()), "")
        << condition;
  }
  EXPECT_NE(
      Ask(CallerMaker()
              .With(Allow("bedrock:*", "*", R"({"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}})"))
              .Make(),
          Thing()),
      "");
}

TEST_F(RequestPermissionTest, AcrossAccountsBothMustAllow) {
  facts_.service = &kKms;
  const std::string other = "arn:aws:iam::" + std::string(kOtherAccount) + ":root";
  const auto policy = R"({"Effect":"Allow","Principal":{"AWS":")" + other +
                      R"("},"Action":"kms:Decrypt","Resource":"*"})";
  directory_.resources["k"] = {{.arn = "arn:aws:kms:eu-west-1:111122223333:key/k",
                                .account = std::string(kAccount),
                                .policy = Policy(policy, Kind::kResource),
                                .must_allow = true}};
  const wire::Ask ask{.action = "kms:Decrypt", .directory = "things", .name = "k"};
  EXPECT_EQ(Ask(CallerMaker(kOtherAccount).With(Allow("kms:Decrypt")).Make(), ask), "");
  EXPECT_THAT(Ask(CallerMaker(kOtherAccount).Make(), ask),
              HasSubstr("because no identity-based policy allows"));
  // Whom the key's policy doesn't name, its own account's users too.
  EXPECT_THAT(Ask(CallerMaker().With(Allow("kms:*")).Make(), ask),
              HasSubstr("because no resource-based policy allows the kms:Decrypt action"));
  EXPECT_THAT(Ask(CallerMaker("777788889999").With(Allow("kms:*")).Make(), ask),
              HasSubstr("because no resource-based policy allows"));
}

TEST_F(RequestPermissionTest, ResourcesOfOtherAccountsThatNobodyKnows) {
  wire::Ask ask = Thing();
  ask.arn = "arn:aws:bedrock:eu-west-1:444455556666:thing/a";
  EXPECT_THAT(Ask(CallerMaker().Root().Make(), ask),
              HasSubstr("because no resource-based policy allows"));
}

TEST_F(RequestPermissionTest, GrantsAllowBesidePoliciesButNotAgainstThem) {
  facts_.service = &kKms;
  directory_.resources["k"] = {{.arn = "arn:aws:kms:eu-west-1:111122223333:key/k",
                                .account = std::string(kAccount),
                                .must_allow = true,
                                .granted = [](const account::policy::Request& request) {
                                  return request.action == "kms:Decrypt";
                                }}};
  wire::Ask ask{.action = "kms:Decrypt", .directory = "things", .name = "k"};
  EXPECT_EQ(Ask(CallerMaker().Make(), ask), "");
  EXPECT_THAT(
      Ask(CallerMaker().With(R"({"Effect":"Deny","Action":"kms:*","Resource":"*"})").Make(), ask),
      HasSubstr("explicit deny"));
  ask.action = "kms:Encrypt";
  EXPECT_NE(Ask(CallerMaker().Make(), ask), "");
}

TEST_F(RequestPermissionTest, NobodyHasWhatABucketGivesEveryone) {
  facts_.service = &kS3;
  EXPECT_EQ(Ask(nullptr, Object()), "Access Denied");
  PutBucket(R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
                "Resource":"arn:aws:s3:::plans/*"})");
  EXPECT_EQ(Ask(nullptr, Object()), "");
  wire::Ask put = Object();
  put.action = "s3:PutObject";
  EXPECT_EQ(Ask(nullptr, put), "Access Denied");
  // Closed to the public.
  directory_.resources["plans"][0].blocked = [](const account::policy::Request& request) {
    return request.identity.account != kAccount;
  };
  EXPECT_EQ(Ask(nullptr, Object()), "Access Denied");
  EXPECT_EQ(Ask(CallerMaker().With(Allow("s3:GetObject")).Make(), Object()), "");
}

TEST_F(RequestPermissionTest, EachServiceRefusesInItsOwnWords) {
  const auto error = [&](const wire::Service& service, const wire::Ask& ask) {
    facts_.service = &service;
    RequestPermission permission = Permission(CallerMaker().Make());
    return permission.CheckHere(ask).error();
  };
  PutBucket(R"({"Effect":"Deny","Principal":"*","Action":"s3:Put*","Resource":"*"})");
  const Error of_s3 = error(kS3, Object());
  EXPECT_EQ(of_s3.type, "AccessDenied");
  EXPECT_EQ(of_s3.status, 403);
  EXPECT_EQ(of_s3.message,
            "User: arn:aws:iam::111122223333:user/anna is not authorized to perform: s3:GetObject "
            "on resource: \"arn:aws:s3:::plans/a\" because no identity-based policy allows the "
            "s3:GetObject action");
  EXPECT_EQ(error(kIam, Thing()).type, "AccessDenied");
  EXPECT_EQ(error(kKms, Thing()).type, "AccessDeniedException");
  EXPECT_EQ(error(kKms, Thing()).status, 400);
  EXPECT_EQ(error(kBedrock, Thing()).fault, Fault::kAccessDenied);
  EXPECT_EQ(error(kBedrock, Thing()).type, "");
}

TEST_F(RequestPermissionTest, OtherAccountsAreNotToldWhichKeyACiphertextIsOf) {
  facts_.service = &kKms;
  directory_.resources["c"] = {{.arn = "arn:aws:kms:eu-west-1:111122223333:key/k",
                                .account = std::string(kAccount),
                                .must_allow = true,
                                .arn_hidden = true}};
  const wire::Ask ask{.action = "kms:Decrypt", .directory = "things", .name = "c"};
  const std::string told = Ask(CallerMaker(kOtherAccount).With(Allow("kms:*")).Make(), ask);
  EXPECT_THAT(told, HasSubstr("on the resource associated with this ciphertext"));
  EXPECT_THAT(told, testing::Not(HasSubstr("key/k")));
}

TEST_F(RequestPermissionTest, AServiceAsksForItsCaller) {
  facts_.service = &kS3;
  wire::Ask ask{.action = "kms:Decrypt", .arn = "arn:aws:kms:eu-west-1:111122223333:key/k"};
  const auto via =
      CallerMaker()
          .With(Allow("kms:Decrypt", "*",
                      R"({"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com",
                                       "aws:CalledViaLast":"s3.amazonaws.com"},
                                       "Bool":{"aws:ViaAWSService":"true"}})"))
          .Make();
  EXPECT_NE(Ask(via, ask), "");
  ask.via = "s3";
  EXPECT_EQ(Ask(via, ask), "");
  // The caller's address is not the service's.
  const auto by_address =
      CallerMaker()
          .With(Allow("kms:*", "*", R"({"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}})"))
          .Make();
  EXPECT_NE(Ask(by_address, ask), "");
}

TEST_F(RequestPermissionTest, BearerKeysNeedTheirOwnPermission) {
  facts_.bearer = Bearer::kLongTerm;
  RequestPermission without = Permission(CallerMaker().With(Allow("bedrock:GetThing")).Make());
  const auto refused = without.CheckEntrance();
  ASSERT_FALSE(refused);
  EXPECT_THAT(
      refused.error().message,
      HasSubstr("is not authorized to perform: bedrock:CallWithBearerToken on resource: *"));
  EXPECT_FALSE(without.asked());
  const std::string long_term =
      Allow("bedrock:CallWithBearerToken", "*",
            R"({"StringEquals":{"bedrock:BearerTokenType":"LONG_TERM"}})");
  EXPECT_TRUE(Permission(CallerMaker().With(long_term).Make()).CheckEntrance());
  facts_.bearer = Bearer::kShortTerm;
  EXPECT_FALSE(Permission(CallerMaker().With(long_term).Make()).CheckEntrance());
  facts_.bearer = Bearer::kNone;
  EXPECT_TRUE(Permission(CallerMaker().Make()).CheckEntrance());
}

TEST_F(RequestPermissionTest, SessionsThatMayNotCallAService) {
  facts_.service = &kIam;
  facts_.operation = "ListUsers";
  const auto session =
      CallerMaker().With(Allow("iam:*")).Issued(account::Issuer::kGetFederationToken).Make();
  const auto refused = Permission(session).CheckEntrance();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().type, "AccessDenied");
}

TEST_F(RequestPermissionTest, LooksForAResourceOnceAndWaitsForSome) {
  directory_.resources["a"] = {{}};
  RequestPermission permission = Permission(CallerMaker().With(Allow("bedrock:*")).Make());
  EXPECT_TRUE(permission.CheckHere(Thing()));
  EXPECT_TRUE(permission.CheckHere(Thing()));
  EXPECT_EQ(directory_.finds, 1);
  directory_.waits = true;
  EXPECT_TRUE(permission.TryCheck(Thing()));  // it is known
  EXPECT_FALSE(permission.TryCheck(Thing("b")));
  EXPECT_TRUE(RunTask(permission.Check(Thing("b"))));
  EXPECT_TRUE(permission.TryCheck(Thing("b")));
  boost::asio::io_context reactor;
  net::BlockingPool pool(1);  // ends first: its thread may still be telling the reactor
  RequestFacts facts = facts_;
  facts.principal = CallerMaker().Make();
  RequestPermission pooled(directories_, &pool, std::move(facts));
  EXPECT_FALSE(RunTask(reactor, pooled.Check(Thing("c"))));
  directory_.failure = Error{.fault = Fault::kUnavailable, .message = "busy"};
  EXPECT_EQ(permission.CheckHere(Thing("d")).error().fault, Fault::kUnavailable);
}

TEST_F(RequestPermissionTest, KnowsWhetherAnythingWasAsked) {
  RequestPermission permission = Permission(nullptr);
  EXPECT_FALSE(permission.asked());
  const auto as = permission.As(CallerMaker().With(Allow("bedrock:*")).Make());
  EXPECT_FALSE(permission.asked());
  EXPECT_TRUE(as->CheckHere(Thing()));
  EXPECT_TRUE(permission.asked());
  RequestPermission denied = Permission(CallerMaker().Make());
  EXPECT_FALSE(denied.CheckHere(Thing()));
  EXPECT_TRUE(denied.asked());
}

TEST_F(RequestPermissionTest, TheModelThatARouterChoseIsAskedForWithWhatTheRequestSays) {
  directories_.Add("bedrock-model", directory_);
  const auto model = [](std::string name, wire::AskContext context) {
    std::string arn = "arn:aws:bedrock:eu-west-1::foundation-model/" + name;
    return wire::Ask{.action = "bedrock:InvokeModel",
                     .directory = "bedrock-model",
                     .name = std::move(name),
                     .arn = std::move(arn),
                     .context = std::move(context)};
  };
  const auto caller =
      CallerMaker()
          .With(R"({"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"*",)"
                R"("Condition":{"StringEquals":{"bedrock:ServiceTier":"flex"}}})"
                R"(,{"Effect":"Deny","Action":"*","Resource":"*",)"
                R"("Condition":{"StringEquals":{"bedrock:PromptRouterArn":"no"}}})")
          .Make();
  RequestPermission flex = Permission(caller);
  EXPECT_TRUE(flex.CheckHere(model("router", {{"bedrock:ServiceTier", {"flex"}}})));
  EXPECT_TRUE(flex.CheckHere(model("chosen", {{"bedrock:PromptRouterArn", {"yes"}}})));
  EXPECT_FALSE(flex.CheckHere(model("chosen", {{"bedrock:PromptRouterArn", {"no"}}})));
  // Of this request alone, and of models alone.
  RequestPermission other = Permission(caller);
  EXPECT_FALSE(other.CheckHere(model("chosen", {{"bedrock:PromptRouterArn", {"yes"}}})));
  wire::Ask thing = Thing();
  thing.action = "bedrock:InvokeModel";
  EXPECT_FALSE(flex.CheckHere(thing));
}

}  // namespace
}  // namespace bedplate::gateway
