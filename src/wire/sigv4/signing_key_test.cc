#include "wire/sigv4/signing_key.h"

#include <gtest/gtest.h>

namespace bedplate::wire::sigv4 {
namespace {

// spec: the worked example of docs.aws.amazon.com "Deriving a signing key"
TEST(MakeSigningKey, GivesTheDocumentedExample) {
  EXPECT_EQ(HexOf(MakeSigningKey("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830",
                                 "us-east-1", "iam")),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

TEST(SigningKeyCache, TellsEveryPartApart) {
  SigningKeyCache cache;
  const Digest first = cache.Get("secret", "20150830", "us-east-1", "bedrock");
  EXPECT_NE(cache.Get("other", "20150830", "us-east-1", "bedrock"), first);
  EXPECT_NE(cache.Get("secret", "20150831", "us-east-1", "bedrock"), first);
  EXPECT_NE(cache.Get("secret", "20150830", "us-east-2", "bedrock"), first);
  EXPECT_NE(cache.Get("secret", "20150830", "us-east-1", "s3"), first);
  EXPECT_EQ(cache.Get("secret", "20150830", "us-east-1", "bedrock"), first);
  EXPECT_EQ(cache.size(), 5u);
}

TEST(SigningKeyCache, KeepsTheLastUsedAndStaysBounded) {
  SigningKeyCache cache;
  const Digest first = cache.Get("secret", "first", "r", "s");
  for (size_t i = 0; i < 10 * SigningKeyCache::kKeysMax; ++i) {
    EXPECT_EQ(cache.Get("secret", std::to_string(i), "r", "s"),
              MakeSigningKey("secret", std::to_string(i), "r", "s"));
    EXPECT_EQ(cache.Get("secret", "first", "r", "s"), first);
  }
  EXPECT_EQ(cache.size(), SigningKeyCache::kKeysMax);
}

}  // namespace
}  // namespace bedplate::wire::sigv4
