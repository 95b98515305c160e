#include <fmt/format.h>

#include "account/objects/names.h"
#include "s3/ops/CopyObject.h"
#include "services/s3/copy_source.h"
#include "services/s3/service.h"
#include "services/s3/support.h"

namespace bedplate::services::s3 {
namespace {

bool Replaces(const auto& directive) { return directive && directive->text() == "REPLACE"; }

constexpr int kLooksMax = 20;

// The source's, but for what is each object's own.
void KeepAttributes(const objects::Version& source, objects::Attributes& attributes) {
  auto kept = objects::Attributes::Of(source.attributes);
  for (const char* const own : {"storage-class", "website-redirect-location"}) {
    kept.headers.erase(own);
    if (auto value = attributes.Header(own); !value.empty()) kept.headers[own] = std::move(value);
  }
  attributes = std::move(kept);
}

// Tags that go with the copy are read of the source, and put to it.
net::Task<Result<void>> AskForTags(const wire::Call& call, CopySource source,
                                   const gen::CopyObjectRequest& input) {
  auto may = co_await AskFor(
      call, source.version_id.empty() ? "s3:GetObjectTagging" : "s3:GetObjectVersionTagging",
      source.bucket, source.key, source.version_id);
  if (!may) co_return may;
  co_return co_await AskFor(call, "s3:PutObjectTagging", *input.Bucket, *input.Key);
}

// A copy onto itself must change something.
bool ChangesSomething(const gen::CopyObjectRequest& input) {
  return Replaces(input.MetadataDirective) || Replaces(input.TaggingDirective) ||
         input.StorageClass || input.ServerSideEncryption || input.SSEKMSKeyId ||
         input.WebsiteRedirectLocation || input.ChecksumAlgorithm;
}

}  // namespace

net::Task<Result<gen::CopyObjectOutput>> S3::CopyObject(const wire::Call& call,
                                                        gen::CopyObjectRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  if (auto ok = objects::CheckKey(*input.Key); !ok) co_return std::unexpected(ok.error());
  if (auto ok = CheckAsked(AskedOf(input)); !ok) co_return std::unexpected(ok.error());
  const auto named = ReadCopySource(*input.CopySource);
  if (!named) co_return std::unexpected(named.error());
  const auto from = FindBucket(store_, named->bucket, input.ExpectedSourceBucketOwner);
  if (!from) co_return std::unexpected(from.error());
  if (auto may = co_await AskForSource(call, *named); !may) co_return std::unexpected(may.error());
  if (named->bucket == *input.Bucket && named->key == *input.Key && named->version_id.empty() &&
      !ChangesSomething(input)) {
    co_return objects::InvalidRequest(
        "This copy request is illegal because it is trying to copy an object to itself without "
        "changing the object's metadata, storage class, website redirect location or encryption "
        "attributes.");
  }
  auto condition = WriteConditionOf(input.IfMatch, input.IfNoneMatch);
  if (!condition) co_return std::unexpected(std::move(condition.error()));
  objects::PutRequest request{.bucket = *input.Bucket,
                              .key = *input.Key,
                              .attributes = AttributesOf(input),
                              .condition = *condition};
  if (input.Tagging) {
    auto tags = TagsOfHeader(*input.Tagging);
    if (!tags) co_return std::unexpected(std::move(tags.error()));
    request.tags = std::move(*tags);
  }
  const auto encryption = EncryptionOf(call, input, **bucket, store_);
  if (!encryption) co_return std::unexpected(encryption.error());
  if (auto may = co_await AskToEncrypt(call, *encryption, *input.Bucket, *input.Key); !may) {
    co_return std::unexpected(may.error());
  }
  // What the source is encrypted with is asked of the version that is there now; the one that is
  // copied must be encrypted with that key too.
  const auto seen = co_await pool_.Run(
      [&] { return store_.FindObject(named->bucket, named->key, named->version_id); });
  if (!seen) {
    co_return std::unexpected(co_await ErrorOfMissing(call, seen.error(), named->bucket));
  }
  if (auto may = co_await AskToDecrypt(call, *seen); !may) co_return std::unexpected(may.error());
  if (!Replaces(input.TaggingDirective) && !seen->tags.empty()) {
    if (auto may = co_await AskForTags(call, *named, input); !may) {
      co_return std::unexpected(may.error());
    }
  }
  objects::Checksum algorithm = objects::Checksum::kNone;
  if (input.ChecksumAlgorithm) {
    algorithm =
        objects::ChecksumNamed(input.ChecksumAlgorithm->text()).value_or(objects::Checksum::kNone);
  }
  objects::Version source;
  const auto copy = [&]() -> Result<objects::Written> {
    auto found = store_.FindObject(named->bucket, named->key, named->version_id);
    if (!found) return std::unexpected(std::move(found.error()));
    source = std::move(*found);
    if (source.kms_key != seen->kms_key || (seen->tags.empty() && !source.tags.empty())) {
      return objects::S3Fail("OperationAborted", 409,
                             "The source was put anew meanwhile. Try again.");
    }
    auto met = CheckSource(SourceConditionsOf(input), source.etag, source.modified_at_ms);
    if (!met) return std::unexpected(std::move(met.error()));
    if (static_cast<uint64_t>(source.size_bytes) > objects::LocalStore::kCopyBytesMax) {
      return objects::InvalidRequest(fmt::format(
          "The specified copy source is larger than the maximum allowable size for a copy source: "
          "{}",
          objects::LocalStore::kCopyBytesMax));
    }
    objects::PutRequest of_source = request;
    if (!Replaces(input.MetadataDirective)) KeepAttributes(source, of_source.attributes);
    if (!Replaces(input.TaggingDirective)) {
      auto tags = objects::TagsOf(source.tags);
      if (!tags) return std::unexpected(std::move(tags.error()));
      of_source.tags = std::move(*tags);
    }
    if (auto ok = objects::CheckAttributes(of_source.attributes); !ok) {
      return std::unexpected(std::move(ok.error()));
    }
    return store_.Copy(source, std::move(of_source), *encryption, algorithm);
  };
  auto written = co_await pool_.Run([&]() -> Result<objects::Written> {
    // A source that was put anew meanwhile is looked for again.
    for (int looks = 0;; ++looks) {
      auto copied = copy();
      if (copied || copied.error().type != "NoSuchKey" || looks == kLooksMax) return copied;
    }
  });
  if (!written) co_return std::unexpected(std::move(written.error()));
  gen::CopyObjectOutput output;
  auto& result = output.CopyObjectResult.emplace();
  result.ETag = Quoted(written->version.etag);
  result.LastModified = TimestampOf(written->version.modified_at_ms);
  SetTypedChecksum(result, written->version);
  if (!written->version_id.empty()) output.VersionId = written->version_id;
  if (!(*from)->versioning.empty()) output.CopySourceVersionId = source.version_id;
  SetEncryption(output, written->version.encryption, written->version.kms_key);
  co_return output;
}

}  // namespace bedplate::services::s3
