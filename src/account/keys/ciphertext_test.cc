#include "account/keys/ciphertext.h"

#include <string>

#include "account/keys/testing/key_stand.h"
#include "base/limits.h"

namespace bedplate::account::keys {
namespace {

using CiphertextTest = KeyTest;

TEST_F(CiphertextTest, OpensWithItsKeyAndContextAlone) {
  const KeyPtr key = Make();
  const KeyPtr other = Make();
  const EncryptionContext context = {{"a", "1"}, {"b", "2"}};
  const std::string blob = EncryptText(*key, "secret", context);
  EXPECT_EQ(blob.size(), 6 + kCiphertextOverheadBytes);
  EXPECT_EQ(DecryptText(*key, blob, context)->plaintext.bytes(), "secret");
  for (const EncryptionContext& wrong :
       {EncryptionContext{}, EncryptionContext{{"a", "1"}},
        EncryptionContext{{"a", "1"}, {"b", "3"}}, EncryptionContext{{"a", "2"}, {"b", "1"}},
        // The same bytes in one row, divided otherwise.
        EncryptionContext{{"a", "1b"}, {"", "2"}}, EncryptionContext{{"a1", "b"}, {"2", ""}},
        EncryptionContext{{"a", "1"}, {"b", "2"}, {"c", ""}}}) {
    EXPECT_EQ(TypeOf(DecryptText(*key, blob, wrong)), "InvalidCiphertextException");
  }
  EXPECT_EQ(TypeOf(DecryptText(*other, blob, context)), "InvalidCiphertextException");
}

TEST_F(CiphertextTest, EveryByteIsHeldToWhatItWas) {
  const KeyPtr key = Make();
  const std::string blob = EncryptText(*key, "text", {});
  for (size_t i = 0; i < blob.size(); ++i) {
    for (const int bit : {0x01, 0x80}) {
      std::string changed = blob;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      EXPECT_EQ(TypeOf(DecryptText(*key, changed, {})), "InvalidCiphertextException") << i;
    }
  }
  for (size_t size = 0; size < blob.size(); ++size) {
    EXPECT_FALSE(DecryptText(*key, blob.substr(0, size), {})) << size;
  }
  EXPECT_FALSE(DecryptText(*key, blob + "x", {}));
}

TEST_F(CiphertextTest, NamesItsKey) {
  const KeyPtr key = Make();
  const auto named = ReadCiphertextKey(EncryptText(*key, "x", {}));
  ASSERT_TRUE(named);
  EXPECT_EQ(named->account, key->account);
  EXPECT_EQ(named->key_id, key->id);
  EXPECT_EQ(named->version, 1);
  EXPECT_FALSE(ReadCiphertextKey("BPK"));
  EXPECT_FALSE(ReadCiphertextKey(std::string(200, 'x')));
}

TEST_F(CiphertextTest, NeverTheSameTwice) {
  const KeyPtr key = Make();
  EXPECT_NE(EncryptText(*key, "x", {}), EncryptText(*key, "x", {}));
}

TEST_F(CiphertextTest, OfEveryLength) {
  const KeyPtr key = Make();
  for (const size_t size : {1u, 15u, 16u, 17u, 4096u}) {
    const std::string text(size, 'a');
    EXPECT_EQ(DecryptText(*key, EncryptText(*key, text, {}), {})->plaintext.bytes(), text);
  }
}

TEST_F(CiphertextTest, AContextHasABound) {
  const size_t most = limits::kEncryptionContextBytesMax;
  EXPECT_TRUE(CheckContext({{"k", std::string(most - 1, 'x')}}));
  EXPECT_EQ(TypeOf(CheckContext({{"k", std::string(most, 'x')}})), "ValidationException");
}

}  // namespace
}  // namespace bedplate::account::keys
