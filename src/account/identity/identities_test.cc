#include "account/identity/identities.h"

#include <gtest/gtest.h>

namespace bedplate::account {
namespace {

const RootCredentials kRoot{"123456789012", "AKIAROOT", "secret", "ABSKbearer"};
constexpr Identities::Time kNow{std::chrono::seconds(1'700'000'000)};

TEST(Identities, FindRootByItsKeys) {
  const Identities identities(kRoot);
  const auto key = identities.FindAccessKey("AKIAROOT", "", kNow);
  ASSERT_TRUE(key);
  EXPECT_EQ((*key)->secret, "secret");
  EXPECT_EQ((*key)->owner->arn, "arn:aws:iam::123456789012:root");
  EXPECT_TRUE((*key)->owner->policies.root);
  const auto owner = identities.FindBearerKey("ABSKbearer", kNow);
  ASSERT_TRUE(owner);
  EXPECT_EQ((*owner)->account, "123456789012");
}

TEST(Identities, FindNobodyByAnythingElse) {
  const Identities identities(kRoot);
  EXPECT_FALSE(identities.FindAccessKey("AKIAOTHER", "", kNow));
  EXPECT_FALSE(identities.FindAccessKey("", "", kNow));
  EXPECT_FALSE(identities.FindAccessKey("AKIAROOT", "a session's token", kNow));
  EXPECT_FALSE(identities.FindBearerKey("ABSKbeares", kNow));
  EXPECT_FALSE(identities.FindBearerKey("ABSKbeare", kNow));
  EXPECT_FALSE(identities.FindBearerKey("", kNow));
}

TEST(MayCall, SessionsAreKeptFromIdentities) {
  Principal principal;
  EXPECT_TRUE(MayCall(principal, "iam", "CreateUser"));
  principal.issuer = Issuer::kGetSessionToken;
  EXPECT_FALSE(MayCall(principal, "iam", "CreateUser"));
  EXPECT_TRUE(MayCall(principal, "sts", "AssumeRole"));
  EXPECT_FALSE(MayCall(principal, "sts", "GetFederationToken"));
  EXPECT_TRUE(MayCall(principal, "s3", "GetObject"));
  principal.issuer = Issuer::kGetFederationToken;
  EXPECT_FALSE(MayCall(principal, "sts", "AssumeRole"));
  EXPECT_TRUE(MayCall(principal, "sts", "GetCallerIdentity"));
  principal.issuer = Issuer::kAssumeRole;
  EXPECT_TRUE(MayCall(principal, "iam", "CreateUser"));
  EXPECT_FALSE(MayCall(principal, "sts", "GetSessionToken"));
}

}  // namespace
}  // namespace bedplate::account
