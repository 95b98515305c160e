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

TEST_F(DecideOnTest, ABucketsOwnersRootIsNeverLockedOutOfItsPolicy) {
  Resource bucket{.account = std::string(kAccount)};
  auto read = policy::ReadDocument(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*",)"
      R"("Resource":"arn:aws:s3:::b"}})",
      policy::Kind::kResource);
  ASSERT_TRUE(read);
  bucket.policy = std::make_shared<const policy::Document>(std::move(*read));
  request_.resource = "arn:aws:s3:::b";
  request_.identity.arn = "arn:aws:iam::111122223333:root";
  caller_.policies.root = true;
  const auto may = [&](const char* action) {
    request_.action = action;
    return DecideOn(&caller_, bucket, request_).allowed;
  };
  EXPECT_TRUE(may("s3:PutBucketPolicy"));
  EXPECT_TRUE(may("s3:GetBucketPolicy"));
  EXPECT_TRUE(may("s3:DeleteBucketPolicy"));
  EXPECT_FALSE(may("s3:ListBucket"));
  request_.resource_account = "444455556666";
  EXPECT_FALSE(may("s3:DeleteBucketPolicy"));
  request_.resource_account = kAccount;
  caller_.policies.root = false;
  EXPECT_FALSE(may("s3:DeleteBucketPolicy"));
}

}  // namespace
}  // namespace bedplate::account
