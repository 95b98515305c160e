#include "account/keys/ciphertext.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "account/keys/key_error.h"
#include "account/keys/seal.h"
#include "base/ids.h"
#include "base/json/text.h"
#include "base/limits.h"

namespace bedplate::account::keys {
namespace {

constexpr std::string_view kMagic("BPK\x01", 4);
constexpr std::size_t kAccountBytes = 5;
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kVersionBytes = 4;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHeadBytes =
    kMagic.size() + kAccountBytes + kIdBytes + kVersionBytes + kSaltBytes + kNonceBytes;
static_assert(kCiphertextOverheadBytes == kHeadBytes + kTagBytes);
constexpr std::string_view kLabel = "bedplate: one ciphertext";

void AppendNumber(std::string& out, uint64_t number, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) out += static_cast<char>(number >> (8 * i) & 0xFF);
}

uint64_t TakeNumber(std::string_view& text, std::size_t bytes) {
  uint64_t number = 0;
  for (const char c : text.substr(0, bytes)) number = number << 8 | static_cast<uint8_t>(c);
  text.remove_prefix(bytes);
  return number;
}

// A UUID's 16 bytes.
void AppendId(std::string& out, std::string_view id) {
  int half = -1;
  for (const char c : id) {
    const int digit = json::HexDigit(c);
    if (digit < 0) continue;
    if (half >= 0) out += static_cast<char>(half << 4 | digit);
    half = half >= 0 ? -1 : digit;
  }
}

std::string TakeId(std::string_view& text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string id;
  id.reserve(2 * kIdBytes + 4);
  for (std::size_t i = 0; i < kIdBytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += kHex[static_cast<uint8_t>(text[i]) >> 4];
    id += kHex[static_cast<uint8_t>(text[i]) & 0xF];
  }
  text.remove_prefix(kIdBytes);
  return id;
}

std::string Authenticated(std::string_view head, const EncryptionContext& context) {
  std::string aad(head);
  for (const auto& [key, value] : context) {
    AppendFramed(aad, key);
    AppendFramed(aad, value);
  }
  return aad;
}

// The salt and the nonce end the head.
Secret TextKey(const Material& material, std::string_view head) {
  const std::string_view salt = head.substr(kHeadBytes - kNonceBytes - kSaltBytes, kSaltBytes);
  return DeriveKey(material.bytes.bytes(), salt, kLabel);
}

std::string_view NonceOf(std::string_view head) { return head.substr(kHeadBytes - kNonceBytes); }

}  // namespace

std::optional<CiphertextKey> ReadCiphertextKey(std::string_view blob) {
  if (blob.size() <= kHeadBytes + kTagBytes || !blob.starts_with(kMagic)) return std::nullopt;
  blob.remove_prefix(kMagic.size());
  CiphertextKey key;
  key.account = fmt::format("{:012}", TakeNumber(blob, kAccountBytes));
  key.key_id = TakeId(blob);
  key.version = static_cast<int64_t>(TakeNumber(blob, kVersionBytes));
  return key;
}

std::string EncryptText(const Key& key, std::string_view plaintext,
                        const EncryptionContext& context) {
  uint64_t account = 0;
  std::from_chars(key.account.data(), key.account.data() + key.account.size(), account);
  std::array<uint8_t, kSaltBytes + kNonceBytes> random;
  FillRandom(random);
  std::string blob(kMagic);
  blob.reserve(kCiphertextOverheadBytes + plaintext.size());
  AppendNumber(blob, account, kAccountBytes);
  AppendId(blob, key.id);
  AppendNumber(blob, static_cast<uint64_t>(key.current().version), kVersionBytes);
  blob.append(reinterpret_cast<const char*>(random.data()), random.size());
  const std::string aad = Authenticated(blob, context);
  const std::string_view head = std::string_view(aad).substr(0, kHeadBytes);
  const Secret text_key = TextKey(key.current(), head);
  SealInto(blob, text_key.bytes(), NonceOf(head), aad, plaintext);
  return blob;
}

Result<Decrypted> DecryptText(const Key& key, std::string_view blob,
                              const EncryptionContext& context) {
  const auto named = ReadCiphertextKey(blob);
  if (!named || named->key_id != key.id || named->account != key.account) {
    return InvalidCiphertext();
  }
  const Material* const material = key.Find(named->version);
  if (material == nullptr) return InvalidCiphertext();
  const std::string_view head = blob.substr(0, kHeadBytes);
  const Secret text_key = TextKey(*material, head);
  auto plaintext = OpenSealed(text_key.bytes(), NonceOf(head), Authenticated(head, context),
                              blob.substr(kHeadBytes));
  if (!plaintext) return InvalidCiphertext();
  return Decrypted{.plaintext = std::move(*plaintext), .material = material};
}

Result<void> CheckContext(const EncryptionContext& context) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : context) bytes += key.size() + value.size();
  if (bytes <= limits::kEncryptionContextBytesMax) return {};
  return Invalid(fmt::format("The encryption context has {} bytes; it can have {}.", bytes,
                             limits::kEncryptionContextBytesMax));
}

}  // namespace bedplate::account::keys
