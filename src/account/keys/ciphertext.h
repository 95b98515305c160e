// What a symmetric key encrypts, and how it looks:
//
//   "BPK", format 1, account (5 bytes), key id (16), version (4), salt (16), nonce (12),
//   ciphertext, tag (16)
//
// Each text has a key of its own, derived from the key's and the salt, so that no nonce can come
// twice. All before the ciphertext is authenticated with it, and so is the encryption context.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "account/keys/grant.h"
#include "account/keys/key.h"
#include "account/keys/secret.h"
#include "base/result.h"

namespace bedplate::account::keys {

// More than its plaintext.
inline constexpr std::size_t kCiphertextOverheadBytes = 73;

// Whose key a text says it was encrypted with. Anybody can write that.
struct CiphertextKey {
  std::string account{};
  std::string key_id{};
  int64_t version = 0;
};
std::optional<CiphertextKey> ReadCiphertextKey(std::string_view blob);

// Of a symmetric key, whose state is not looked at.
std::string EncryptText(const Key& key, std::string_view plaintext,
                        const EncryptionContext& context);

struct Decrypted {
  Secret plaintext{};
  const Material* material = nullptr;  // of the key; that which had encrypted
};
// InvalidCiphertextException for what this key has not encrypted with this context.
Result<Decrypted> DecryptText(const Key& key, std::string_view blob,
                              const EncryptionContext& context);

// ValidationException for a context that is too large.
Result<void> CheckContext(const EncryptionContext& context);

}  // namespace bedplate::account::keys
