#include "wire/sigv4/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <cstring>

namespace bedplate::wire::sigv4 {
namespace {

constexpr size_t kBlockBytes = 64;

// OpenSSL looks an algorithm up by name each time unless it is handed one fetched before.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

// Only a broken OpenSSL or no memory lead here; a signature must never pass because of either.
void Require(bool ok) {
  if (!ok) std::abort();
}

Sha256& ThreadHash() {
  thread_local Sha256 hash;
  return hash;
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  Require(context_ != nullptr && EVP_DigestInit_ex2(context_, Algorithm(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::Update(std::string_view bytes) {
  Require(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
}

Digest Sha256::Finish() {
  Digest digest;
  Require(EVP_DigestFinal_ex(context_, digest.data(), nullptr) == 1);
  Require(EVP_DigestInit_ex2(context_, Algorithm(), nullptr) == 1);
  return digest;
}

Digest HashOf(std::string_view bytes) {
  Sha256& hash = ThreadHash();
  hash.Update(bytes);
  return hash.Finish();
}

Digest HmacOf(std::string_view key, std::string_view message) {
  std::array<char, kBlockBytes> pad{};
  if (key.size() > kBlockBytes) {
    const Digest short_key = HashOf(key);
    std::memcpy(pad.data(), short_key.data(), short_key.size());
  } else {
    std::memcpy(pad.data(), key.data(), key.size());
  }
  constexpr char kInner = 0x36;
  constexpr char kOuter = 0x5c;
  Sha256& hash = ThreadHash();
  for (char& byte : pad) byte ^= kInner;
  hash.Update({pad.data(), pad.size()});
  hash.Update(message);
  const Digest inner = hash.Finish();
  for (char& byte : pad) byte ^= kInner ^ kOuter;
  hash.Update({pad.data(), pad.size()});
  hash.Update(BytesOf(inner));
  const Digest outer = hash.Finish();
  OPENSSL_cleanse(pad.data(), pad.size());
  return outer;
}

void AppendHex(std::string& out, const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const uint8_t byte : digest) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
}

std::string HexOf(const Digest& digest) {
  std::string hex;
  hex.reserve(2 * digest.size());
  AppendHex(hex, digest);
  return hex;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace bedplate::wire::sigv4
