#include "account/identity/seal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "base/base64.h"
#include "base/ids.h"
#include "base/private_file.h"

namespace bedplate::account {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr char kFormat = 1;  // the first byte of what is sealed

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Free>;

uint8_t* Bytes(std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); }
const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

std::string RandomBytes(size_t size) {
  std::string bytes(size, '\0');
  FillRandom({Bytes(bytes), size});
  return bytes;
}

// OpenSSL fails in these only for want of memory, or for a bug of ours.
void Expect(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

Sealer::Sealer() : key_(RandomBytes(kKeyBytes)) {}

Result<Sealer> Sealer::Load(const std::filesystem::path& data_folder) {
  auto key = ReadOrMakePrivateFile(
      data_folder / kIdentityKeyFile,
      [] {
        std::string text;
        AppendBase64(text, RandomBytes(kKeyBytes));
        return text + "\n";
      },
      1024);
  if (!key) return std::unexpected(std::move(key.error()));
  std::string bytes;
  const std::string_view text(*key);
  if (!AppendFromBase64(bytes, text.substr(0, text.find_last_not_of(" \r\n") + 1)) ||
      bytes.size() != kKeyBytes) {
    return Fail(Fault::kInternal, (data_folder / kIdentityKeyFile).string() +
                                      " is not the base64 of 32 bytes. Restore the file: without "
                                      "it no access key can be read.");
  }
  return Sealer(std::move(bytes));
}

std::string Sealer::Derive(std::string_view purpose, std::string_view text) const {
  const std::unique_ptr<EVP_KDF, Free> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const std::unique_ptr<EVP_KDF_CTX, Free> context(EVP_KDF_CTX_new(kdf.get()));
  Expect(context != nullptr);
  std::string info = std::string(purpose) + '\0' + std::string(text);
  std::string key = key_;
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 4> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  std::string derived(kKeyBytes, '\0');
  Expect(EVP_KDF_derive(context.get(), Bytes(derived), derived.size(), parameters.data()) == 1);
  return derived;
}

std::string Sealer::Seal(std::string_view purpose, std::string_view plain) const {
  const std::string key = Derive("seal", purpose);
  std::string sealed = kFormat + RandomBytes(kNonceBytes);
  const size_t head = sealed.size();
  sealed.resize(head + plain.size() + kTagBytes);
  const CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  Expect(context != nullptr &&
         EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(std::string_view(key)),
                            Bytes(sealed) + 1) == 1 &&
         EVP_EncryptUpdate(context.get(), Bytes(sealed) + head, &size, Bytes(plain),
                           static_cast<int>(plain.size())) == 1 &&
         EVP_EncryptFinal_ex(context.get(), Bytes(sealed) + head + size, &size) == 1 &&
         EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                             Bytes(sealed) + head + plain.size()) == 1);
  return sealed;
}

std::optional<std::string> Sealer::Open(std::string_view purpose, std::string_view sealed) const {
  constexpr size_t kHead = 1 + kNonceBytes;
  if (sealed.size() < kHead + kTagBytes || sealed.front() != kFormat) return std::nullopt;
  const std::string key = Derive("seal", purpose);
  const std::string_view body = sealed.substr(kHead, sealed.size() - kHead - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string plain(body.size(), '\0');
  const CipherContext context(EVP_CIPHER_CTX_new());
  Expect(context != nullptr);
  int size = 0;
  const bool opened =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(std::string_view(key)),
                         Bytes(sealed) + 1) == 1 &&
      EVP_DecryptUpdate(context.get(), Bytes(plain), &size, Bytes(body),
                        static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), Bytes(plain) + size, &size) == 1;
  if (!opened) return std::nullopt;
  return plain;
}

std::string Sealer::SealText(std::string_view purpose, std::string_view plain) const {
  std::string text;
  AppendBase64(text, Seal(purpose, plain));
  return text;
}

std::optional<std::string> Sealer::OpenText(std::string_view purpose, std::string_view text) const {
  std::string sealed;
  if (!AppendFromBase64(sealed, text)) return std::nullopt;
  return Open(purpose, sealed);
}

std::string Sha256(std::string_view text) {
  std::string digest(kKeyBytes, '\0');
  Expect(EVP_Digest(text.data(), text.size(), Bytes(digest), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

}  // namespace bedplate::account
