#include <fmt/format.h>

#include "account/objects/names.h"
#include "s3/ops/PutObject.h"
#include "services/s3/service.h"
#include "services/s3/take_body.h"

namespace bedplate::services::s3 {

net::Task<Result<gen::PutObjectOutput>> S3::PutObject(const wire::Call& call,
                                                      gen::PutObjectRequest input,
                                                      wire::BodySource& body) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  if (auto ok = objects::CheckKey(*input.Key); !ok) co_return std::unexpected(ok.error());
  if (auto ok = CheckAsked(AskedOf(input)); !ok) co_return std::unexpected(ok.error());
  if (input.WriteOffsetBytes) {
    co_return objects::S3Fail("NotImplemented", 501, "Appending to objects is not implemented.");
  }
  objects::PutRequest request{
      .bucket = *input.Bucket, .key = *input.Key, .attributes = AttributesOf(input)};
  if (auto ok = objects::CheckAttributes(request.attributes); !ok) {
    co_return std::unexpected(ok.error());
  }
  if (input.Tagging) {
    auto tags = TagsOfHeader(*input.Tagging);
    if (!tags) co_return std::unexpected(std::move(tags.error()));
    request.tags = std::move(*tags);
  }
  auto condition = WriteConditionOf(input.IfMatch, input.IfNoneMatch);
  if (!condition) co_return std::unexpected(std::move(condition.error()));
  request.condition = *condition;
  const auto encryption = EncryptionOf(call, input, **bucket, store_);
  if (!encryption) co_return std::unexpected(encryption.error());
  if (auto may = co_await AskToEncrypt(call, *encryption, *input.Bucket, *input.Key); !may) {
    co_return std::unexpected(may.error());
  }
  auto given = ChecksumOfPayload(input, body, objects::Checksum::kCrc64Nvme);
  if (!given) co_return std::unexpected(std::move(given.error()));
  auto md5 = ReadContentMd5(input.ContentMD5);
  if (!md5) co_return std::unexpected(std::move(md5.error()));
  const objects::Checksum algorithm = given->algorithm;
  const auto begin = [&] {
    return store_.Begin(*input.Bucket, *input.Key, *encryption, algorithm);
  };
  const auto finish = [&](objects::ContentWriter& content) {
    return store_.Put(std::move(request), content);
  };
  const auto written = co_await TakeBody<objects::Written>(body, pool_, std::move(*given),
                                                           std::move(*md5), begin, finish);
  if (!written) co_return std::unexpected(written.error());
  gen::PutObjectOutput output;
  output.ETag = Quoted(written->version.etag);
  if (!written->version_id.empty()) output.VersionId = written->version_id;
  SetTypedChecksum(output, written->version);
  SetEncryption(output, written->version.encryption, written->version.kms_key);
  co_return output;
}

}  // namespace bedplate::services::s3
