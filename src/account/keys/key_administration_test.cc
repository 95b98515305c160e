#include "account/keys/key_administration.h"

#include <string>

#include "account/keys/testing/key_stand.h"
#include "base/limits.h"

namespace bedplate::account::keys {
namespace {

class KeyAdministrationTest : public KeyTest {
 protected:
  std::string Refusal(const NewKey& wanted) {
    return TypeOf(administration_.Create(scope_, wanted, caller_));
  }
  std::string Put(const KeyPtr& key, const std::string& policy, bool bypass = false) {
    return TypeOf(administration_.PutPolicy(key->place(), policy, caller_, bypass));
  }
  static std::string Policy(const std::string& who, const std::string& effect = "Allow") {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":")" + effect +
           R"(","Principal":{"AWS":")" + who + R"("},"Action":"kms:*","Resource":"*"}]})";
  }
};

TEST_F(KeyAdministrationTest, KindAndUsageBelongTogether) {
  EXPECT_EQ(Refusal({.spec = "SM2", .usage = "SIGN_VERIFY"}), "UnsupportedOperationException");
  EXPECT_EQ(Refusal({.spec = "RSA_2048"}), "ValidationException");
  for (const auto& [spec, usage] :
       {std::pair("SYMMETRIC_DEFAULT", "SIGN_VERIFY"), std::pair("RSA_2048", "KEY_AGREEMENT"),
        std::pair("ECC_NIST_P256", "ENCRYPT_DECRYPT"),
        std::pair("ECC_SECG_P256K1", "KEY_AGREEMENT"), std::pair("HMAC_256", "SIGN_VERIFY"),
        std::pair("RSA_2048", "GENERATE_VERIFY_MAC")}) {
    EXPECT_EQ(Refusal({.spec = spec, .usage = usage}), "ValidationException") << spec << usage;
  }
  EXPECT_EQ(Make()->usage, Usage::kEncryptDecrypt);
}

TEST_F(KeyAdministrationTest, APolicyMustLeaveTheCallerAWayBack) {
  const KeyPtr key = Make();
  EXPECT_EQ(Put(key, Policy("arn:aws:iam::111122223333:root")), "");
  EXPECT_EQ(Now(key)->policy, Policy("arn:aws:iam::111122223333:root"));
  const std::string elsewhere = Policy("arn:aws:iam::444455556666:root");
  EXPECT_EQ(Put(key, elsewhere), "MalformedPolicyDocumentException");
  EXPECT_EQ(Put(key, Policy("*", "Deny")), "MalformedPolicyDocumentException");
  EXPECT_EQ(Put(key, elsewhere, true), "");
  EXPECT_EQ(Now(key)->policy, elsewhere);
  EXPECT_EQ(Refusal({.policy = elsewhere}), "MalformedPolicyDocumentException");
  EXPECT_EQ(Refusal({.policy = elsewhere, .bypass_policy_check = true}), "");
}

TEST_F(KeyAdministrationTest, APolicyThatIsNoneIsRefused) {
  const KeyPtr key = Make();
  for (const char* wrong : {"{", "[]", "{}", R"({"Version":"2012-10-17","Statement":[{}]})"}) {
    EXPECT_EQ(Put(key, wrong, true), "MalformedPolicyDocumentException") << wrong;
  }
  std::string long_one = Policy("*");
  long_one.append(limits::kKeyPolicyBytesMax, ' ');
  EXPECT_EQ(Put(key, long_one), "LimitExceededException");
}

TEST_F(KeyAdministrationTest, TagsHaveABound) {
  const KeyPtr key = Make();
  state::Tags tags;
  for (int i = 0; i < 50; ++i) tags.emplace(std::to_string(i), "v");
  ASSERT_TRUE(administration_.AddTags(key->place(), tags));
  EXPECT_EQ(Now(key)->tags.size(), 50u);
  EXPECT_EQ(TypeOf(administration_.AddTags(key->place(), {{"more", "v"}})),
            "LimitExceededException");
  ASSERT_TRUE(administration_.RemoveTags(key->place(), {"0", "none"}));
  EXPECT_EQ(Now(key)->tags.size(), 49u);
  EXPECT_EQ(TypeOf(administration_.AddTags(
                {.account = "111122223333", .region = "eu-west-1", .key_id = "none"}, tags)),
            "NotFoundException");
}

TEST_F(KeyAdministrationTest, AnAliasIsOfOneAccountAndKind) {
  const KeyPtr key = Make();
  const KeyPtr other = Make();
  const KeyPtr hmac = Make("HMAC_256", "GENERATE_VERIFY_MAC");
  ASSERT_TRUE(aliases_.Create(scope_, "alias/a", key->arn));
  EXPECT_EQ(TypeOf(aliases_.Create(scope_, "alias/a", other->id)), "AlreadyExistsException");
  EXPECT_EQ(TypeOf(aliases_.Create(scope_, "noalias", key->id)), "InvalidAliasNameException");
  EXPECT_EQ(TypeOf(aliases_.Create(scope_, "alias/", key->id)), "InvalidAliasNameException");
  EXPECT_EQ(TypeOf(aliases_.Create(scope_, "alias/b c", key->id)), "InvalidAliasNameException");
  EXPECT_EQ(TypeOf(aliases_.Create(scope_, "alias/aws/s3", key->id)), "NotAuthorizedException");
  EXPECT_EQ(TypeOf(aliases_.Create(scope_, "alias/b", "alias/a")), "NotFoundException");
  EXPECT_EQ(TypeOf(aliases_.Create(other_, "alias/b", key->arn)), "NotFoundException");
  EXPECT_EQ(TypeOf(aliases_.Update(scope_, "alias/a", hmac->id)), "ValidationException");
  EXPECT_EQ(TypeOf(aliases_.Update(scope_, "alias/b", other->id)), "NotFoundException");
  EXPECT_EQ((*store_.Find(scope_, "alias/a"))->id, key->id);
  ASSERT_TRUE(aliases_.Update(scope_, "alias/a", other->id));
  EXPECT_FALSE(store_.Cached(scope_, other->id));  // which has an alias more now
  EXPECT_EQ((*store_.Find(scope_, "alias/a"))->id, other->id);
  ASSERT_TRUE(aliases_.Delete(scope_, "alias/a"));
  EXPECT_FALSE(store_.Cached(scope_, "alias/a"));
  EXPECT_EQ(TypeOf(store_.Find(scope_, "alias/a")), "NotFoundException");
  EXPECT_EQ(TypeOf(aliases_.Delete(scope_, "alias/a")), "NotFoundException");
}

TEST_F(KeyAdministrationTest, AKeyHasFiftyAliases) {
  const KeyPtr key = Make();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(aliases_.Create(scope_, "alias/" + std::to_string(i), key->id));
  }
  EXPECT_EQ(TypeOf(aliases_.Create(scope_, "alias/more", key->id)), "LimitExceededException");
  EXPECT_EQ(aliases_.List(scope_, key->id, "", 100)->size(), 50u);
  EXPECT_EQ(aliases_.List(scope_, key->id, "alias/8", 2)->at(0).name, "alias/9");
}

}  // namespace
}  // namespace bedplate::account::keys
