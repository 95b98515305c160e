#include "account/keys/asymmetric.h"

#include <string>

#include "account/keys/testing/key_stand.h"

namespace bedplate::account::keys {
namespace {

using AsymmetricTest = KeyTest;

TEST_F(AsymmetricTest, RsaEncryptsUpToItsSize) {
  const KeyPtr key = Make("RSA_2048", "ENCRYPT_DECRYPT");
  for (const auto& [algorithm, most] :
       {std::pair("RSAES_OAEP_SHA_1", size_t{214}), std::pair("RSAES_OAEP_SHA_256", size_t{190})}) {
    const std::string text(most, 't');
    const auto blob = EncryptRsa(*key, algorithm, text);
    ASSERT_TRUE(blob);
    EXPECT_EQ(blob->size(), 256u);
    EXPECT_EQ(DecryptRsa(*key, algorithm, *blob)->bytes(), text);
    EXPECT_EQ(TypeOf(EncryptRsa(*key, algorithm, text + "t")), "ValidationException");
    std::string changed = *blob;
    changed[17] = static_cast<char>(changed[17] ^ 1);
    EXPECT_EQ(TypeOf(DecryptRsa(*key, algorithm, changed)), "InvalidCiphertextException");
    EXPECT_EQ(TypeOf(DecryptRsa(*key, algorithm, "short")), "InvalidCiphertextException");
  }
  const auto blob = EncryptRsa(*key, "RSAES_OAEP_SHA_1", "x");
  EXPECT_FALSE(DecryptRsa(*key, "RSAES_OAEP_SHA_256", *blob));
}

TEST_F(AsymmetricTest, EverySigningAlgorithmVerifiesItsOwn) {
  for (const char* spec :
       {"RSA_2048", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1"}) {
    const KeyPtr key = Make(spec, "SIGN_VERIFY");
    for (const std::string_view algorithm : key->spec->signing) {
      const auto signature = SignMessage(*key, algorithm, "message", false);
      ASSERT_TRUE(signature) << algorithm;
      EXPECT_TRUE(*VerifyMessage(*key, algorithm, "message", false, *signature));
      EXPECT_FALSE(*VerifyMessage(*key, algorithm, "other", false, *signature));
      std::string changed = *signature;
      changed.back() = static_cast<char>(changed.back() ^ 1);
      EXPECT_FALSE(*VerifyMessage(*key, algorithm, "message", false, changed));
      EXPECT_FALSE(*VerifyMessage(*key, algorithm, "message", false, "no signature"));
      EXPECT_EQ(TypeOf(SignMessage(*key, algorithm, "short", true)), "ValidationException");
      EXPECT_EQ(TypeOf(VerifyMessage(*key, algorithm, "short", true, *signature)),
                "ValidationException");
      const size_t digest = algorithm.ends_with("256") ? 32 : algorithm.ends_with("384") ? 48 : 64;
      const std::string hash(digest, 'h');
      const auto of_digest = SignMessage(*key, algorithm, hash, true);
      ASSERT_TRUE(of_digest) << algorithm;
      EXPECT_TRUE(*VerifyMessage(*key, algorithm, hash, true, *of_digest));
      EXPECT_FALSE(*VerifyMessage(*key, algorithm, hash, false, *of_digest));
    }
  }
}

TEST_F(AsymmetricTest, TwoAgreeOnOneSecret) {
  for (const char* spec : {"ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"}) {
    const KeyPtr one = Make(spec, "KEY_AGREEMENT");
    const KeyPtr two = Make(spec, "KEY_AGREEMENT");
    const auto secret = AgreeOnSecret(*one, two->current().public_key);
    ASSERT_TRUE(secret);
    EXPECT_EQ(secret->bytes(), AgreeOnSecret(*two, one->current().public_key)->bytes());
  }
}

TEST_F(AsymmetricTest, AgreesWithItsOwnCurveAlone) {
  const KeyPtr key = Make("ECC_NIST_P256", "KEY_AGREEMENT");
  const KeyPtr larger = Make("ECC_NIST_P384", "KEY_AGREEMENT");
  const KeyPtr rsa = Make("RSA_2048", "SIGN_VERIFY");
  const std::string own = key->current().public_key;
  std::string off_the_curve = own;
  off_the_curve.back() = static_cast<char>(off_the_curve.back() ^ 1);
  for (const std::string& wrong :
       {larger->current().public_key, rsa->current().public_key, off_the_curve, own + "x",
        own.substr(1), std::string("no key")}) {
    EXPECT_EQ(TypeOf(AgreeOnSecret(*key, wrong)), "ValidationException");
  }
}

TEST_F(AsymmetricTest, MacsAreOfTheirHash) {
  for (const auto& [spec, bytes] : {std::pair("HMAC_224", 28), std::pair("HMAC_256", 32),
                                    std::pair("HMAC_384", 48), std::pair("HMAC_512", 64)}) {
    const KeyPtr key = Make(spec, "GENERATE_VERIFY_MAC");
    const std::string_view algorithm = key->spec->mac[0];
    const std::string mac = ComputeMac(*key, algorithm, "message");
    EXPECT_EQ(mac.size(), static_cast<size_t>(bytes));
    EXPECT_EQ(mac, ComputeMac(*key, algorithm, "message"));
    EXPECT_NE(mac, ComputeMac(*key, algorithm, "messagE"));
    EXPECT_NE(mac, ComputeMac(*Make(spec, "GENERATE_VERIFY_MAC"), algorithm, "message"));
  }
}

}  // namespace
}  // namespace bedplate::account::keys
