#include "account/identity/identities.h"

#include <gtest/gtest.h>

namespace bedplate::account {
namespace {

const RootCredentials kRoot{"123456789012", "AKIAROOT", "secret", "ABSKbearer"};

TEST(Identities, FindRootByItsKeys) {
  const Identities identities(kRoot);
  const auto* key = identities.FindAccessKey("AKIAROOT", "");
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->secret, "secret");
  EXPECT_EQ(key->owner.arn, "arn:aws:iam::123456789012:root");
  const auto* owner = identities.FindBearerKey("ABSKbearer");
  ASSERT_NE(owner, nullptr);
  EXPECT_EQ(owner->account, "123456789012");
}

TEST(Identities, FindNobodyByAnythingElse) {
  const Identities identities(kRoot);
  EXPECT_EQ(identities.FindAccessKey("AKIAOTHER", ""), nullptr);
  EXPECT_EQ(identities.FindAccessKey("", ""), nullptr);
  EXPECT_EQ(identities.FindAccessKey("AKIAROOT", "a session's token"), nullptr);
  EXPECT_EQ(identities.FindBearerKey("ABSKbeares"), nullptr);
  EXPECT_EQ(identities.FindBearerKey("ABSKbeare"), nullptr);
  EXPECT_EQ(identities.FindBearerKey(""), nullptr);
}

TEST(IsAllowed, LetsRootIntoItsOwnAccountOnly) {
  const Identities identities(kRoot);
  const auto& owner = identities.FindAccessKey("AKIAROOT", "")->owner;
  EXPECT_TRUE(IsAllowed(owner, "123456789012"));
  EXPECT_FALSE(IsAllowed(owner, "123456789013"));
}

}  // namespace
}  // namespace bedplate::account
