#include "wire/trailing_checksum.h"

#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <cassert>
#include <cstdint>
#include <utility>

#include "base/base64.h"
#include "net/text.h"
#include "wire/big_endian.h"

namespace bedplate::wire {

using sigv4::AuthFault;
using sigv4::AuthResult;
using sigv4::Refuse;

class ChecksumHash {
 public:
  virtual ~ChecksumHash() = default;
  virtual void Update(std::string_view bytes) = 0;
  virtual std::string Finish() = 0;  // the bytes of the checksum, the highest first
};

namespace {

constexpr std::string_view kHeaderPrefix = "x-amz-checksum-";

class Crc32 final : public ChecksumHash {
 public:
  void Update(std::string_view bytes) override {
    value_ = crc32_z(value_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  }
  std::string Finish() override {
    std::string bytes;
    AppendBigEndian(bytes, static_cast<uint32_t>(value_));
    return bytes;
  }

 private:
  uLong value_ = 0;
};

// spec: the polynomials of CRC-32/ISCSI and CRC-64/NVME, both reflected, inverted in and out.
using BoostCrc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;
using BoostCrc64Nvme =
    boost::crc_optimal<64, 0xAD93D23594C93659, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, true, true>;

template <class Crc, class Word>
class BoostHash final : public ChecksumHash {
 public:
  void Update(std::string_view bytes) override { crc_.process_bytes(bytes.data(), bytes.size()); }
  std::string Finish() override {
    std::string bytes;
    AppendBigEndian(bytes, static_cast<Word>(crc_.checksum()));
    return bytes;
  }

 private:
  Crc crc_;
};

class OpenSslHash final : public ChecksumHash {
 public:
  explicit OpenSslHash(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    const bool ready = EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1;
    assert(ready);
    (void)ready;
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

struct Algorithm {
  std::string_view suffix;  // of the header
  std::string_view name;
  std::unique_ptr<ChecksumHash> (*make)();
};

constexpr Algorithm kAlgorithms[] = {
    {"crc32", "CRC32", []() -> std::unique_ptr<ChecksumHash> { return std::make_unique<Crc32>(); }},
    {"crc32c", "CRC32C",
     []() -> std::unique_ptr<ChecksumHash> {
       return std::make_unique<BoostHash<BoostCrc32c, uint32_t>>();
     }},
    {"crc64nvme", "CRC64NVME",
     []() -> std::unique_ptr<ChecksumHash> {
       return std::make_unique<BoostHash<BoostCrc64Nvme, uint64_t>>();
     }},
    {"sha1", "SHA1",
     []() -> std::unique_ptr<ChecksumHash> { return std::make_unique<OpenSslHash>(EVP_sha1()); }},
    {"sha256", "SHA256",
     []() -> std::unique_ptr<ChecksumHash> { return std::make_unique<OpenSslHash>(EVP_sha256()); }},
};

}  // namespace

TrailingChecksum::TrailingChecksum(TrailingChecksum&&) noexcept = default;
TrailingChecksum::~TrailingChecksum() = default;

AuthResult<TrailingChecksum> TrailingChecksum::Announced(std::string_view trailer_names) {
  TrailingChecksum checksum;
  for (size_t start = 0; start <= trailer_names.size();) {
    const size_t end = std::min(trailer_names.find(',', start), trailer_names.size());
    std::string name = net::ToLower(net::TrimBlanks(trailer_names.substr(start, end - start)));
    start = end + 1;
    if (!name.starts_with(kHeaderPrefix)) continue;
    const auto suffix = std::string_view(name).substr(kHeaderPrefix.size());
    const auto* const algorithm = std::ranges::find(kAlgorithms, suffix, &Algorithm::suffix);
    if (algorithm == std::end(kAlgorithms)) {
      return Refuse(AuthFault::kMalformedBody,
                    "Checksum algorithm provided is unsupported: '" + name.substr(0, 64) +
                        "' in x-amz-trailer. Please try again with any of the valid types: "
                        "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
    }
    if (checksum.hash_) {
      return Refuse(AuthFault::kMalformedBody,
                    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                    "allowed: x-amz-trailer has " +
                        checksum.header_ + " and " + name + ".");
    }
    checksum.header_ = std::move(name);
    checksum.algorithm_ = algorithm->name;
    checksum.hash_ = algorithm->make();
  }
  return checksum;
}

void TrailingChecksum::Update(std::string_view bytes) {
  if (hash_) hash_->Update(bytes);
}

AuthResult<> TrailingChecksum::Check(const std::vector<sigv4::HeaderField>& trailers) {
  if (!hash_) return {};
  const auto found = std::ranges::find(trailers, header_, &sigv4::HeaderField::first);
  if (found == trailers.end()) {
    return Refuse(AuthFault::kMalformedBody,
                  "The trailing header " + header_ +
                      " that x-amz-trailer announces did not come with the body.");
  }
  const std::string shown = "'" + found->second.substr(0, 64) + "'";
  const std::string calculated = hash_->Finish();
  std::string sent;
  if (!AppendFromBase64(sent, found->second) || sent.size() != calculated.size()) {
    return Refuse(AuthFault::kMalformedBody,
                  "Value for " + header_ + " trailing header is invalid: " + shown +
                      " is not the " + std::to_string(calculated.size()) + " bytes of a " +
                      std::string(algorithm_) + " in base64.");
  }
  if (sent != calculated) {
    return Refuse(AuthFault::kMalformedBody, "The " + std::string(algorithm_) +
                                                 " you specified in " + header_ + ", " + shown +
                                                 ", did not match the calculated checksum.");
  }
  return {};
}

}  // namespace bedplate::wire
