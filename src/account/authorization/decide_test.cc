// What allows and denies beside policies: grants, and buckets that are closed to the public.
#include "account/authorization/decide.h"

#include <gtest/gtest.h>

#include <string>

#include "account/authorization/resource_directory.h"
#include "account/identity/principal.h"
#include "account/policy/document.h"

namespace bedplate::account {
namespace {

constexpr std::string_view kAccount = "111122223333";

policy::Document Document(const std::string& effect, const std::string& action) {
  auto read = policy::ReadDocument(R"({"Version":"2012-10-17","Statement":{"Effect":")" + effect +
                                       R"(","Action":")" + action + R"(","Resource":"*"}})",
                                   policy::Kind::kIdentity);
  EXPECT_TRUE(read);
  return std::move(*read);
}

class DecideOnTest : public testing::Test {
 protected:
  DecideOnTest() {
    request_.action = "kms:Decrypt";
    request_.resource = "arn:aws:kms:us-east-1:111122223333:key/k";
    request_.resource_account = kAccount;
    request_.identity = {.account = std::string(kAccount),
                         .arn = "arn:aws:iam::111122223333:user/anna"};
    key_.account = kAccount;
    key_.must_allow = true;
    key_.granted = [](const policy::Request&) { return true; };
  }
  bool IsAllowed() const { return DecideOn(&caller_, key_, request_).allowed; }
  void BecomeSession() {
    request_.identity.role_arn = "arn:aws:iam::111122223333:role/r";
    request_.identity.arn = "arn:aws:sts::111122223333:assumed-role/r/s";
  }

  policy::Document other_ = Document("Allow", "s3:*");
  policy::Document allow_ = Document("Allow", "kms:Decrypt");
  policy::Document deny_ = Document("Deny", "kms:*");
  Principal caller_;
  Resource key_;
  policy::Request request_;
};

TEST_F(DecideOnTest, AGrantAllowsByItselfButNothingThatIsDenied) {
  EXPECT_TRUE(IsAllowed());
  caller_.policies.identity = {&deny_};
  EXPECT_FALSE(IsAllowed());
  caller_.policies.identity = {};
  key_.granted = [](const policy::Request&) { return false; };
  EXPECT_FALSE(IsAllowed());
}

TEST_F(DecideOnTest, AGrantOfARoleLeavesItsSessionsLimited) {
  BecomeSession();
  EXPECT_TRUE(IsAllowed());
  caller_.policies.session = {&other_};
  EXPECT_FALSE(IsAllowed());
  caller_.policies.session = {&other_, &allow_};
  EXPECT_TRUE(IsAllowed());
  caller_.policies.boundary = {&other_};
  EXPECT_FALSE(IsAllowed());
}

TEST_F(DecideOnTest, WhatIsBlockedIsDeniedWhateverAllows) {
  key_.blocked = [](const policy::Request&) { return true; };
  const policy::Decision decision = DecideOn(&caller_, key_, request_);
  EXPECT_FALSE(decision.allowed);
  EXPECT_TRUE(decision.explicit_deny);
}

}  // namespace
}  // namespace bedplate::account
