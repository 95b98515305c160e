#include "account/objects/local_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "account/objects/names.h"
#include "account/objects/s3_error.h"
#include "base/ids.h"
#include "base/log.h"

namespace bedplate::account::objects {
namespace {

constexpr std::string_view kVersionAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
constexpr size_t kVersionIdCharacters = 32;
constexpr size_t kPieceBytes = 1 << 20;
// Looking again for what was taken away between two looks; each time it was put anew.
constexpr int kLooksMax = 100;

std::unexpected<Error> NoSuchVersion(std::string_view version_id) {
  return S3Fail("NoSuchVersion", 404,
                fmt::format("The specified version does not exist: '{}'", version_id));
}

std::unexpected<Error> NotThere(const std::string& key, const std::string& version_id) {
  return version_id.empty() ? NoSuchKey(key) : NoSuchVersion(version_id);
}

std::unexpected<Error> IsMarker(const std::string& key, const std::string& version_id) {
  if (version_id.empty()) return NoSuchKey(key);
  return S3Fail("MethodNotAllowed", 405,
                "The specified method is not allowed against this resource: the version is a "
                "delete marker.");
}

// The ETag of content that is put whole: its MD5, where the key that it is encrypted with leaves
// that to everybody.
std::string ETagOf(const ContentWriter& content, std::string_view encryption) {
  return encryption == "AES256" ? ToHex(content.md5()) : NewRandomText(32, "0123456789abcdef");
}

}  // namespace

std::string_view NameOf(const Encryption& encryption) {
  return encryption.kms ? "aws:kms" : "AES256";
}

std::string NewVersionId() { return NewRandomText(kVersionIdCharacters, kVersionAlphabet); }

Result<void> Pour(ContentReader& source, uint64_t offset, uint64_t size,
                  const std::function<Result<void>(std::string_view)>& take) {
  std::string piece;
  while (size > 0) {
    piece.clear();
    const size_t taken = std::min<uint64_t>(size, kPieceBytes);
    if (auto read = source.Read(piece, offset, taken); !read) return read;
    if (auto took = take(piece); !took) return took;
    offset += taken;
    size -= taken;
  }
  return {};
}

Result<std::unique_ptr<LocalStore>> LocalStore::Open(Options options, state::Database& database,
                                                     Buckets& buckets, const Clock& clock) {
  std::error_code failed;
  std::filesystem::create_directories(options.folder, failed);
  std::filesystem::permissions(options.folder, std::filesystem::perms::owner_all, failed);
  if (failed) {
    return Fail(Fault::kUnavailable, fmt::format("cannot use the folder {}: {}",
                                                 options.folder.string(), failed.message()));
  }
  auto keys = BlobKeys::Open(options.folder, options.envelopes, options.region);
  if (!keys) return std::unexpected(std::move(keys.error()));
  auto folder = BlobFolder::Open(options.folder, std::move(*keys));
  if (!folder) return std::unexpected(std::move(folder.error()));
  return std::unique_ptr<LocalStore>(new LocalStore(std::move(*folder), database, buckets, clock));
}

int64_t LocalStore::NowMs() const {
  return std::chrono::floor<std::chrono::milliseconds>(clock_.Now().time_since_epoch()).count();
}

Result<std::unique_ptr<ContentWriter>> LocalStore::Begin(const std::string& bucket,
                                                         const std::string& key,
                                                         const Encryption& encryption,
                                                         Checksum algorithm) {
  const auto found = buckets_.Need(bucket);
  if (!found) return std::unexpected(found.error());
  BlobProtection protection;
  if (encryption.kms) {
    protection.account = (*found)->account;
    protection.region = (*found)->region;
    protection.kms_key = encryption.kms_key.empty() ? "alias/aws/s3" : encryption.kms_key;
    protection.context = encryption.pairs;
    // Said by S3 alone, whatever the caller's own pairs are: policies of keys rely on it.
    protection.context["aws:s3:arn"] = fmt::format("arn:aws:s3:::{}/{}", bucket, key);
  }
  return ContentWriter::Begin(*folder_, protection, algorithm);
}

Version LocalStore::VersionOf(PutRequest request) const {
  Version version;
  version.bucket = std::move(request.bucket);
  version.key = std::move(request.key);
  version.version_id = NewVersionId();
  version.modified_at_ms = NowMs();
  version.attributes = request.attributes.ToText();
  version.tags = request.tags.empty() ? std::string() : ToJson(request.tags);
  return version;
}

Result<Written> LocalStore::Put(PutRequest request, ContentWriter& content) {
  const state::WriteCondition condition = std::move(request.condition);
  Written written;
  Version& version = written.version;
  version = VersionOf(std::move(request));
  version.content_id = NewVersionId();
  version.size_bytes = static_cast<int64_t>(content.size_bytes());
  version.encryption = content.kms_key_arn().empty() ? "AES256" : "aws:kms";
  version.kms_key = content.kms_key_arn();
  version.etag = ETagOf(content, version.encryption);
  version.checksum_algorithm = NameOf(content.algorithm());
  if (content.algorithm() != Checksum::kNone) {
    version.checksum_type = "FULL_OBJECT";
    version.checksum = ToBase64(content.checksum());
  }
  auto put = table_.Put(version, content.Segments(1), condition);
  if (!put) return std::unexpected(std::move(put.error()));
  content.Keep();
  folder_->RemoveSoon(std::move(put->freed));
  written.version_id = std::move(put->version_id);
  return written;
}

Result<Version> LocalStore::Find(const std::string& bucket, const std::string& key,
                                 const std::string& version_id) {
  if (auto found = buckets_.Need(bucket); !found) return std::unexpected(found.error());
  auto version = table_.Find(bucket, key, version_id);
  if (version || version.error().fault != Fault::kNotFound) return version;
  return NotThere(key, version_id);
}

Result<Version> LocalStore::FindObject(const std::string& bucket, const std::string& key,
                                       const std::string& version_id) {
  auto version = Find(bucket, key, version_id);
  if (!version || !version->delete_marker) return version;
  return IsMarker(key, version_id);
}

Result<LocalStore::Opened> LocalStore::Open(const std::string& bucket, const std::string& key,
                                            const std::string& version_id, int part_number) {
  if (auto found = buckets_.Need(bucket); !found) return std::unexpected(found.error());
  for (int looks = 0; looks < kLooksMax; ++looks) {
    auto found = table_.FindWhole(bucket, key, version_id, part_number);
    if (!found && found.error().fault == Fault::kNotFound) return NotThere(key, version_id);
    if (!found) return std::unexpected(std::move(found.error()));
    if (found->row.delete_marker) return IsMarker(key, version_id);
    auto content = ContentReader::Open(*folder_, table_, found->row.content_id, part_number,
                                       std::move(found->segments));
    if (!content) return std::unexpected(std::move(content.error()));
    if (*content) return Opened{std::move(found->row), std::move(**content)};
    if (part_number > 1) break;
  }
  if (part_number > 0) {
    return S3Fail("InvalidPartNumber", 416,
                  fmt::format("The requested partnumber {} is not satisfiable", part_number));
  }
  return Fail(Fault::kInternal, "The content of the object is not there");
}

Result<state::ObjectDeleted> LocalStore::Delete(const std::string& bucket, const std::string& key,
                                                const std::string& version_id,
                                                const state::WriteCondition& condition) {
  if (auto found = buckets_.Need(bucket); !found) return std::unexpected(found.error());
  Result<state::ObjectDeleted> deleted;
  if (version_id.empty()) {
    PutRequest marker;
    marker.bucket = bucket;
    marker.key = key;
    deleted = table_.Delete(VersionOf(std::move(marker)), condition);
  } else {
    deleted = table_.DeleteVersion(bucket, key, version_id);
  }
  if (deleted) folder_->Remove(deleted->freed);
  return deleted;
}

Result<void> LocalStore::PutTags(const Version& version, const Tags& tags) {
  if (auto ok = CheckTags(tags, kObjectTagsMax); !ok) return ok;
  return table_.PutTags(version, tags.empty() ? std::string() : ToJson(tags));
}

Result<Written> LocalStore::Copy(const Version& source, PutRequest request,
                                 const Encryption& encryption, Checksum algorithm) {
  if (auto found = buckets_.Need(request.bucket); !found) return std::unexpected(found.error());
  const bool same_key = !encryption.kms && source.encryption == "AES256";
  const bool same_checksum =
      algorithm == Checksum::kNone ||
      (NameOf(algorithm) == source.checksum_algorithm && source.checksum_type == "FULL_OBJECT");
  if (!same_key || !same_checksum) {
    return Rewrite(source, std::move(request), encryption, algorithm);
  }
  // The same blobs under another name: nothing is read or written but rows.
  const state::WriteCondition condition = std::move(request.condition);
  Written written;
  Version& version = written.version;
  version = VersionOf(std::move(request));
  version.content_id = NewVersionId();
  version.size_bytes = source.size_bytes;
  version.encryption = source.encryption;
  version.etag = source.etag;
  version.checksum_algorithm = source.checksum_algorithm;
  version.checksum_type = source.checksum_type;
  version.checksum = source.checksum;
  version.parts = source.parts;
  auto put = table_.Copy(version, source, condition);
  if (!put) return std::unexpected(std::move(put.error()));
  folder_->Remove(put->freed);
  written.version_id = std::move(put->version_id);
  return written;
}

Result<Written> LocalStore::Rewrite(const Version& source, PutRequest request,
                                    const Encryption& encryption, Checksum algorithm) {
  auto opened = Open(source.bucket, source.key, source.version_id);
  if (!opened) return std::unexpected(std::move(opened.error()));
  if (algorithm == Checksum::kNone) {
    algorithm = ChecksumNamed(source.checksum_algorithm).value_or(Checksum::kNone);
  }
  auto content = Begin(request.bucket, request.key, encryption, algorithm);
  if (!content) return std::unexpected(std::move(content.error()));
  auto poured = Pour(*opened->content, 0, opened->content->size_bytes(),
                     [&](std::string_view piece) { return (*content)->Append(piece); });
  if (poured) poured = (*content)->Finish({});
  if (!poured) return std::unexpected(std::move(poured.error()));
  return Put(std::move(request), **content);
}

Result<ListPage<Version>> LocalStore::List(const ListRequest& request, bool versions) {
  if (auto found = buckets_.Need(request.bucket); !found) return std::unexpected(found.error());
  const auto scan = [&](const state::ObjectTable::Scan& asked) { return table_.List(asked); };
  return versions ? ListVersions(request, scan) : ListObjects(request, scan);
}

Result<ListPage<state::UploadRow>> LocalStore::ListUploads(const ListRequest& request) {
  if (auto found = buckets_.Need(request.bucket); !found) return std::unexpected(found.error());
  return objects::ListUploads(
      request, [&](const state::UploadTable::Scan& asked) { return uploads_.List(asked); });
}

Result<size_t> LocalStore::Sweep() {
  auto removed = folder_->Sweep([&](const std::string& blob) { return table_.IsNamed(blob); });
  if (removed && *removed > 0) {
    log::Info("objects", "files that nobody needs were removed", {{"count", *removed}});
  }
  return removed;
}

}  // namespace bedplate::account::objects
