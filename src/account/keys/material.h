// The secret of one version of a key, opened: bytes of a symmetric or HMAC key, or a private key.
//
// Threads: constant once made; GenerateMaterial and MakePrivateKey take up to seconds for RSA.
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "account/keys/key_spec.h"
#include "account/keys/secret.h"
#include "base/result.h"

namespace bedplate::account::keys {

struct FreePrivateKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, FreePrivateKey>;

// A fresh secret for a key of the kind, as it is sealed: bytes, or a private key in PKCS #8.
Secret GenerateMaterial(const KeySpec& spec);

// PKCS #8 in DER.
Secret WritePrivateKey(const EVP_PKEY* key);
// SubjectPublicKeyInfo in DER, as GetPublicKey gives it.
std::string WritePublicKey(const EVP_PKEY* key);
// RSA and ECC only.
PrivateKey MakePrivateKey(const KeySpec& spec);

struct Material {
  int64_t version = 1;
  std::string id{};      // 64 hexadecimal digits
  std::string origin{};  // "CREATED", "AUTOMATIC", "ON_DEMAND"
  int64_t created_at_ms = 0;
  Secret bytes{};            // symmetric and HMAC
  PrivateKey private_key{};  // RSA and ECC
  std::string public_key{};  // of those
};

// Fills in what the secret gives; false when it is no secret of this kind.
bool OpenMaterial(const KeySpec& spec, Secret secret, Material& material);

}  // namespace bedplate::account::keys
