#include "account/keys/key_store.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "account/keys/ciphertext.h"
#include "account/keys/testing/key_stand.h"

namespace bedplate::account::keys {
namespace {

constexpr std::chrono::hours kDay{24};

using KeyStoreTest = KeyTest;

TEST_F(KeyStoreTest, IsFoundByEveryName) {
  const KeyPtr key = Make();
  ASSERT_TRUE(aliases_.Create(scope_, "alias/mine", key->id));
  for (const std::string& name : {key->id, key->arn, std::string("alias/mine"),
                                  std::string("arn:aws:kms:eu-west-1:111122223333:alias/mine")}) {
    const auto found = store_.Find(scope_, name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ((*found)->arn, key->arn);
    ASSERT_TRUE(store_.Cached(scope_, name)) << name;
    EXPECT_EQ((*store_.Cached(scope_, name))->arn, key->arn);
  }
}

TEST_F(KeyStoreTest, AnotherAccountNamesItByArnAlone) {
  const KeyPtr key = Make();
  ASSERT_TRUE(aliases_.Create(scope_, "alias/mine", key->id));
  EXPECT_EQ((*store_.Find(other_, key->arn))->account, "111122223333");
  EXPECT_TRUE(store_.Find(other_, "arn:aws:kms:eu-west-1:111122223333:alias/mine"));
  EXPECT_EQ(TypeOf(store_.Find(other_, key->id)), "NotFoundException");
  EXPECT_EQ(TypeOf(store_.Find(other_, "alias/mine")), "NotFoundException");
  EXPECT_FALSE(store_.Cached(other_, key->id));
}

TEST_F(KeyStoreTest, WhatIsNoNameSaysSo) {
  const auto why = [&](const std::string& name, Names names = Names::kKeysAndAliases) {
    const auto found = store_.Find(scope_, name, names);
    return found ? std::string() : found.error().type + ": " + found.error().message;
  };
  const std::string id = "12345678-1234-1234-1234-123456789012";
  EXPECT_EQ(why(id), "NotFoundException: Key 'arn:aws:kms:eu-west-1:111122223333:key/" + id +
                         "' does not exist");
  EXPECT_EQ(why("nonsense"), "NotFoundException: Invalid keyId 'nonsense'");
  EXPECT_EQ(why("alias/none"),
            "NotFoundException: Alias arn:aws:kms:eu-west-1:111122223333:alias/none is not found.");
  EXPECT_EQ(why("arn:aws:kms:us-west-2:111122223333:key/" + id),
            "NotFoundException: Invalid arn us-west-2");
  for (const std::string& arn :
       {std::string("arn:aws:kms:eu-west-1:1111:key/") + id,
        "arn:aws:s3:eu-west-1:111122223333:key/" + id,
        std::string("arn:aws:kms:eu-west-1:111122223333:other/x"), std::string("arn:"),
        std::string("arn:aws:kms::111122223333:key/") + id}) {
    EXPECT_EQ(why(arn), "InvalidArnException: Invalid arn " + arn);
  }
  EXPECT_EQ(why("alias/none", Names::kKeys), "NotFoundException: Invalid keyId 'alias/none'");
}

TEST_F(KeyStoreTest, DisablingHoldsForEverybodyWhenItReturns) {
  const KeyPtr key = Make();
  std::atomic<int> changes = 0;  // odd while it is disabled and nobody is about to enable it
  std::atomic<int> late = 0;
  std::atomic<int> reads = 0;
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 4; ++i) {
      readers.emplace_back([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const int before = changes;
          const auto found = store_.Find(scope_, key->id);
          const bool disabled = before % 2 == 1 && changes == before;
          if (disabled && (*found)->state == KeyState::kEnabled) ++late;
          ++reads;
        }
      });
    }
    for (int round = 0; round < 40; ++round) {
      ASSERT_TRUE(administration_.SetEnabled(key->place(), false));
      ++changes;
      const int before = reads;
      while (reads < before + 8) std::this_thread::yield();
      ++changes;
      ASSERT_TRUE(administration_.SetEnabled(key->place(), true));
    }
  }
  EXPECT_EQ(late, 0);
}

TEST_F(KeyStoreTest, AReaderCannotPutBackWhatWasChanged) {
  KeyCache<int> cache(100);
  const uint64_t ticket = cache.Ticket("key");
  cache.Forget("key");
  cache.Put("key", ticket, 1);
  EXPECT_FALSE(cache.Get("key"));
  cache.Put("key", cache.Ticket("key"), 2);
  EXPECT_EQ(cache.Get("key"), 2);
}

TEST_F(KeyStoreTest, TheCacheHasABound) {
  KeyCache<int> cache(32);
  int held = 0;
  for (int i = 0; i < 1000; ++i) cache.Put(std::to_string(i), cache.Ticket(std::to_string(i)), i);
  for (int i = 0; i < 1000; ++i) held += cache.Get(std::to_string(i)) ? 1 : 0;
  EXPECT_LE(held, 48);
  EXPECT_GT(held, 0);
}

// Material under another key's row, as a thief with the database but without the root key has it.
TEST_F(KeyStoreTest, MaterialOpensInItsOwnRowAlone) {
  const KeyPtr key = Make();
  const KeyPtr other = Make();
  const auto put = [&](const state::KeyVersionRow& stolen) {
    return store_.table().Update(
        key->place(), [&](state::KeyRow& row, std::optional<state::KeyVersionRow>& version) {
          version = stolen;
          row.version = stolen.version;
          return Result<void>();
        });
  };
  ASSERT_TRUE(put(store_.NewVersion(other->place(), *key->spec, 2, "ON_DEMAND")));
  store_.Forget(key->place());
  const auto found = store_.Find(scope_, key->id);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().fault, Fault::kInternal);
  EXPECT_TRUE(store_.Find(scope_, other->id));
}

TEST_F(KeyStoreTest, AnotherRootKeyOpensNothing) {
  const KeyPtr key = Make();
  KeyStore stolen(*database_, RootKey(std::string(32, 'x')), clock_);
  EXPECT_EQ(stolen.Find(scope_, key->id).error().fault, Fault::kInternal);
  KeyStore again(*database_, RootKey(kRoot), clock_);
  const std::string blob = EncryptText(*key, "text", {});
  EXPECT_EQ(DecryptText(**again.Find(scope_, key->id), blob, {})->plaintext.bytes(), "text");
}

TEST_F(KeyStoreTest, RotationKeepsWhatWasEncryptedReadable) {
  const KeyPtr first = Make();
  std::vector<std::string> blobs = {EncryptText(*first, "0", {})};
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(rotation_.RotateNow(*first));
    const KeyPtr now = Now(first);
    EXPECT_EQ(now->current().version, i + 1);
    EXPECT_NE(now->current().id, first->current().id);
    blobs.push_back(EncryptText(*now, std::to_string(i), {}));
  }
  for (size_t i = 0; i < blobs.size(); ++i) {
    EXPECT_EQ(DecryptText(*Now(first), blobs[i], {})->plaintext.bytes(), std::to_string(i));
  }
  EXPECT_FALSE(DecryptText(*first, blobs[3], {}));
}

TEST_F(KeyStoreTest, RotatesByItselfWhenItsTimeHasCome) {
  const KeyPtr key = Make();
  ASSERT_TRUE(rotation_.SetPeriod(*key, 90));
  clock_.Advance(89 * kDay);
  ASSERT_TRUE(rotation_.RotateDue());
  EXPECT_EQ(Now(key)->current().version, 1);
  clock_.Advance(kDay);
  ASSERT_TRUE(rotation_.RotateDue());
  ASSERT_TRUE(rotation_.RotateDue());
  EXPECT_EQ(Now(key)->current().version, 2);
  EXPECT_EQ(Now(key)->current().origin, "AUTOMATIC");
  clock_.Advance(90 * kDay);
  ASSERT_TRUE(rotation_.SetPeriod(*key, 0));
  ASSERT_TRUE(rotation_.RotateDue());
  EXPECT_EQ(Now(key)->current().version, 2);
}

TEST_F(KeyStoreTest, IsRotatedOnDemandSoManyTimes) {
  const KeyPtr key = Make();
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(rotation_.RotateNow(*key)) << i;
  EXPECT_EQ(TypeOf(rotation_.RotateNow(*key)), "LimitExceededException");
  EXPECT_EQ(TypeOf(rotation_.RotateNow(*Make("HMAC_256", "GENERATE_VERIFY_MAC"))),
            "UnsupportedOperationException");
}

TEST_F(KeyStoreTest, IsGoneWhenItsTimeHasComeSweptOrNot) {
  const KeyPtr key = Make();
  ASSERT_TRUE(aliases_.Create(scope_, "alias/mine", key->id));
  const auto at = administration_.ScheduleDeletion(key->place(), 7);
  ASSERT_TRUE(at);
  EXPECT_EQ(*at, store_.NowMs() + 7 * 24 * 3'600'000);
  EXPECT_EQ(Now(key)->state, KeyState::kPendingDeletion);
  clock_.Advance(7 * kDay - std::chrono::milliseconds(1));
  ASSERT_TRUE(administration_.DeleteDue());
  EXPECT_TRUE(store_.Find(scope_, key->id));
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_FALSE(store_.Cached(scope_, key->id));
  EXPECT_EQ(TypeOf(store_.Find(scope_, key->id)), "NotFoundException");
  EXPECT_EQ(TypeOf(administration_.CancelDeletion(key->place())), "NotFoundException");
  ASSERT_TRUE(administration_.DeleteDue());
  EXPECT_EQ(TypeOf(store_.Find(scope_, key->id)), "NotFoundException");
  EXPECT_EQ(store_.aliases().Find(scope_.account, scope_.region, "alias/mine").error().fault,
            Fault::kNotFound);
}

TEST_F(KeyStoreTest, AKeyKnowsItsAliases) {
  const KeyPtr one = Make();
  const KeyPtr two = Make();
  using Names = std::vector<std::string>;
  EXPECT_EQ(Now(one)->aliases, Names());
  ASSERT_TRUE(aliases_.Create(scope_, "alias/b", one->id));
  ASSERT_TRUE(aliases_.Create(scope_, "alias/a", one->id));
  EXPECT_EQ(Now(one)->aliases, (Names{"alias/a", "alias/b"}));
  EXPECT_EQ(Now(two)->aliases, Names());
  ASSERT_TRUE(aliases_.Update(scope_, "alias/b", two->id));
  EXPECT_EQ(Now(one)->aliases, Names{"alias/a"});
  EXPECT_EQ(Now(two)->aliases, Names{"alias/b"});
  ASSERT_TRUE(aliases_.Delete(scope_, "alias/b"));
  EXPECT_EQ(Now(two)->aliases, Names());
}

TEST_F(KeyStoreTest, ADeletionIsCancelledInTime) {
  const KeyPtr key = Make();
  ASSERT_TRUE(administration_.ScheduleDeletion(key->place(), 30));
  EXPECT_EQ(TypeOf(administration_.SetEnabled(key->place(), true)), "KMSInvalidStateException");
  EXPECT_EQ(TypeOf(administration_.ScheduleDeletion(key->place(), 7)), "KMSInvalidStateException");
  ASSERT_TRUE(administration_.CancelDeletion(key->place()));
  EXPECT_EQ(Now(key)->state, KeyState::kDisabled);
  EXPECT_EQ(TypeOf(administration_.CancelDeletion(key->place())), "KMSInvalidStateException");
  clock_.Advance(31 * kDay);
  ASSERT_TRUE(administration_.DeleteDue());
  EXPECT_TRUE(store_.Find(scope_, key->id));
  EXPECT_EQ(TypeOf(administration_.ScheduleDeletion(key->place(), 6)), "ValidationException");
  EXPECT_EQ(TypeOf(administration_.ScheduleDeletion(key->place(), 31)), "ValidationException");
}

TEST_F(KeyStoreTest, AwsKeysAreMadeWhenFirstAskedForAndChangedByNobody) {
  EXPECT_EQ(TypeOf(store_.Find(scope_, "alias/aws/other")), "NotFoundException");
  EXPECT_EQ(TypeOf(store_.Find(other_, "arn:aws:kms:eu-west-1:111122223333:alias/aws/s3")),
            "NotFoundException");
  const KeyPtr key = *store_.Find(scope_, "alias/aws/s3");
  EXPECT_TRUE(key->aws_managed);
  EXPECT_TRUE(key->document);
  EXPECT_EQ((*store_.Find(scope_, "alias/aws/s3"))->arn, key->arn);
  EXPECT_NE((*store_.Find(scope_, "alias/aws/bedrock"))->arn, key->arn);
  EXPECT_NE((*store_.Find(other_, "alias/aws/s3"))->arn, key->arn);
  EXPECT_EQ(TypeOf(administration_.SetEnabled(key->place(), false)), "AccessDeniedException");
  EXPECT_EQ(TypeOf(administration_.ScheduleDeletion(key->place(), 7)), "AccessDeniedException");
  EXPECT_EQ(TypeOf(rotation_.RotateNow(*key)), "AccessDeniedException");
  EXPECT_EQ(TypeOf(aliases_.Delete(scope_, "alias/aws/s3")), "NotAuthorizedException");
  clock_.Advance(365 * kDay);
  ASSERT_TRUE(rotation_.RotateDue());
  EXPECT_EQ(Now(key)->current().version, 2);
}

TEST_F(KeyStoreTest, EveryKindIsOpenedAgain) {
  for (const auto& [spec, usage] :
       {std::pair("RSA_2048", "ENCRYPT_DECRYPT"), std::pair("RSA_2048", "SIGN_VERIFY"),
        std::pair("ECC_NIST_P256", "KEY_AGREEMENT"), std::pair("ECC_SECG_P256K1", "SIGN_VERIFY"),
        std::pair("HMAC_512", "GENERATE_VERIFY_MAC")}) {
    const KeyPtr key = Make(spec, usage);
    KeyStore again(*database_, RootKey(kRoot), clock_);
    const KeyPtr opened = *again.Find(scope_, key->id);
    EXPECT_EQ(opened->current().public_key, key->current().public_key);
    EXPECT_EQ(opened->current().bytes.bytes(), key->current().bytes.bytes());
    EXPECT_EQ(UsageName(opened->usage), usage);
  }
}

}  // namespace
}  // namespace bedplate::account::keys
