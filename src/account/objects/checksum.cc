#include "account/objects/checksum.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#define XXH_INLINE_ALL  // no library to link
#include <xxhash.h>

#include "account/objects/crc.h"
#include "base/base64.h"

namespace bedplate::account::objects {
namespace {

struct Facts {
  Checksum algorithm;
  std::string_view name;
  size_t size;
};

constexpr Facts kFacts[] = {
    {Checksum::kCrc32, "CRC32", 4},
    {Checksum::kCrc32c, "CRC32C", 4},
    {Checksum::kCrc64Nvme, "CRC64NVME", 8},
    {Checksum::kSha1, "SHA1", 20},
    {Checksum::kSha256, "SHA256", 32},
    {Checksum::kSha512, "SHA512", 64},
    {Checksum::kMd5, "MD5", 16},
    {Checksum::kXxHash64, "XXHASH64", 8},
    {Checksum::kXxHash3, "XXHASH3", 8},
    {Checksum::kXxHash128, "XXHASH128", 16},
};

template <class Word>
std::string BigEndian(Word word) {
  std::string bytes(sizeof(Word), '\0');
  for (size_t i = bytes.size(); i-- > 0; word >>= 8) bytes[i] = static_cast<char>(word & 0xff);
  return bytes;
}

template <class Word>
Word FromBigEndian(std::string_view bytes) {
  Word word = 0;
  for (const char c : bytes) word = static_cast<Word>(word << 8 | static_cast<uint8_t>(c));
  return word;
}

template <class Crc>
class CrcHasher final : public Hasher {
 public:
  void Update(std::string_view bytes) override { crc_.Update(bytes); }
  std::string Finish() override { return BigEndian(crc_.value()); }

 private:
  Crc crc_;
};

class DigestHasher final : public Hasher {
 public:
  explicit DigestHasher(const EVP_MD* digest) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), digest, nullptr) != 1) std::abort();
  }
  void Update(std::string_view bytes) override {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  }
  std::string Finish() override {
    std::string bytes(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size);
    bytes.resize(size);
    return bytes;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

class XxHash64Hasher final : public Hasher {
 public:
  XxHash64Hasher() { XXH64_reset(&state_, 0); }
  void Update(std::string_view bytes) override {
    XXH64_update(&state_, bytes.data(), bytes.size());
  }
  std::string Finish() override { return BigEndian<uint64_t>(XXH64_digest(&state_)); }

 private:
  XXH64_state_t state_{};
};

class XxHash3Hasher final : public Hasher {
 public:
  explicit XxHash3Hasher(bool wide) : wide_(wide) {
    wide_ ? XXH3_128bits_reset(&state_) : XXH3_64bits_reset(&state_);
  }
  void Update(std::string_view bytes) override {
    wide_ ? XXH3_128bits_update(&state_, bytes.data(), bytes.size())
          : XXH3_64bits_update(&state_, bytes.data(), bytes.size());
  }
  std::string Finish() override {
    if (!wide_) return BigEndian<uint64_t>(XXH3_64bits_digest(&state_));
    const XXH128_hash_t hash = XXH3_128bits_digest(&state_);
    return BigEndian<uint64_t>(hash.high64) + BigEndian<uint64_t>(hash.low64);
  }

 private:
  XXH3_state_t state_{};
  bool wide_;
};

template <class Crc, class Word>
std::string Combined(std::span<const PartChecksum> parts) {
  Word whole = 0;
  for (const PartChecksum& part : parts) {
    whole = Crc::Combine(whole, FromBigEndian<Word>(part.bytes), part.size_bytes);
  }
  return BigEndian(whole);
}

}  // namespace

std::string_view NameOf(Checksum algorithm) {
  const auto* const found = std::ranges::find(kFacts, algorithm, &Facts::algorithm);
  return found == std::end(kFacts) ? std::string_view() : found->name;
}

std::optional<Checksum> ChecksumNamed(std::string_view name) {
  if (name.empty()) return Checksum::kNone;
  const auto* const found = std::ranges::find(kFacts, name, &Facts::name);
  if (found == std::end(kFacts)) return std::nullopt;
  return found->algorithm;
}

std::span<const Checksum> AllChecksums() {
  static constexpr auto kAll = [] {
    std::array<Checksum, std::size(kFacts)> all{};
    for (size_t i = 0; i < all.size(); ++i) all[i] = kFacts[i].algorithm;
    return all;
  }();
  return kAll;
}

bool HasFullObject(Checksum algorithm) {
  return algorithm == Checksum::kCrc32 || algorithm == Checksum::kCrc32c ||
         algorithm == Checksum::kCrc64Nvme;
}

bool HasComposite(Checksum algorithm) {
  return algorithm != Checksum::kCrc64Nvme && algorithm != Checksum::kNone;
}

std::unique_ptr<Hasher> MakeHasher(Checksum algorithm) {
  switch (algorithm) {
    case Checksum::kNone:
      return nullptr;
    case Checksum::kCrc32:
      return std::make_unique<CrcHasher<Crc32>>();
    case Checksum::kCrc32c:
      return std::make_unique<CrcHasher<Crc32c>>();
    case Checksum::kCrc64Nvme:
      return std::make_unique<CrcHasher<Crc64Nvme>>();
    case Checksum::kSha1:
      return std::make_unique<DigestHasher>(EVP_sha1());
    case Checksum::kSha256:
      return std::make_unique<DigestHasher>(EVP_sha256());
    case Checksum::kSha512:
      return std::make_unique<DigestHasher>(EVP_sha512());
    case Checksum::kMd5:
      return std::make_unique<DigestHasher>(EVP_md5());
    case Checksum::kXxHash64:
      return std::make_unique<XxHash64Hasher>();
    case Checksum::kXxHash3:
      return std::make_unique<XxHash3Hasher>(false);
    case Checksum::kXxHash128:
      return std::make_unique<XxHash3Hasher>(true);
  }
  return nullptr;
}

std::optional<std::string> BytesOfChecksum(Checksum algorithm, std::string_view base64) {
  const auto* const facts = std::ranges::find(kFacts, algorithm, &Facts::algorithm);
  std::string bytes;
  if (facts == std::end(kFacts) || !AppendFromBase64(bytes, base64) ||
      bytes.size() != facts->size) {
    return std::nullopt;
  }
  return bytes;
}

std::string FullObject(Checksum algorithm, std::span<const PartChecksum> parts) {
  switch (algorithm) {
    case Checksum::kCrc32:
      return ToBase64(Combined<Crc32, uint32_t>(parts));
    case Checksum::kCrc32c:
      return ToBase64(Combined<Crc32c, uint32_t>(parts));
    default:
      return ToBase64(Combined<Crc64Nvme, uint64_t>(parts));
  }
}

std::string Composite(Checksum algorithm, std::span<const PartChecksum> parts) {
  const auto hasher = MakeHasher(algorithm);
  for (const PartChecksum& part : parts) hasher->Update(part.bytes);
  return ToBase64(hasher->Finish()) + "-" + std::to_string(parts.size());
}

std::string ToBase64(std::string_view bytes) {
  std::string text;
  AppendBase64(text, bytes);
  return text;
}

std::string ToHex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<uint8_t>(c) >> 4];
    text += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

}  // namespace bedplate::account::objects
