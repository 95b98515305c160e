#include "account/identity/identity_store.h"

#include <gtest/gtest.h>

#include "account/identity/holdings.h"
#include "account/identity/identities.h"
#include "account/identity/issue.h"
#include "account/identity/key_ids.h"
#include "account/identity/roles.h"
#include "account/identity/users.h"
#include "base/testing/fake_clock.h"
#include "base/testing/temporary_folder.h"
#include "state/database.h"

namespace bedplate::account {
namespace {

const RootCredentials kRoot{"123456789012", "AKIAROOT", "secret", "ABSKbearer"};
constexpr const char* kTrust =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",)"
    R"("Principal":{"AWS":"123456789012","Service":"bedrock.amazonaws.com"}}})";
constexpr const char* kAssumeAll =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}})";

class IdentityStoreTest : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }
  void Reopen() {
    store_.reset();
    auto sealer = Sealer::Load(folder_.path());
    ASSERT_TRUE(sealer);
    auto opened = IdentityStore::Open(*database_, kRoot, std::move(*sealer), clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  LongTermKey MakeUser(const std::string& name) {
    return *store_->Change(kRoot.account, [&](Draft& draft) -> Result<LongTermKey> {
      if (auto made = CreateUser(draft, {.name = name}); !made) {
        return std::unexpected(made.error());
      }
      if (auto put = PutInline<User>(draft, name, "p", kAssumeAll); !put) {
        return std::unexpected(put.error());
      }
      return CreateAccessKey(draft, name);
    });
  }
  void MakeRole(const std::string& name) {
    ASSERT_TRUE(store_->Change(kRoot.account, [&](Draft& draft) {
      return CreateRole(draft, {.name = name, .trust = kTrust});
    }));
  }
  Identities::Time Now() const { return std::chrono::floor<std::chrono::seconds>(clock_.Now()); }

  TemporaryFolder folder_;
  FakeClock clock_;
  std::unique_ptr<state::Database> database_ = *state::Database::Open(folder_.path() / "b.db");
  std::unique_ptr<IdentityStore> store_;
};

TEST_F(IdentityStoreTest, WhatIsAcknowledgedIsSeenAndSurvives) {
  const LongTermKey key = MakeUser("anna");
  for (int round = 0; round < 2; ++round) {
    const Identities identities(*store_);
    const auto found = identities.FindAccessKey(key.id, "", Now());
    ASSERT_TRUE(found);
    EXPECT_EQ((*found)->secret, key.secret);
    EXPECT_EQ((*found)->owner->arn, "arn:aws:iam::123456789012:user/anna");
    EXPECT_EQ((*found)->owner->policies.identity.size(), 1u);
    Reopen();
  }
}

TEST_F(IdentityStoreTest, AChangeThatFailsChangesNothing) {
  const auto before = store_->Current();
  const auto failed = store_->Change(kRoot.account, [&](Draft& draft) -> Result<void> {
    if (auto made = CreateUser(draft, {.name = "x"}); !made) return std::unexpected(made.error());
    return DeleteRole(draft, "nobody");
  });
  EXPECT_EQ(failed.error().type, "NoSuchEntityException");
  EXPECT_EQ(store_->Current(), before);
}

TEST_F(IdentityStoreTest, ASessionEndsWithItsTimeAndItsRole) {
  const LongTermKey key = MakeUser("anna");
  MakeRole("worker");
  const Identities identities(*store_);
  const auto caller = (*identities.FindAccessKey(key.id, "", Now()))->owner;
  const SessionWish wish{.role_arn = "arn:aws:iam::123456789012:role/worker", .name = "job"};
  const auto issued = AssumeRole(*store_, *caller, wish, false);
  ASSERT_TRUE(issued) << issued.error().message;
  const Credentials& made = issued->credentials;
  const auto found = identities.FindAccessKey(made.access_key_id, made.token, Now());
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->secret, made.secret);
  EXPECT_EQ((*found)->owner->arn, "arn:aws:sts::123456789012:assumed-role/worker/job");
  EXPECT_EQ(identities.FindAccessKey("ASIAOTHER", made.token, Now()).error(), KeyFault::kUnknown);
  const auto later = Now() + std::chrono::hours(1);
  EXPECT_EQ(identities.FindAccessKey(made.access_key_id, made.token, later).error(),
            KeyFault::kExpired);
  ASSERT_TRUE(
      store_->Change(kRoot.account, [&](Draft& draft) { return DeleteRole(draft, "worker"); }));
  MakeRole("worker");
  EXPECT_EQ(identities.FindAccessKey(made.access_key_id, made.token, Now()).error(),
            KeyFault::kUnknown);
}

TEST_F(IdentityStoreTest, AServiceActsWithARoleThatTrustsIt) {
  MakeRole("worker");
  const std::string arn = "arn:aws:iam::123456789012:role/worker";
  const auto principal = store_->RolePrincipal(arn, "job", "bedrock.amazonaws.com", {});
  ASSERT_TRUE(principal);
  EXPECT_EQ((*principal)->identity.role_arn, arn);
  EXPECT_FALSE(store_->RolePrincipal(arn, "job", "lambda.amazonaws.com", {}));
  EXPECT_FALSE(store_->RolePrincipal(arn + "x", "job", "bedrock.amazonaws.com", {}));
}

TEST_F(IdentityStoreTest, UsesAreKeptInOneGo) {
  store_->NoteUse(kRoot.account, "AKIA", {.used_at_ms = 5, .service = "s3", .region = "r"});
  ASSERT_TRUE(store_->KeepUses());
  Reopen();
  EXPECT_EQ(store_->FindLastUse(kRoot.account, "AKIA")->service, "s3");
  EXPECT_FALSE(store_->FindLastUse(kRoot.account, "AKIB"));
}

TEST(Sealer, OpensOnlyWhatItSealedForThePurpose) {
  const Sealer sealer;
  std::string sealed = sealer.Seal("a", "text");
  EXPECT_EQ(sealer.Open("a", sealed), "text");
  EXPECT_FALSE(sealer.Open("b", sealed));
  EXPECT_FALSE(Sealer().Open("a", sealed));
  EXPECT_NE(sealer.Seal("a", "text"), sealed);
  for (size_t i = 0; i < sealed.size(); ++i) {
    sealed[i] = static_cast<char>(sealed[i] ^ 1);
    EXPECT_FALSE(sealer.Open("a", sealed)) << i;
    sealed[i] = static_cast<char>(sealed[i] ^ 1);
    EXPECT_FALSE(sealer.Open("a", std::string_view(sealed).substr(0, i)));
  }
}

TEST(KeyIds, TellTheirAccount) {
  for (const char* account : {"000000000001", "123456789012", "999999999999"}) {
    const std::string id = NewKeyId("ASIA", account);
    EXPECT_EQ(id.size(), 20u);
    EXPECT_EQ(AccountInKeyId(id), account);
  }
  EXPECT_EQ(AccountInKeyId("ASIA"), "");
  EXPECT_EQ(AccountInKeyId("ASIA0000000000000000"), "");
}

}  // namespace
}  // namespace bedplate::account
