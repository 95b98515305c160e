#include "account/objects/blob_keys.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "account/keys/envelope.h"
#include "account/keys/seal.h"
#include "base/ids.h"
#include "base/private_file.h"

namespace bedplate::account::objects {
namespace {

constexpr std::string_view kMagic = "BPBLOB\1\n";
constexpr size_t kKeyBytes = 32;

std::string RandomBytes(size_t size) {
  std::string bytes(size, '\0');
  FillRandom({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

std::unexpected<Error> NoBlob(std::string_view why) {
  return Fail(Fault::kInternal, fmt::format("The object cannot be read: {}", why));
}

// Texts behind their lengths, taken off the front.
std::optional<std::string> TakeFramed(std::string_view& bytes) {
  if (bytes.size() < 4) return std::nullopt;
  uint32_t size = 0;
  for (int i = 0; i < 4; ++i)
    size = size << 8 | static_cast<uint8_t>(bytes[static_cast<size_t>(i)]);
  bytes.remove_prefix(4);
  if (bytes.size() < size) return std::nullopt;
  std::string text(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return text;
}

// As S3 names what KMS refuses it.
std::unexpected<Error> OfKms(Error error) {
  if (!error.type.empty()) error.type = "KMS." + error.type;
  if (error.status == 0) error.status = 400;
  return std::unexpected(std::move(error));
}

std::string PlaceOf(std::string_view blob) { return "blob key of " + std::string(blob); }

}  // namespace

std::string BlobHead::ToBytes() const {
  std::string bytes(kMagic);
  bytes += kms ? 'K' : 'S';
  keys::AppendFramed(bytes, sealed_key);
  std::string pairs;
  for (const auto& [name, value] : context) {
    keys::AppendFramed(pairs, name);
    keys::AppendFramed(pairs, value);
  }
  keys::AppendFramed(bytes, pairs);
  return bytes;
}

Result<std::pair<BlobHead, size_t>> BlobHead::Read(std::string_view bytes) {
  std::string_view rest = bytes;
  if (!rest.starts_with(kMagic) || rest.size() == kMagic.size()) {
    return NoBlob("its file is none of this server's");
  }
  BlobHead head;
  const char kind = rest[kMagic.size()];
  if (kind != 'K' && kind != 'S') return NoBlob("its file is damaged");
  head.kms = kind == 'K';
  rest.remove_prefix(kMagic.size() + 1);
  auto sealed_key = TakeFramed(rest);
  auto pairs = sealed_key ? TakeFramed(rest) : std::nullopt;
  if (!pairs) return NoBlob("its file is cut");
  head.sealed_key = std::move(*sealed_key);
  std::string_view left = *pairs;
  while (!left.empty()) {
    auto name = TakeFramed(left);
    auto value = name ? TakeFramed(left) : std::nullopt;
    if (!value) return NoBlob("its file is damaged");
    head.context[std::move(*name)] = std::move(*value);
  }
  return std::pair(std::move(head), bytes.size() - rest.size());
}

Result<BlobKeys> BlobKeys::Open(const std::filesystem::path& folder, keys::Envelopes* envelopes,
                                std::string region) {
  const auto key =
      ReadOrMakePrivateFile(folder / "store.key", [] { return RandomBytes(kKeyBytes); }, kKeyBytes);
  if (!key) return std::unexpected(key.error());
  if (key->size() != kKeyBytes) {
    return Fail(Fault::kInternal, fmt::format("{} does not hold the {} bytes of a key. Restore it "
                                              "from a copy: without it no object can be read",
                                              (folder / "store.key").string(), kKeyBytes));
  }
  return BlobKeys(keys::DeriveKey(*key, "", "data keys of objects"), envelopes, std::move(region));
}

Result<NewBlobKey> BlobKeys::Make(std::string_view blob, const BlobProtection& protection) const {
  NewBlobKey made;
  if (protection.kms_key.empty()) {
    made.plain = keys::Secret(std::string_view(RandomBytes(kKeyBytes)));
    const std::string nonce = RandomBytes(keys::kNonceBytes);
    made.head.sealed_key = nonce;
    keys::SealInto(made.head.sealed_key, store_key_.bytes(), nonce, PlaceOf(blob),
                   made.plain.bytes());
    return made;
  }
  if (envelopes_ == nullptr) {
    return Fail(Fault::kNotImplemented, "This server has no KMS keys to encrypt objects with");
  }
  auto key = envelopes_->Make({.account = protection.account, .region = protection.region},
                              protection.kms_key, protection.context);
  if (!key) return OfKms(std::move(key.error()));
  made.plain = std::move(key->plaintext);
  made.head = {.kms = true, .sealed_key = std::move(key->sealed), .context = protection.context};
  made.kms_key_arn = std::move(key->key_arn);
  return made;
}

Result<keys::Secret> BlobKeys::OpenKey(std::string_view blob, const BlobHead& head) const {
  if (head.kms) {
    if (envelopes_ == nullptr) return NoBlob("this server has no KMS keys");
    auto key = envelopes_->Open(region_, head.sealed_key, head.context);
    if (!key) return OfKms(std::move(key.error()));
    return key;
  }
  const std::string_view sealed = head.sealed_key;
  if (sealed.size() < keys::kNonceBytes) return NoBlob("its key is cut");
  auto key = keys::OpenSealed(store_key_.bytes(), sealed.substr(0, keys::kNonceBytes),
                              PlaceOf(blob), sealed.substr(keys::kNonceBytes));
  if (!key) return NoBlob("its key was changed, or store.key is another server's");
  return std::move(*key);
}

}  // namespace bedplate::account::objects
