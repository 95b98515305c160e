// The checksums that S3 keeps with objects: whole, of parts, and of objects made of parts.
//
// Threads: a Hasher serves one thread at a time; the rest is pure.
// spec: docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bedplate::account::objects {

enum class Checksum : uint8_t {
  kNone,
  kCrc32,
  kCrc32c,
  kCrc64Nvme,
  kSha1,
  kSha256,
  kSha512,
  kMd5,
  kXxHash64,
  kXxHash3,
  kXxHash128,
};

std::string_view NameOf(Checksum algorithm);  // "CRC32"; "" of kNone
// Nothing for a name that S3 does not have; kNone for "".
std::optional<Checksum> ChecksumNamed(std::string_view name);
// Every one but kNone.
std::span<const Checksum> AllChecksums();

// Whether one of the whole follows from those of its parts, and whether it alone is made of parts.
bool HasFullObject(Checksum algorithm);
bool HasComposite(Checksum algorithm);

// One algorithm over bytes that arrive in pieces.
class Hasher {
 public:
  virtual ~Hasher() = default;
  virtual void Update(std::string_view bytes) = 0;
  virtual std::string Finish() = 0;  // the bytes of the checksum, the highest first
};
// Null for kNone.
std::unique_ptr<Hasher> MakeHasher(Checksum algorithm);

// The bytes that a checksum in base64 stands for; nothing when it is not one of this algorithm.
std::optional<std::string> BytesOfChecksum(Checksum algorithm, std::string_view base64);

struct PartChecksum {
  std::string bytes;
  uint64_t size_bytes = 0;  // of the part
};
// In base64: of all bytes of all parts, of an algorithm that HasFullObject.
std::string FullObject(Checksum algorithm, std::span<const PartChecksum> parts);
// In base64, behind which "-<parts>" stands.
std::string Composite(Checksum algorithm, std::span<const PartChecksum> parts);

std::string ToBase64(std::string_view bytes);
std::string ToHex(std::string_view bytes);

}  // namespace bedplate::account::objects
