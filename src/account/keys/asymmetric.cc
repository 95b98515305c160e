#include "account/keys/asymmetric.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "account/keys/key_error.h"

namespace bedplate::account::keys {
namespace {

struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, FreeContext>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// OpenSSL keeps its failures for the thread; what a caller sent wrong is no business of the next.
struct ForgetErrors {
  ~ForgetErrors() { ERR_clear_error(); }
};

const EVP_MD* HashOf(std::string_view algorithm) {
  if (algorithm.ends_with("SHA_1")) return EVP_sha1();
  if (algorithm.ends_with("SHA_224")) return EVP_sha224();
  if (algorithm.ends_with("SHA_256")) return EVP_sha256();
  return algorithm.ends_with("SHA_384") ? EVP_sha384() : EVP_sha512();
}

Context MakeContext(const Key& key) {
  Context context(EVP_PKEY_CTX_new(key.current().private_key.get(), nullptr));
  if (context == nullptr) std::abort();
  return context;
}

bool SetOaep(EVP_PKEY_CTX* context, std::string_view algorithm) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_oaep_md(context, HashOf(algorithm)) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, HashOf(algorithm)) == 1;
}

bool SetSigning(EVP_PKEY_CTX* context, std::string_view algorithm) {
  if (EVP_PKEY_CTX_set_signature_md(context, HashOf(algorithm)) != 1) return false;
  if (algorithm.starts_with("ECDSA")) return true;
  if (algorithm.starts_with("RSASSA_PKCS1")) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  }
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, HashOf(algorithm)) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

Result<std::string> DigestOf(std::string_view algorithm, std::string_view message, bool is_digest) {
  const EVP_MD* const hash = HashOf(algorithm);
  const auto size = static_cast<std::size_t>(EVP_MD_get_size(hash));
  if (is_digest) {
    if (message.size() == size) return std::string(message);
    return Invalid(
        fmt::format("Digest is invalid length for algorithm {}: it has {} bytes, not {}.",
                    algorithm, message.size(), size));
  }
  std::string digest(size, '\0');
  if (EVP_Digest(message.data(), message.size(), Bytes(digest), nullptr, hash, nullptr) != 1) {
    std::abort();
  }
  return digest;
}

}  // namespace

Result<std::string> EncryptRsa(const Key& key, std::string_view algorithm,
                               std::string_view plaintext) {
  const ForgetErrors forget;
  // spec: RFC 8017, 7.1.1: OAEP takes two digests and two bytes.
  const std::size_t most = static_cast<std::size_t>(key.spec->size) / 8 -
                           2 * static_cast<std::size_t>(EVP_MD_get_size(HashOf(algorithm))) - 2;
  if (plaintext.size() > most) {
    return Invalid(
        fmt::format("Algorithm {} and key spec {} cannot encrypt data larger than {} bytes.",
                    algorithm, key.spec->name, most));
  }
  const Context context = MakeContext(key);
  std::string ciphertext(static_cast<std::size_t>(key.spec->size) / 8, '\0');
  std::size_t size = ciphertext.size();
  if (EVP_PKEY_encrypt_init(context.get()) != 1 || !SetOaep(context.get(), algorithm) ||
      EVP_PKEY_encrypt(context.get(), Bytes(ciphertext), &size, Bytes(plaintext),
                       plaintext.size()) != 1) {
    return KeyError(Fault::kInternal, "KMSInternalException", "The encryption failed.");
  }
  ciphertext.resize(size);
  return ciphertext;
}

Result<Secret> DecryptRsa(const Key& key, std::string_view algorithm, std::string_view ciphertext) {
  const ForgetErrors forget;
  const Context context = MakeContext(key);
  Secret plaintext(static_cast<std::size_t>(key.spec->size) / 8);
  std::size_t size = plaintext.size();
  if (ciphertext.size() != plaintext.size() || EVP_PKEY_decrypt_init(context.get()) != 1 ||
      !SetOaep(context.get(), algorithm) ||
      EVP_PKEY_decrypt(context.get(), plaintext.data(), &size, Bytes(ciphertext),
                       ciphertext.size()) != 1) {
    return InvalidCiphertext();
  }
  plaintext.Shrink(size);
  return plaintext;
}

Result<std::string> SignMessage(const Key& key, std::string_view algorithm,
                                std::string_view message, bool is_digest) {
  const ForgetErrors forget;
  const auto digest = DigestOf(algorithm, message, is_digest);
  if (!digest) return std::unexpected(digest.error());
  const Context context = MakeContext(key);
  std::string signature(
      static_cast<std::size_t>(EVP_PKEY_get_size(key.current().private_key.get())), '\0');
  std::size_t size = signature.size();
  if (EVP_PKEY_sign_init(context.get()) != 1 || !SetSigning(context.get(), algorithm) ||
      EVP_PKEY_sign(context.get(), Bytes(signature), &size, Bytes(*digest), digest->size()) != 1) {
    return KeyError(Fault::kInternal, "KMSInternalException", "The signing failed.");
  }
  signature.resize(size);
  return signature;
}

Result<bool> VerifyMessage(const Key& key, std::string_view algorithm, std::string_view message,
                           bool is_digest, std::string_view signature) {
  const ForgetErrors forget;
  const auto digest = DigestOf(algorithm, message, is_digest);
  if (!digest) return std::unexpected(digest.error());
  const Context context = MakeContext(key);
  if (EVP_PKEY_verify_init(context.get()) != 1 || !SetSigning(context.get(), algorithm)) {
    return KeyError(Fault::kInternal, "KMSInternalException", "The verification failed.");
  }
  return EVP_PKEY_verify(context.get(), Bytes(signature), signature.size(), Bytes(*digest),
                         digest->size()) == 1;
}

Result<Secret> AgreeOnSecret(const Key& key, std::string_view public_key) {
  const ForgetErrors forget;
  const unsigned char* at = Bytes(public_key);
  const PrivateKey peer(d2i_PUBKEY(nullptr, &at, static_cast<long>(public_key.size())));
  const bool whole = at == Bytes(public_key) + public_key.size();
  const EVP_PKEY* const own = key.current().private_key.get();
  // Whether its point lies on the curve is looked at when it is set.
  if (peer == nullptr || !whole || EVP_PKEY_parameters_eq(own, peer.get()) != 1) {
    return Invalid(fmt::format(
        "PublicKey is not the DER-encoded public key (SubjectPublicKeyInfo) of a key of spec {}.",
        key.spec->name));
  }
  const Context context = MakeContext(key);
  std::size_t size = 0;
  if (EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), nullptr, &size) != 1) {
    return Invalid("PublicKey is not a valid public key.");
  }
  Secret secret(size);
  if (EVP_PKEY_derive(context.get(), secret.data(), &size) != 1) {
    return Invalid("PublicKey is not a valid public key.");
  }
  secret.Shrink(size);
  return secret;
}

std::string ComputeMac(const Key& key, std::string_view algorithm, std::string_view message) {
  const std::string_view secret = key.current().bytes.bytes();
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (HMAC(HashOf(algorithm), secret.data(), static_cast<int>(secret.size()), Bytes(message),
           message.size(), Bytes(mac), &size) == nullptr) {
    std::abort();
  }
  mac.resize(size);
  return mac;
}

}  // namespace bedplate::account::keys
