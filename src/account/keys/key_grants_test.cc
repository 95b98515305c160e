#include "account/keys/key_grants.h"

#include <string>

#include "account/keys/ciphertext.h"
#include "account/keys/testing/key_stand.h"

namespace bedplate::account::keys {
namespace {

class KeyGrantsTest : public KeyTest {
 protected:
  static Grant Wanted() {
    return {.grantee = "arn:aws:iam::444455556666:role/team/job",
            .operations = {"Encrypt", "Decrypt"},
            .issuing_account = "arn:aws:iam::777788889999:root"};
  }

  const KeyPtr key_ = Make();
};

TEST_F(KeyGrantsTest, IsThereWhenItIsMadeAndGoneWhenItIsRevoked) {
  const auto made = grants_.Create(*key_, Wanted());
  ASSERT_TRUE(made);
  const KeyPtr now = Now(key_);
  ASSERT_EQ(KeyGrants::Of(*now).size(), 1u);
  EXPECT_EQ(KeyGrants::Of(*now)[0].id, made->id);
  EXPECT_EQ((*KeyGrants::Find(*now, made->id))->key_arn, key_->arn);
  ASSERT_TRUE(grants_.Revoke(*now, made->id));
  EXPECT_TRUE(Now(key_)->grants.empty());
  EXPECT_EQ(TypeOf(grants_.Revoke(*now, made->id)), "NotFoundException");
}

TEST_F(KeyGrantsTest, AnEqualGrantOfANameIsNotMadeTwice) {
  Grant wanted = Wanted();
  wanted.name = "job";
  const auto first = grants_.Create(*key_, wanted);
  std::swap(wanted.operations[0], wanted.operations[1]);
  EXPECT_EQ(grants_.Create(*key_, wanted)->id, first->id);
  wanted.operations.pop_back();
  EXPECT_NE(grants_.Create(*key_, wanted)->id, first->id);
  EXPECT_NE(grants_.Create(*key_, Wanted())->id, grants_.Create(*key_, Wanted())->id);
}

TEST_F(KeyGrantsTest, WhatItSaysIsKeptAcrossTheDatabase) {
  Grant wanted = Wanted();
  wanted.context_equals = EncryptionContext{{"a", "1"}};
  wanted.context_subset = EncryptionContext{};
  wanted.source_arn = "arn:aws:s3:::bucket";
  wanted.retiring_service = "s3.amazonaws.com";
  ASSERT_TRUE(grants_.Create(*key_, wanted));
  const Grant kept = Now(key_)->grants[0];
  EXPECT_EQ(kept.grantee, wanted.grantee);
  EXPECT_EQ(kept.context_equals, wanted.context_equals);
  EXPECT_EQ(kept.context_subset, wanted.context_subset);
  EXPECT_EQ(kept.source_arn, wanted.source_arn);
  EXPECT_EQ(kept.retiring_service, wanted.retiring_service);
  EXPECT_EQ(kept.operations, (std::vector<std::string>{"Decrypt", "Encrypt"}));
}

TEST_F(KeyGrantsTest, ConstraintsAreHeldToTheContext) {
  Grant grant = Wanted();
  const EncryptionContext none;
  const EncryptionContext one = {{"a", "1"}};
  const EncryptionContext two = {{"a", "1"}, {"b", "2"}};
  EXPECT_TRUE(GrantAllows(grant, "Encrypt", &none));
  EXPECT_FALSE(GrantAllows(grant, "Sign", nullptr));
  grant.context_equals = one;
  EXPECT_TRUE(GrantAllows(grant, "Encrypt", &one));
  EXPECT_FALSE(GrantAllows(grant, "Encrypt", &two));
  EXPECT_FALSE(GrantAllows(grant, "Encrypt", &none));
  grant.context_equals.reset();
  grant.context_subset = one;
  EXPECT_TRUE(GrantAllows(grant, "Encrypt", &one));
  EXPECT_TRUE(GrantAllows(grant, "Encrypt", &two));
  EXPECT_FALSE(GrantAllows(grant, "Encrypt", &none));
}

TEST_F(KeyGrantsTest, WhatCannotBeGrantedIsRefused) {
  const auto refusal = [&](auto change) {
    Grant wanted = Wanted();
    change(wanted);
    return TypeOf(grants_.Create(*key_, wanted));
  };
  EXPECT_EQ(refusal([](Grant& g) { g.grantee = "nobody"; }), "InvalidArnException");
  EXPECT_EQ(refusal([](Grant& g) { g.retiring = "arn:aws:s3:::b"; }), "InvalidArnException");
  EXPECT_EQ(refusal([](Grant& g) { g.grantee.clear(); }), "ValidationException");
  EXPECT_EQ(refusal([](Grant& g) { g.grantee_service = "s3.amazonaws.com"; }),
            "ValidationException");
  EXPECT_EQ(refusal([](Grant& g) { g.operations = {"Sign"}; }), "ValidationException");
  EXPECT_EQ(refusal([](Grant& g) { g.operations = {"GetPublicKey"}; }), "ValidationException");
  EXPECT_EQ(refusal([](Grant& g) { g.operations.clear(); }), "ValidationException");
  const KeyPtr rsa = Make("RSA_2048", "ENCRYPT_DECRYPT");
  Grant wanted = Wanted();
  wanted.context_equals.emplace();
  EXPECT_EQ(TypeOf(grants_.Create(*rsa, wanted)), "ValidationException");
  ASSERT_TRUE(administration_.SetEnabled(key_->place(), false));
  EXPECT_EQ(TypeOf(grants_.Create(*Now(key_), Wanted())), "DisabledException");
}

TEST_F(KeyGrantsTest, ATokenIsThisServers) {
  const auto made = grants_.Create(*key_, Wanted());
  const auto read = grants_.ReadToken(made->token);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->key.key_id, key_->id);
  EXPECT_EQ(read->grant_id, made->id);
  EXPECT_TRUE(grants_.CheckTokens({made->token}));
  EXPECT_EQ(TypeOf(grants_.ReadToken("nonsense")), "InvalidGrantTokenException");
  EXPECT_EQ(TypeOf(grants_.ReadToken("")), "InvalidGrantTokenException");
  for (size_t i = 0; i < made->token.size(); i += 7) {
    std::string changed = made->token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(TypeOf(grants_.CheckTokens({changed})), "InvalidGrantTokenException") << i;
  }
}

TEST_F(KeyGrantsTest, RetiredByThoseItNamesAlone) {
  Grant grant = Wanted();
  grant.retiring = "arn:aws:iam::444455556666:user/anna";
  const auto may = [&](std::string_view who) {
    return MayRetire(*key_, grant, {.arn = std::string(who)});
  };
  EXPECT_TRUE(may("arn:aws:iam::444455556666:user/anna"));
  EXPECT_TRUE(may("arn:aws:iam::111122223333:root"));
  EXPECT_TRUE(may("arn:aws:iam::777788889999:root"));  // which made it
  EXPECT_FALSE(may("arn:aws:iam::444455556666:root"));
  EXPECT_FALSE(may("arn:aws:sts::444455556666:assumed-role/job/s"));
  grant.operations.push_back("RetireGrant");
  EXPECT_TRUE(may("arn:aws:sts::444455556666:assumed-role/job/s"));
  EXPECT_FALSE(may("arn:aws:sts::444455556666:assumed-role/other/s"));
  EXPECT_FALSE(may("arn:aws:sts::111122223333:assumed-role/job/s"));
  EXPECT_FALSE(may(""));
  EXPECT_FALSE(MayRetire(*key_, grant, {.service = "s3.amazonaws.com"}));
  EXPECT_FALSE(MayRetire(*key_, {}, {}));
}

TEST_F(KeyGrantsTest, RetiredByTheServicesItNames) {
  const policy::Identity service{.service = "s3.amazonaws.com"};
  Grant grant{.grantee_service = "s3.amazonaws.com", .operations = {"Decrypt"}};
  EXPECT_FALSE(MayRetire(*key_, grant, service));
  grant.operations.push_back("RetireGrant");
  EXPECT_TRUE(MayRetire(*key_, grant, service));
  EXPECT_FALSE(MayRetire(*key_, grant, {.service = "bedrock.amazonaws.com"}));
  grant.retiring_service = "bedrock.amazonaws.com";
  EXPECT_TRUE(MayRetire(*key_, grant, {.service = "bedrock.amazonaws.com"}));
}

TEST_F(KeyGrantsTest, ListsWhatSomebodyMayRetireOfAnyKey) {
  const KeyPtr second = Make();
  Grant wanted = Wanted();
  wanted.retiring = "arn:aws:iam::444455556666:user/anna";
  ASSERT_TRUE(grants_.Create(*key_, wanted));
  ASSERT_TRUE(grants_.Create(*second, wanted));
  ASSERT_TRUE(grants_.Create(*second, Wanted()));
  const state::GrantTable::Retiring by{.region = "eu-west-1", .principal = wanted.retiring};
  const auto all = grants_.Retirable(by, "", 10);
  ASSERT_EQ(all->size(), 2u);
  const auto rest = grants_.Retirable(by, (*all)[0].id, 10);
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ((*rest)[0].id, (*all)[1].id);
  auto elsewhere = by;
  elsewhere.region = "us-east-1";
  EXPECT_TRUE(grants_.Retirable(elsewhere, "", 10)->empty());
  auto of_others = by;
  of_others.account = "444455556666";
  EXPECT_TRUE(grants_.Retirable(of_others, "", 10)->empty());
}

TEST_F(KeyGrantsTest, EnvelopesOpenWhileTheirKeyMayBeUsed) {
  const EncryptionContext context = {{"aws:s3:arn", "arn:aws:s3:::bucket/key"}};
  const auto made = envelopes_.Make(scope_, key_->arn, context);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->plaintext.size(), 32u);
  EXPECT_EQ(made->key_arn, key_->arn);
  EXPECT_LE(made->sealed.size(), 128u);
  EXPECT_EQ(envelopes_.Open("eu-west-1", made->sealed, context)->bytes(), made->plaintext.bytes());
  EXPECT_TRUE(envelopes_.TryOpen("eu-west-1", made->sealed, context)->has_value());
  EXPECT_EQ(TypeOf(envelopes_.Open("eu-west-1", made->sealed, {})), "InvalidCiphertextException");
  EXPECT_EQ(TypeOf(envelopes_.Open("eu-west-1", "text", {})), "InvalidCiphertextException");
  ASSERT_TRUE(administration_.SetEnabled(key_->place(), false));
  EXPECT_FALSE(envelopes_.TryOpen("eu-west-1", made->sealed, context));
  EXPECT_EQ(TypeOf(envelopes_.Open("eu-west-1", made->sealed, context)), "DisabledException");
  EXPECT_EQ(TypeOf(envelopes_.Make(scope_, key_->arn, context)), "DisabledException");
  ASSERT_TRUE(administration_.ScheduleDeletion(key_->place(), 7));
  EXPECT_EQ(TypeOf(envelopes_.Open("eu-west-1", made->sealed, context)),
            "KMSInvalidStateException");
  clock_.Advance(std::chrono::hours(7 * 24));
  ASSERT_TRUE(administration_.DeleteDue());
  EXPECT_EQ(TypeOf(envelopes_.Open("eu-west-1", made->sealed, context)), "NotFoundException");
  EXPECT_TRUE(envelopes_.Make(scope_, "alias/aws/s3", context));
  EXPECT_EQ(TypeOf(envelopes_.Make(scope_, Make("HMAC_256", "GENERATE_VERIFY_MAC")->id, context)),
            "InvalidKeyUsageException");
}

}  // namespace
}  // namespace bedplate::account::keys
