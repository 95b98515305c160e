// Tags of objects.
#include "account/objects/names.h"
#include "s3/ops/DeleteObjectTagging.h"
#include "s3/ops/GetObjectTagging.h"
#include "s3/ops/PutObjectTagging.h"
#include "services/s3/service.h"
#include "services/s3/support.h"
#include "services/s3/tag_set.h"

namespace bedplate::services::s3 {
namespace {

// Puts the tags of the version that is named, or the latest; which one it was.
Result<objects::Version> PutTags(objects::LocalStore& store, const std::string& bucket,
                                 const std::string& key, const std::string& version_id,
                                 const objects::Tags& tags) {
  auto version = store.FindObject(bucket, key, version_id);
  if (!version) return version;
  if (auto put = store.PutTags(*version, tags); !put) return std::unexpected(put.error());
  return version;
}

}  // namespace

net::Task<Result<gen::GetObjectTaggingOutput>> S3::GetObjectTagging(
    const wire::Call& call, gen::GetObjectTaggingRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  auto version = co_await pool_.Run(
      [&] { return store_.FindObject(*input.Bucket, *input.Key, input.VersionId.value_or("")); });
  if (!version) {
    co_return std::unexpected(
        co_await ErrorOfMissing(call, std::move(version.error()), *input.Bucket));
  }
  const auto tags = objects::TagsOf(version->tags);
  if (!tags) co_return std::unexpected(tags.error());
  gen::GetObjectTaggingOutput output;
  output.TagSet = TagSetOf(*tags);
  if (!(*bucket)->versioning.empty()) output.VersionId = version->version_id;
  co_return output;
}

net::Task<Result<gen::PutObjectTaggingOutput>> S3::PutObjectTagging(
    const wire::Call&, gen::PutObjectTaggingRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  const auto version = co_await pool_.Run([&] {
    return PutTags(store_, *input.Bucket, *input.Key, input.VersionId.value_or(""),
                   TagsOf(*input.Tagging));
  });
  if (!version) co_return std::unexpected(version.error());
  gen::PutObjectTaggingOutput output;
  if (!(*bucket)->versioning.empty()) output.VersionId = version->version_id;
  co_return output;
}

net::Task<Result<gen::DeleteObjectTaggingOutput>> S3::DeleteObjectTagging(
    const wire::Call&, gen::DeleteObjectTaggingRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  const auto version = co_await pool_.Run(
      [&] { return PutTags(store_, *input.Bucket, *input.Key, input.VersionId.value_or(""), {}); });
  if (!version) co_return std::unexpected(version.error());
  gen::DeleteObjectTaggingOutput output;
  if (!(*bucket)->versioning.empty()) output.VersionId = version->version_id;
  co_return output;
}

}  // namespace bedplate::services::s3
