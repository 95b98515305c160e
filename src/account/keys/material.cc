#include "account/keys/material.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <utility>

#include "base/ids.h"

namespace bedplate::account::keys {
namespace {

PrivateKey ReadPrivateKey(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return PrivateKey(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
}

bool IsOfSpec(const KeySpec& spec, const EVP_PKEY* key) {
  if (spec.family == Family::kRsa) {
    return EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) == spec.size;
  }
  return spec.family == Family::kEcc && EVP_PKEY_is_a(key, "EC") == 1;
}

}  // namespace

PrivateKey MakePrivateKey(const KeySpec& spec) {
  PrivateKey key(spec.family == Family::kRsa
                     ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(spec.size))
                     : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", std::string(spec.curve).c_str()));
  if (key == nullptr) std::abort();  // no memory: nothing else makes it fail
  return key;
}

Secret WritePrivateKey(const EVP_PKEY* key) {
  PKCS8_PRIV_KEY_INFO* const info = EVP_PKEY2PKCS8(key);
  if (info == nullptr) std::abort();
  unsigned char* der = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  PKCS8_PRIV_KEY_INFO_free(info);
  if (size <= 0) std::abort();
  Secret secret(
      std::string_view(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)));
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return secret;
}

std::string WritePublicKey(const EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) std::abort();
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

Secret GenerateMaterial(const KeySpec& spec) {
  if (spec.family == Family::kRsa || spec.family == Family::kEcc) {
    return WritePrivateKey(MakePrivateKey(spec).get());
  }
  Secret bytes(static_cast<std::size_t>(spec.size));
  FillRandom({bytes.data(), bytes.size()});
  return bytes;
}

bool OpenMaterial(const KeySpec& spec, Secret secret, Material& material) {
  if (spec.family == Family::kSymmetric || spec.family == Family::kHmac) {
    material.bytes = std::move(secret);
    return material.bytes.size() == static_cast<std::size_t>(spec.size);
  }
  material.private_key = ReadPrivateKey(secret.bytes());
  if (material.private_key == nullptr || !IsOfSpec(spec, material.private_key.get())) return false;
  material.public_key = WritePublicKey(material.private_key.get());
  return true;
}

}  // namespace bedplate::account::keys
