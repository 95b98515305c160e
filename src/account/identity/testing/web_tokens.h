// An issuer of web identities for tests: its keys, and tokens that they sign.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "base/json/value.h"

namespace bedplate::account::testing {

inline std::string UrlBase64(std::string_view bytes) {
  std::string text;
  AppendBase64(text, bytes);
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  while (text.ends_with('=')) text.pop_back();
  return text;
}

class TestKey {
 public:
  static TestKey Rsa(unsigned bits = 2048) { return TestKey(EVP_RSA_gen(bits)); }
  static TestKey P256() { return TestKey(EVP_EC_gen("P-256")); }

  // The entry of a key set.
  json::Value Public(std::string_view id) const {
    json::Value entry;
    if (!id.empty()) entry.Set("kid", std::string(id));
    if (EVP_PKEY_is_a(key_.get(), "RSA")) {
      entry.Set("kty", "RSA");
      entry.Set("n", UrlBase64(Number(OSSL_PKEY_PARAM_RSA_N, 0)));
      entry.Set("e", UrlBase64(Number(OSSL_PKEY_PARAM_RSA_E, 0)));
    } else {
      entry.Set("kty", "EC");
      entry.Set("crv", "P-256");
      entry.Set("x", UrlBase64(Number(OSSL_PKEY_PARAM_EC_PUB_X, 32)));
      entry.Set("y", UrlBase64(Number(OSSL_PKEY_PARAM_EC_PUB_Y, 32)));
    }
    return entry;
  }

  // As RS256 and ES256 want it.
  std::string Sign(std::string_view text) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    std::string made(1024, '\0');
    size_t size = made.size();
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    made.resize(size);
    return EVP_PKEY_is_a(key_.get(), "RSA") ? made : FromDer(made);
  }

  // The public key as PEM: what HS256 is signed with by one who hopes that it is taken for a
  // secret.
  std::string Pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PUBKEY(out.get(), key_.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return std::string(data, static_cast<size_t>(size));
  }

 private:
  explicit TestKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}

  // Big-endian, of at least `size` bytes.
  std::string Number(const char* name, size_t size) const {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &number);
    std::string bytes(std::max(static_cast<size_t>(BN_num_bytes(number)), size), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
                 static_cast<int>(bytes.size()));
    BN_free(number);
    return bytes;
  }

  static std::string FromDer(std::string_view der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
    std::string made(64, '\0');
    auto* const bytes = reinterpret_cast<unsigned char*>(made.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), bytes, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), bytes + 32, 32);
    return made;
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

inline std::string Hs256(std::string_view secret, std::string_view text) {
  unsigned char made[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), made, &size);
  return std::string(reinterpret_cast<const char*>(made), size);
}

inline std::string Unsigned(std::string_view header, std::string_view claims) {
  return UrlBase64(header) + "." + UrlBase64(claims);
}
inline std::string TokenOf(const TestKey& key, std::string_view header, std::string_view claims) {
  const std::string text = Unsigned(header, claims);
  return text + "." + UrlBase64(key.Sign(text));
}

inline json::Value KeySetOf(json::Value::Array keys) {
  json::Value set;
  set.Set("keys", std::move(keys));
  return set;
}

}  // namespace bedplate::account::testing
