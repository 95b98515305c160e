// Keys and sessions that are no more, or are put aside, are nobody's at once.
#include <gtest/gtest.h>

#include "account/identity/holdings.h"
#include "account/identity/identities.h"
#include "account/identity/identity_store.h"
#include "account/identity/issue.h"
#include "account/identity/users.h"
#include "base/testing/fake_clock.h"

namespace bedplate::account {
namespace {

const RootCredentials kRoot{"123456789012", "AKIAROOT", "secret", "ABSKbearer"};

class EndedKeysTest : public testing::Test {
 protected:
  void SetUp() override {
    key_ = *Change<LongTermKey>([](Draft& draft) -> Result<LongTermKey> {
      if (auto made = CreateUser(draft, {.name = "anna"}); !made) {
        return std::unexpected(made.error());
      }
      return CreateAccessKey(draft, "anna");
    });
  }
  template <class Made, class Work>
  Result<Made> Change(Work work) {
    return store_.Change(kRoot.account, std::move(work));
  }
  Identities::Time Now() const { return std::chrono::floor<std::chrono::seconds>(clock_.Now()); }
  bool IsKnown(const std::string& id, const std::string& token = "") const {
    return identities_.FindAccessKey(id, token, Now()).has_value();
  }

  FakeClock clock_;
  IdentityStore store_{kRoot, Sealer(), clock_};
  Identities identities_{store_};
  LongTermKey key_;
};

TEST_F(EndedKeysTest, AnInactiveKeyIsNobodys) {
  EXPECT_TRUE(IsKnown(key_.id));
  for (const bool active : {false, true}) {
    ASSERT_TRUE(Change<void>(
        [&](Draft& draft) { return SetAccessKeyActive(draft, "anna", key_.id, active); }));
    EXPECT_EQ(IsKnown(key_.id), active);
  }
  ASSERT_TRUE(Change<void>([&](Draft& draft) { return DeleteAccessKey(draft, "anna", key_.id); }));
  EXPECT_FALSE(IsKnown(key_.id));
}

TEST_F(EndedKeysTest, ABedrockKeyEndsWithItsTimeAndWhenItIsPutAside) {
  const auto made = Change<MadeCredential>([](Draft& draft) {
    return CreateServiceCredential(draft, "anna", std::string(kBedrockServiceName), 1);
  });
  ASSERT_TRUE(made) << made.error().message;
  const auto find = [&](std::chrono::hours later) {
    return identities_.FindBearerKey(made->key, Now() + later);
  };
  EXPECT_TRUE(find(std::chrono::hours(23)));
  EXPECT_EQ(find(std::chrono::hours(25)).error(), KeyFault::kExpired);
  ASSERT_TRUE(Change<void>([&](Draft& draft) {
    return SetServiceCredentialActive(draft, "anna", made->kept.id, false);
  }));
  EXPECT_EQ(find(std::chrono::hours(1)).error(), KeyFault::kUnknown);
}

TEST_F(EndedKeysTest, ASessionIsOfTheUserAndNotOfItsName) {
  const auto caller = (*identities_.FindAccessKey(key_.id, "", Now()))->owner;
  const auto issued = GetSessionToken(store_, *caller, {});
  ASSERT_TRUE(issued) << issued.error().message;
  const Credentials& made = issued->credentials;
  EXPECT_TRUE(IsKnown(made.access_key_id, made.token));
  ASSERT_TRUE(Change<void>([&](Draft& draft) -> Result<void> {
    if (auto gone = DeleteAccessKey(draft, "anna", key_.id); !gone) return gone;
    return DeleteUser(draft, "anna");
  }));
  EXPECT_FALSE(IsKnown(made.access_key_id, made.token));
  ASSERT_TRUE(Change<User>([](Draft& draft) { return CreateUser(draft, {.name = "anna"}); }));
  EXPECT_FALSE(IsKnown(made.access_key_id, made.token));
}

}  // namespace
}  // namespace bedplate::account
