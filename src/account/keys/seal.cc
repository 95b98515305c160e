#include "account/keys/seal.h"

#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace bedplate::account::keys {
namespace {

constexpr std::size_t kMacBytes = 32;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void Must(bool done) {
  if (!done) std::abort();
}

// Looked up once: a look-up takes longer than sealing a data key.
const EVP_CIPHER* Aes256Gcm() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return cipher;
}

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

// HMAC-SHA256 without a key; likewise.
const EVP_MAC_CTX* HmacSha256() {
  static const MacContext context = [] {
    EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    Must(mac != nullptr);
    MacContext made(EVP_MAC_CTX_new(mac));
    EVP_MAC_free(mac);
    std::array<char, 7> hash{"SHA256"};
    const std::array<OSSL_PARAM, 2> chosen{
        OSSL_PARAM_construct_utf8_string("digest", hash.data(), 0), OSSL_PARAM_construct_end()};
    Must(made != nullptr && EVP_MAC_CTX_set_params(made.get(), chosen.data()) == 1);
    return made;
  }();
  return context.get();
}

int Size(std::string_view text) { return static_cast<int>(text.size()); }

void AuthenticateTo(unsigned char* mac, std::string_view key, std::string_view text) {
  // A copy, which is wiped when it is freed.
  const MacContext context(EVP_MAC_CTX_dup(HmacSha256()));
  std::size_t size = 0;
  Must(context != nullptr && EVP_MAC_init(context.get(), Bytes(key), key.size(), nullptr) == 1 &&
       EVP_MAC_update(context.get(), Bytes(text), text.size()) == 1 &&
       EVP_MAC_final(context.get(), mac, &size, kMacBytes) == 1 && size == kMacBytes);
}

}  // namespace

void SealInto(std::string& out, std::string_view key, std::string_view nonce, std::string_view aad,
              std::string_view plaintext) {
  Must(key.size() == kSealKeyBytes && nonce.size() == kNonceBytes);
  const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
  const std::size_t begin = out.size();
  out.resize(begin + plaintext.size() + kTagBytes);
  unsigned char* const at = Bytes(out) + begin;
  int length = 0;
  Must(context != nullptr &&
       EVP_EncryptInit_ex2(context.get(), Aes256Gcm(), Bytes(key), Bytes(nonce), nullptr) == 1);
  Must(EVP_EncryptUpdate(context.get(), nullptr, &length, Bytes(aad), Size(aad)) == 1);
  Must(EVP_EncryptUpdate(context.get(), at, &length, Bytes(plaintext), Size(plaintext)) == 1);
  Must(EVP_EncryptFinal_ex(context.get(), at + length, &length) == 1);
  Must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                           at + plaintext.size()) == 1);
}

std::optional<Secret> OpenSealed(std::string_view key, std::string_view nonce, std::string_view aad,
                                 std::string_view sealed) {
  if (key.size() != kSealKeyBytes || nonce.size() != kNonceBytes || sealed.size() < kTagBytes) {
    return std::nullopt;
  }
  const std::string_view text = sealed.substr(0, sealed.size() - kTagBytes);
  std::string tag(sealed.substr(text.size()));
  const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
  Secret opened(text.size());
  int length = 0;
  Must(context != nullptr &&
       EVP_DecryptInit_ex2(context.get(), Aes256Gcm(), Bytes(key), Bytes(nonce), nullptr) == 1);
  Must(EVP_DecryptUpdate(context.get(), nullptr, &length, Bytes(aad), Size(aad)) == 1);
  Must(EVP_DecryptUpdate(context.get(), opened.data(), &length, Bytes(text), Size(text)) == 1);
  Must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(context.get(), opened.data() + length, &length) != 1) return std::nullopt;
  return opened;
}

Secret DeriveKey(std::string_view key, std::string_view salt, std::string_view label,
                 std::size_t bytes) {
  Must(bytes <= kMacBytes);
  // spec: RFC 5869, 2.3: the first block of the output, which is all that is wanted.
  std::string info(label);
  info.append(salt).push_back('\x01');
  Secret derived(kMacBytes);
  AuthenticateTo(derived.data(), key, info);
  derived.Shrink(bytes);
  return derived;
}

std::string Authenticate(std::string_view key, std::string_view text) {
  std::string mac(kMacBytes, '\0');
  AuthenticateTo(Bytes(mac), key, text);
  return mac;
}

bool IsSame(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void AppendFramed(std::string& out, std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(size >> shift & 0xFF);
  out += text;
}

}  // namespace bedplate::account::keys
