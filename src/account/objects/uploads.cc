#include "account/objects/uploads.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "account/objects/names.h"
#include "account/objects/s3_error.h"
#include "base/base64.h"
#include "base/ids.h"

namespace bedplate::account::objects {
namespace {

using state::PartRow;
using state::UploadRow;

// Of a copied part: more and its bytes are written anew.
constexpr size_t kCopiedSegmentsMax = 16;

Checksum AlgorithmOf(const UploadRow& upload) {
  return ChecksumNamed(upload.checksum_algorithm).value_or(Checksum::kNone);
}

std::string BytesOfHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// The MD5 of the parts' MD5s, and how many they are.
std::string ETagOf(const UploadRow& upload, const std::vector<PartRow>& parts) {
  if (upload.encryption != "AES256") {
    return NewRandomText(32, "0123456789abcdef") + fmt::format("-{}", parts.size());
  }
  const auto hasher = MakeHasher(Checksum::kMd5);
  for (const PartRow& part : parts) hasher->Update(BytesOfHex(part.etag));
  return ToHex(hasher->Finish()) + fmt::format("-{}", parts.size());
}

}  // namespace

Encryption EncryptionOf(const UploadRow& upload) {
  Encryption encryption;
  encryption.kms = upload.encryption == "aws:kms";
  encryption.kms_key = upload.kms_key;
  return encryption;
}

Result<UploadRow> Uploads::Start(PutRequest request, const Encryption& encryption,
                                 Checksum algorithm, const std::string& type) {
  if (auto found = store_.buckets().Need(request.bucket); !found) {
    return std::unexpected(found.error());
  }
  UploadRow upload;
  upload.checksum_algorithm = NameOf(algorithm);
  if (algorithm != Checksum::kNone) {
    upload.checksum_type = !type.empty()             ? type
                           : HasComposite(algorithm) ? "COMPOSITE"
                                                     : "FULL_OBJECT";
    if ((upload.checksum_type == "FULL_OBJECT" && !HasFullObject(algorithm)) ||
        (upload.checksum_type == "COMPOSITE" && !HasComposite(algorithm))) {
      return InvalidRequest(
          fmt::format("The {} checksum type cannot be used with the {} checksum algorithm.",
                      upload.checksum_type, NameOf(algorithm)));
    }
  } else if (!type.empty()) {
    return InvalidRequest(
        "The x-amz-checksum-type header can only be used with the "
        "x-amz-checksum-algorithm header.");
  }
  upload.bucket = std::move(request.bucket);
  upload.key = std::move(request.key);
  upload.upload_id = NewVersionId() + NewVersionId();
  upload.started_at_ms = store_.NowMs();
  upload.attributes = request.attributes.ToText();
  upload.tags = request.tags.empty() ? std::string() : ToJson(request.tags);
  upload.encryption = NameOf(encryption);
  upload.kms_key = encryption.kms_key;
  if (encryption.kms) {
    // Which key that is now: an alias may mean another one when a part comes or the object is read.
    auto first = store_.Begin(upload.bucket, upload.key, encryption, Checksum::kNone);
    if (!first) return std::unexpected(std::move(first.error()));
    upload.kms_key = (*first)->kms_key_arn();
  }
  if (auto made = store_.uploads().Insert(upload); !made) return std::unexpected(made.error());
  return upload;
}

Result<UploadRow> Uploads::Find(const std::string& bucket, const std::string& key,
                                const std::string& upload_id) {
  if (auto found = store_.buckets().Need(bucket); !found) return std::unexpected(found.error());
  return store_.uploads().Find(bucket, key, upload_id);
}

Result<std::unique_ptr<ContentWriter>> Uploads::BeginPart(const UploadRow& upload,
                                                          Checksum algorithm) {
  return store_.Begin(upload.bucket, upload.key, EncryptionOf(upload), algorithm);
}

Result<PartRow> Uploads::PutPart(const UploadRow& upload, int part_number, ContentWriter& content) {
  PartRow part;
  part.part_number = part_number;
  part.size_bytes = static_cast<int64_t>(content.size_bytes());
  part.etag =
      upload.encryption == "AES256" ? ToHex(content.md5()) : NewRandomText(32, "0123456789abcdef");
  // Of an upload without an algorithm too: today's SDKs have one for each part, and name it again.
  const Checksum algorithm = AlgorithmOf(upload);
  const bool kept = algorithm == Checksum::kNone || algorithm == content.algorithm();
  if (kept && content.algorithm() != Checksum::kNone) part.checksum = ToBase64(content.checksum());
  part.modified_at_ms = store_.NowMs();
  auto freed = store_.uploads().PutPart(upload, part, content.Segments(part_number));
  if (!freed) return std::unexpected(std::move(freed.error()));
  content.Keep();
  store_.folder().Remove(*freed);
  return part;
}

Result<PartRow> Uploads::CopyPart(const UploadRow& upload, int part_number,
                                  LocalStore::Opened& source, uint64_t offset, uint64_t size) {
  // ETag and checksum of the part are those of its bytes, so they are read; they are written only
  // where they cannot stay as they lie.
  auto segments = source.content->Slice(offset, size);
  const bool stays = upload.encryption == "AES256" && source.version.encryption == "AES256" &&
                     segments.size() <= kCopiedSegmentsMax && !segments.empty();
  const Checksum algorithm = AlgorithmOf(upload);
  if (!stays) {
    auto content = BeginPart(upload, algorithm);
    if (!content) return std::unexpected(std::move(content.error()));
    auto poured = Pour(*source.content, offset, size,
                       [&](std::string_view piece) { return (*content)->Append(piece); });
    if (poured) poured = (*content)->Finish({});
    if (!poured) return std::unexpected(std::move(poured.error()));
    return PutPart(upload, part_number, **content);
  }
  const auto md5 = MakeHasher(Checksum::kMd5);
  const auto hasher = MakeHasher(algorithm);
  auto poured = Pour(*source.content, offset, size, [&](std::string_view piece) -> Result<void> {
    md5->Update(piece);
    if (hasher) hasher->Update(piece);
    return {};
  });
  if (!poured) return std::unexpected(std::move(poured.error()));
  PartRow part;
  part.part_number = part_number;
  part.size_bytes = static_cast<int64_t>(size);
  part.etag = ToHex(md5->Finish());
  if (hasher) part.checksum = ToBase64(hasher->Finish());
  part.modified_at_ms = store_.NowMs();
  for (auto& segment : segments) segment.part_number = part_number;
  // Blobs that lost their last row meanwhile are gone: PutShared sees it and says so.
  auto freed = store_.uploads().PutShared(upload, part, segments);
  if (!freed) return std::unexpected(std::move(freed.error()));
  store_.folder().Remove(*freed);
  return part;
}

Result<std::vector<PartRow>> Uploads::Match(const UploadRow& upload,
                                            const std::vector<NamedPart>& named) {
  auto there = store_.uploads().Parts(upload.upload_id, 0, kPartNumberMax);
  if (!there) return there;
  std::map<int, PartRow> by_number;
  for (PartRow& part : *there) by_number.emplace(part.part_number, std::move(part));
  std::vector<PartRow> parts;
  int before = 0;
  for (const NamedPart& name : named) {
    if (name.part_number <= before) {
      return S3Fail("InvalidPartOrder", 400,
                    fmt::format("The list of parts was not in ascending order. Parts must be "
                                "ordered by part number: {} stands behind {}.",
                                name.part_number, before));
    }
    before = name.part_number;
    const auto found = by_number.find(name.part_number);
    const bool matches = found != by_number.end() && found->second.etag == name.etag &&
                         (name.checksum.empty() || name.checksum == found->second.checksum);
    if (!matches) {
      return S3Fail("InvalidPart", 400,
                    fmt::format("One or more of the specified parts could not be found. The part "
                                "{} may not have been uploaded, or its entity tag '{}' or "
                                "checksum may not be that of the part.",
                                name.part_number, name.etag));
    }
    parts.push_back(found->second);
  }
  uint64_t bytes = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto size = static_cast<uint64_t>(parts[i].size_bytes);
    bytes += size;
    if (size < kPartBytesMin && i + 1 < parts.size()) {
      return S3Fail("EntityTooSmall", 400,
                    fmt::format("Your proposed upload is smaller than the minimum allowed size: "
                                "part {} has {} bytes, and all parts but the last need {}.",
                                parts[i].part_number, size, kPartBytesMin));
    }
  }
  if (bytes > object_bytes_max_) {
    return S3Fail("EntityTooLarge", 400,
                  fmt::format("Your proposed upload exceeds the maximum allowed size: its parts "
                              "have {} bytes, and {} are the most.",
                              bytes, object_bytes_max_));
  }
  return parts;
}

Result<Version> Uploads::Whole(const UploadRow& upload, const std::vector<PartRow>& parts,
                               const Completion& completion) {
  PutRequest request;
  request.bucket = upload.bucket;
  request.key = upload.key;
  Version version = store_.VersionOf(std::move(request));
  version.content_id = upload.upload_id;
  version.attributes = upload.attributes;
  version.tags = upload.tags;
  version.parts = static_cast<int>(parts.size());
  version.etag = ETagOf(upload, parts);
  version.encryption = upload.encryption;
  version.kms_key = upload.kms_key;
  for (const PartRow& part : parts) version.size_bytes += part.size_bytes;
  if (completion.size_bytes && *completion.size_bytes != version.size_bytes) {
    return InvalidRequest(
        fmt::format("The x-amz-mp-object-size is {}, but the parts have {} bytes.",
                    *completion.size_bytes, version.size_bytes));
  }
  const Checksum algorithm = AlgorithmOf(upload);
  if (algorithm == Checksum::kNone) return version;
  if (!completion.checksum_type.empty() && completion.checksum_type != upload.checksum_type) {
    return InvalidRequest(fmt::format("The upload was created using the {} checksum type, not {}.",
                                      upload.checksum_type, completion.checksum_type));
  }
  std::vector<PartChecksum> checksums;
  for (const PartRow& part : parts) {
    auto bytes = BytesOfChecksum(algorithm, part.checksum);
    if (!bytes) return S3Fail("InvalidPart", 400, "A part has no checksum.");
    checksums.push_back({std::move(*bytes), static_cast<uint64_t>(part.size_bytes)});
  }
  version.checksum_algorithm = upload.checksum_algorithm;
  version.checksum_type = upload.checksum_type;
  version.checksum = upload.checksum_type == "FULL_OBJECT" ? FullObject(algorithm, checksums)
                                                           : Composite(algorithm, checksums);
  const bool same = completion.checksum.empty() || completion.checksum == version.checksum ||
                    completion.checksum + fmt::format("-{}", parts.size()) == version.checksum;
  if (!same) {
    return S3Fail("BadDigest", 400,
                  fmt::format("The {} you specified, '{}', did not match the calculated checksum "
                              "'{}'.",
                              NameOf(algorithm), completion.checksum, version.checksum));
  }
  return version;
}

Result<Written> Uploads::Complete(const std::string& bucket, const std::string& key,
                                  const std::string& upload_id, const Completion& completion) {
  auto upload = Find(bucket, key, upload_id);
  if (!upload && upload.error().type == "NoSuchUpload") {
    // A client that did not hear that it was complete asks again.
    if (auto complete = store_.uploads().FindComplete(bucket, key, upload_id)) {
      Written written{.version_id = {}, .version = std::move(*complete)};
      const auto found = store_.buckets().Find(bucket);
      if (found && !found->versioning.empty()) written.version_id = written.version.version_id;
      return written;
    }
  }
  if (!upload) return std::unexpected(std::move(upload.error()));
  if (completion.parts.empty()) {
    return S3Fail("MalformedXML", 400, "An upload is completed with one part or more.");
  }
  auto parts = Match(*upload, completion.parts);
  if (!parts) return std::unexpected(std::move(parts.error()));
  auto version = Whole(*upload, *parts, completion);
  if (!version) return std::unexpected(std::move(version.error()));
  auto put = store_.uploads().Complete(*upload, *version, *parts, completion.condition);
  if (!put && put.error().type.empty() && put.error().fault == Fault::kConflict) {
    return S3Fail("OperationAborted", 409,
                  "A conflicting conditional operation is currently in progress against this "
                  "resource. Try again.");
  }
  if (!put) return std::unexpected(std::move(put.error()));
  store_.folder().Remove(put->freed);
  return Written{.version_id = std::move(put->version_id), .version = std::move(*version)};
}

Result<void> Uploads::Abort(const std::string& bucket, const std::string& key,
                            const std::string& upload_id) {
  if (auto found = store_.buckets().Need(bucket); !found) return std::unexpected(found.error());
  auto freed = store_.uploads().Abort(bucket, key, upload_id);
  if (!freed) return std::unexpected(std::move(freed.error()));
  store_.folder().Remove(*freed);
  return {};
}

Result<std::vector<PartRow>> Uploads::Parts(const std::string& content_id, int after, size_t most) {
  return store_.uploads().Parts(content_id, after, most);
}

}  // namespace bedplate::account::objects
