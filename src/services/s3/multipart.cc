// Uploads in parts: create, upload, complete, abort.
#include <fmt/format.h>

#include "account/objects/names.h"
#include "s3/ops/AbortMultipartUpload.h"
#include "s3/ops/CompleteMultipartUpload.h"
#include "s3/ops/CreateMultipartUpload.h"
#include "s3/ops/UploadPart.h"
#include "services/s3/service.h"
#include "services/s3/support.h"
#include "services/s3/take_body.h"

namespace bedplate::services::s3 {
namespace {

Result<void> CheckPartNumber(int part_number) {
  if (part_number >= 1 && part_number <= objects::kPartNumberMax) return {};
  return objects::InvalidArgument(
      fmt::format("Part number must be an integer between 1 and {}, inclusive, not {}",
                  objects::kPartNumberMax, part_number));
}

}  // namespace

net::Task<Result<gen::CreateMultipartUploadOutput>> S3::CreateMultipartUpload(
    const wire::Call& call, gen::CreateMultipartUploadRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  if (auto ok = objects::CheckKey(*input.Key); !ok) co_return std::unexpected(ok.error());
  if (auto ok = CheckAsked(AskedOf(input)); !ok) co_return std::unexpected(ok.error());
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
  const auto encryption = EncryptionOf(call, input, **bucket, store_);
  if (!encryption) co_return std::unexpected(encryption.error());
  if (auto may = co_await AskToEncrypt(call, *encryption, *input.Bucket, *input.Key); !may) {
    co_return std::unexpected(may.error());
  }
  const auto algorithm =
      objects::ChecksumNamed(input.ChecksumAlgorithm ? input.ChecksumAlgorithm->text() : "");
  if (!algorithm) {
    co_return objects::InvalidRequest(
        "Checksum algorithm provided is unsupported. Please try "
        "again with any of the valid types: [CRC32, CRC32C, "
        "CRC64NVME, SHA1, SHA256, SHA512, MD5, XXHASH64, XXHASH3, "
        "XXHASH128]");
  }
  const std::string type(input.ChecksumType ? input.ChecksumType->text() : "");
  auto upload = co_await pool_.Run(
      [&] { return uploads_.Start(std::move(request), *encryption, *algorithm, type); });
  if (!upload) co_return std::unexpected(std::move(upload.error()));
  gen::CreateMultipartUploadOutput output;
  output.Bucket = *input.Bucket;
  output.Key = *input.Key;
  output.UploadId = upload->upload_id;
  SetEncryption(output, upload->encryption, upload->kms_key);
  if (!upload->checksum_algorithm.empty()) {
    output.ChecksumAlgorithm.emplace() =
        wire::OpenEnum<gen::ChecksumAlgorithm>::FromText(upload->checksum_algorithm);
    output.ChecksumType.emplace() =
        wire::OpenEnum<gen::ChecksumType>::FromText(upload->checksum_type);
  }
  co_return output;
}

net::Task<Result<gen::UploadPartOutput>> S3::UploadPart(const wire::Call& call,
                                                        gen::UploadPartRequest input,
                                                        wire::BodySource& body) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  if (auto ok = CheckPartNumber(*input.PartNumber); !ok) co_return std::unexpected(ok.error());
  const auto upload =
      co_await pool_.Run([&] { return uploads_.Find(*input.Bucket, *input.Key, *input.UploadId); });
  if (!upload) co_return std::unexpected(upload.error());
  const auto encryption = objects::EncryptionOf(*upload);
  if (auto may = co_await AskForParts(call, encryption, *input.Bucket, *input.Key); !may) {
    co_return std::unexpected(may.error());
  }
  const objects::Checksum of_upload =
      objects::ChecksumNamed(upload->checksum_algorithm).value_or(objects::Checksum::kNone);
  auto given = ChecksumOfPayload(input, body, of_upload);
  if (!given) co_return std::unexpected(std::move(given.error()));
  if (of_upload != objects::Checksum::kNone && given->algorithm != of_upload) {
    co_return objects::InvalidRequest(
        fmt::format("Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum "
                    "Type: {}",
                    objects::NameOf(of_upload), objects::NameOf(given->algorithm)));
  }
  auto md5 = ReadContentMd5(input.ContentMD5);
  if (!md5) co_return std::unexpected(std::move(md5.error()));
  const objects::Checksum algorithm = given->algorithm;
  std::string checksum;
  const auto begin = [&] { return uploads_.BeginPart(*upload, algorithm); };
  const auto finish = [&](objects::ContentWriter& content) {
    checksum = objects::ToBase64(content.checksum());
    return uploads_.PutPart(*upload, *input.PartNumber, content);
  };
  const auto part = co_await TakeBody<state::PartRow>(body, pool_, std::move(*given),
                                                      std::move(*md5), begin, finish);
  if (!part) co_return std::unexpected(part.error());
  gen::UploadPartOutput output;
  output.ETag = Quoted(part->etag);
  SetChecksum(output, objects::NameOf(algorithm), checksum);
  SetEncryption(output, upload->encryption, upload->kms_key);
  co_return output;
}

net::Task<Result<gen::CompleteMultipartUploadOutput>> S3::CompleteMultipartUpload(
    const wire::Call& call, gen::CompleteMultipartUploadRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  objects::Uploads::Completion completion;
  if (input.MultipartUpload && input.MultipartUpload->Parts) {
    for (const gen::CompletedPart& part : *input.MultipartUpload->Parts) {
      const auto checksum = ChecksumOf(part);
      if (!checksum) co_return std::unexpected(checksum.error());
      completion.parts.push_back({.part_number = part.PartNumber.value_or(0),
                                  .etag = Unquoted(part.ETag.value_or("")),
                                  .checksum = checksum->base64});
    }
  }
  if (completion.parts.size() > objects::kPartNumberMax) {
    co_return objects::S3Fail("MalformedXML", 400, "An upload has at most 10000 parts.");
  }
  const auto whole = ChecksumOf(input);
  if (!whole) co_return std::unexpected(whole.error());
  completion.checksum = whole->base64;
  if (input.ChecksumType) completion.checksum_type = input.ChecksumType->text();
  if (input.MpuObjectSize) completion.size_bytes = *input.MpuObjectSize;
  auto condition = WriteConditionOf(input.IfMatch, input.IfNoneMatch);
  if (!condition) co_return std::unexpected(std::move(condition.error()));
  completion.condition = *condition;
  const auto upload =
      co_await pool_.Run([&] { return uploads_.Find(*input.Bucket, *input.Key, *input.UploadId); });
  // One that isn't there is told of below, or was completed before.
  if (upload) {
    const auto encryption = objects::EncryptionOf(*upload);
    if (auto may = co_await AskForParts(call, encryption, *input.Bucket, *input.Key); !may) {
      co_return std::unexpected(may.error());
    }
  }
  const auto written = co_await pool_.Run(
      [&] { return uploads_.Complete(*input.Bucket, *input.Key, *input.UploadId, completion); });
  if (!written) co_return std::unexpected(written.error());
  gen::CompleteMultipartUploadOutput output;
  output.Location = "/" + *input.Bucket + "/" + UrlEncoded(*input.Key);
  output.Bucket = *input.Bucket;
  output.Key = *input.Key;
  output.ETag = Quoted(written->version.etag);
  if (!written->version_id.empty()) output.VersionId = written->version_id;
  SetTypedChecksum(output, written->version);
  SetEncryption(output, written->version.encryption, written->version.kms_key);
  co_return output;
}

net::Task<Result<gen::AbortMultipartUploadOutput>> S3::AbortMultipartUpload(
    const wire::Call&, gen::AbortMultipartUploadRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  auto aborted = co_await pool_.Run(
      [&] { return uploads_.Abort(*input.Bucket, *input.Key, *input.UploadId); });
  if (!aborted) co_return std::unexpected(std::move(aborted.error()));
  co_return gen::AbortMultipartUploadOutput{};
}

}  // namespace bedplate::services::s3
