// Authenticated encryption with AES-256-GCM, and keys made from keys with HKDF-SHA256.
//
// Errors: a failure of OpenSSL itself, which takes memory that is not there, aborts. Threads: any.
// spec: NIST SP 800-38D; RFC 5869
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "account/keys/secret.h"

namespace bedplate::account::keys {

inline constexpr std::size_t kSealKeyBytes = 32;
inline constexpr std::size_t kNonceBytes = 12;
inline constexpr std::size_t kTagBytes = 16;

// Appends ciphertext and tag. A key seals at most once with a nonce.
void SealInto(std::string& out, std::string_view key, std::string_view nonce, std::string_view aad,
              std::string_view plaintext);

// Nothing when it was not sealed with this key, nonce and additional data, or was changed since.
std::optional<Secret> OpenSealed(std::string_view key, std::string_view nonce, std::string_view aad,
                                 std::string_view sealed);

// A key of `bytes` for the use that `label` names and, of one use, for each `salt`, whose length is
// always that use's; from a key of full strength, at most 32 bytes. It is the expansion of HKDF
// alone, as such keys need no extraction (RFC 5869, 3.3).
Secret DeriveKey(std::string_view key, std::string_view salt, std::string_view label,
                 std::size_t bytes = kSealKeyBytes);

// HMAC-SHA256.
std::string Authenticate(std::string_view key, std::string_view text);

// Takes the same time wherever they differ.
bool IsSame(std::string_view a, std::string_view b);

// Appends `text` behind its length, so that what follows cannot be taken for a part of it.
void AppendFramed(std::string& out, std::string_view text);

}  // namespace bedplate::account::keys
