// What RSA and ECC keys do: encrypt, sign, agree on a secret; and HMAC. The key's state, usage and
// algorithm were looked at before (CheckUsable).
//
// Threads: pure functions. What takes a private key of RSA takes up to some milliseconds.
// spec: KMS developer guide, "Key spec reference"; RFC 8017, RFC 5480, SP 800-56A
#pragma once

#include <string>
#include <string_view>

#include "account/keys/key.h"
#include "account/keys/secret.h"
#include "base/result.h"

namespace bedplate::account::keys {

// ValidationException for more than the key can encrypt at once.
Result<std::string> EncryptRsa(const Key& key, std::string_view algorithm,
                               std::string_view plaintext);
// InvalidCiphertextException.
Result<Secret> DecryptRsa(const Key& key, std::string_view algorithm, std::string_view ciphertext);

// `is_digest`: the message is what its hash gave. ValidationException for a digest of the wrong
// length.
Result<std::string> SignMessage(const Key& key, std::string_view algorithm,
                                std::string_view message, bool is_digest);
// Whether the signature is of this message and key.
Result<bool> VerifyMessage(const Key& key, std::string_view algorithm, std::string_view message,
                           bool is_digest, std::string_view signature);

// ECDH with somebody's public key (SubjectPublicKeyInfo in DER). ValidationException for what is no
// public key of this key's curve.
Result<Secret> AgreeOnSecret(const Key& key, std::string_view public_key);

// `algorithm`: "HMAC_SHA_256".
std::string ComputeMac(const Key& key, std::string_view algorithm, std::string_view message);

}  // namespace bedplate::account::keys
