// UploadPartCopy, ListParts and GetObjectAttributes: parts of uploads, and of what they became.
#include <fmt/format.h>

#include <algorithm>

#include "account/objects/names.h"
#include "s3/ops/GetObjectAttributes.h"
#include "s3/ops/ListParts.h"
#include "s3/ops/UploadPartCopy.h"
#include "services/s3/copy_source.h"
#include "services/s3/service.h"
#include "services/s3/support.h"

namespace bedplate::services::s3 {
namespace {

constexpr int kPartsAPageMax = 1000;

// "bytes=0-9", both ends within the source.
Result<ByteRange> RangeOfCopy(const wire::Opt<std::string>& text, uint64_t size_bytes) {
  if (!text) return ByteRange{.offset = 0, .size = size_bytes};
  const auto range = ReadRange(*text, size_bytes);
  const auto invalid = [&] {
    return objects::InvalidArgument(fmt::format(
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
        "last are the zero-based offsets of the first and last bytes to copy, within the {} bytes "
        "of the source, not '{}'",
        size_bytes, text->substr(0, 64)));
  };
  if (!range || !*range || text->ends_with('-') || text->contains("=-")) return invalid();
  const uint64_t last = (*range)->offset + (*range)->size - 1;
  // A range that reads may still reach behind the end.
  if (!text->ends_with(fmt::format("-{}", last))) return invalid();
  return **range;
}

Result<int> PageOf(const wire::Opt<int32_t>& asked, std::string_view name) {
  if (asked && *asked < 0) {
    return objects::InvalidArgument(
        fmt::format("Argument {} must be an integer between 0 and 2147483647", name));
  }
  return std::min<int>(asked.value_or(kPartsAPageMax), kPartsAPageMax);
}

}  // namespace

net::Task<Result<gen::UploadPartCopyOutput>> S3::UploadPartCopy(const wire::Call& call,
                                                                gen::UploadPartCopyRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  if (*input.PartNumber < 1 || *input.PartNumber > objects::kPartNumberMax) {
    co_return objects::InvalidArgument(
        fmt::format("Part number must be an integer between 1 and {}, inclusive, not {}",
                    objects::kPartNumberMax, *input.PartNumber));
  }
  const auto named = ReadCopySource(*input.CopySource);
  if (!named) co_return std::unexpected(named.error());
  const auto from = FindBucket(store_, named->bucket, input.ExpectedSourceBucketOwner);
  if (!from) co_return std::unexpected(from.error());
  if (auto may = co_await AskForSource(call, *named); !may) co_return std::unexpected(may.error());
  const auto into =
      co_await pool_.Run([&] { return uploads_.Find(*input.Bucket, *input.Key, *input.UploadId); });
  if (!into) co_return std::unexpected(into.error());
  const auto encryption = objects::EncryptionOf(*into);
  if (auto may = co_await AskForParts(call, encryption, *input.Bucket, *input.Key); !may) {
    co_return std::unexpected(may.error());
  }
  const auto seen = co_await pool_.Run(
      [&] { return store_.FindObject(named->bucket, named->key, named->version_id); });
  if (!seen) co_return std::unexpected(seen.error());
  if (auto may = co_await AskToDecrypt(call, *seen); !may) co_return std::unexpected(may.error());
  objects::Version source;
  const auto part = co_await pool_.Run([&]() -> Result<state::PartRow> {
    const auto upload = uploads_.Find(*input.Bucket, *input.Key, *input.UploadId);
    if (!upload) return std::unexpected(upload.error());
    auto opened = store_.Open(named->bucket, named->key, named->version_id);
    if (!opened) return std::unexpected(std::move(opened.error()));
    source = opened->version;
    if (source.kms_key != seen->kms_key) {
      return objects::S3Fail("OperationAborted", 409,
                             "The source was put anew meanwhile. Try again.");
    }
    auto met = CheckSource(SourceConditionsOf(input), source.etag, source.modified_at_ms);
    if (!met) return std::unexpected(std::move(met.error()));
    const auto range = RangeOfCopy(input.CopySourceRange, static_cast<uint64_t>(source.size_bytes));
    if (!range) return std::unexpected(range.error());
    if (range->size > objects::LocalStore::kCopyBytesMax) {
      return objects::InvalidRequest("A part that is copied has at most 5368709120 bytes.");
    }
    return uploads_.CopyPart(*upload, *input.PartNumber, *opened, range->offset, range->size);
  });
  if (!part) co_return std::unexpected(part.error());
  gen::UploadPartCopyOutput output;
  auto& result = output.CopyPartResult.emplace();
  result.ETag = Quoted(part->etag);
  result.LastModified = TimestampOf(part->modified_at_ms);
  if (!(*from)->versioning.empty()) output.CopySourceVersionId = source.version_id;
  co_return output;
}

net::Task<Result<gen::ListPartsOutput>> S3::ListParts(const wire::Call&,
                                                      gen::ListPartsRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  const auto most = PageOf(input.MaxParts, "max-parts");
  if (!most) co_return std::unexpected(most.error());
  const int after = input.PartNumberMarker.value_or(0);
  state::UploadRow upload;
  auto parts = co_await pool_.Run([&]() -> Result<std::vector<state::PartRow>> {
    auto found = uploads_.Find(*input.Bucket, *input.Key, *input.UploadId);
    if (!found) return std::unexpected(std::move(found.error()));
    upload = std::move(*found);
    return uploads_.Parts(upload.upload_id, after, static_cast<size_t>(*most) + 1);
  });
  if (!parts) co_return std::unexpected(std::move(parts.error()));
  gen::ListPartsOutput output;
  output.Bucket = *input.Bucket;
  output.Key = *input.Key;
  output.UploadId = *input.UploadId;
  output.MaxParts = *most;
  output.PartNumberMarker = after;
  output.IsTruncated = std::ssize(*parts) > *most;
  if (*output.IsTruncated) parts->pop_back();
  if (!parts->empty()) output.NextPartNumberMarker = parts->back().part_number;
  const std::string owner = objects::CanonicalUserId((*bucket)->account);
  output.Owner.emplace().ID = owner;
  output.Initiator.emplace().ID = owner;
  output.StorageClass.emplace() = wire::OpenEnum<gen::StorageClass>::FromText("STANDARD");
  if (!upload.checksum_algorithm.empty()) {
    output.ChecksumAlgorithm.emplace() =
        wire::OpenEnum<gen::ChecksumAlgorithm>::FromText(upload.checksum_algorithm);
    output.ChecksumType.emplace() =
        wire::OpenEnum<gen::ChecksumType>::FromText(upload.checksum_type);
  }
  if (parts->empty()) co_return output;
  auto& shown = output.Parts.emplace();
  for (const state::PartRow& part : *parts) {
    gen::Part& each = shown.emplace_back();
    each.PartNumber = part.part_number;
    each.ETag = Quoted(part.etag);
    each.Size = part.size_bytes;
    each.LastModified = TimestampOf(part.modified_at_ms);
    SetChecksum(each, upload.checksum_algorithm, part.checksum);
  }
  co_return output;
}

net::Task<Result<gen::GetObjectAttributesOutput>> S3::GetObjectAttributes(
    const wire::Call& call, gen::GetObjectAttributesRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  const auto most = PageOf(input.MaxParts, "max-parts");
  if (!most) co_return std::unexpected(most.error());
  const int after = input.PartNumberMarker.value_or(0);
  std::vector<state::PartRow> parts;
  auto version = co_await pool_.Run([&]() -> Result<objects::Version> {
    auto found = store_.FindObject(*input.Bucket, *input.Key, input.VersionId.value_or(""));
    if (!found || found->parts == 0) return found;
    auto read = uploads_.Parts(found->content_id, after, static_cast<size_t>(*most) + 1);
    if (!read) return std::unexpected(std::move(read.error()));
    parts = std::move(*read);
    return found;
  });
  if (!version) {
    co_return std::unexpected(
        co_await ErrorOfMissing(call, std::move(version.error()), *input.Bucket));
  }
  gen::GetObjectAttributesOutput output;
  output.LastModified = TimestampOf(version->modified_at_ms);
  if (!(*bucket)->versioning.empty()) output.VersionId = version->version_id;
  for (const auto& attribute : *input.ObjectAttributes) {
    const std::string_view name = attribute.text();
    if (name == "ETag") {
      output.ETag = version->etag;
    } else if (name == "ObjectSize") {
      output.ObjectSize = version->size_bytes;
    } else if (name == "StorageClass") {
      const auto storage = objects::Attributes::Of(version->attributes).Header("storage-class");
      output.StorageClass.emplace() =
          wire::OpenEnum<gen::StorageClass>::FromText(storage.empty() ? "STANDARD" : storage);
    } else if (name == "Checksum" && !version->checksum.empty()) {
      auto& checksum = output.Checksum.emplace();
      SetTypedChecksum(checksum, *version);
      if (version->checksum_type == "COMPOSITE") {
        // Here without the number of parts.
        SetChecksum(checksum, version->checksum_algorithm,
                    version->checksum.substr(0, version->checksum.rfind('-')));
      }
    } else if (name == "ObjectParts" && version->parts > 0) {
      auto& shown = output.ObjectParts.emplace();
      shown.TotalPartsCount = version->parts;
      shown.PartNumberMarker = after;
      shown.MaxParts = *most;
      shown.IsTruncated = std::ssize(parts) > *most;
      if (*shown.IsTruncated) parts.pop_back();
      if (!parts.empty()) shown.NextPartNumberMarker = parts.back().part_number;
      // As S3: the parts themselves where each has a checksum.
      if (version->checksum_type != "COMPOSITE") continue;
      for (const state::PartRow& part : parts) {
        gen::ObjectPart& each = shown.Parts.emplace().emplace_back();
        each.PartNumber = part.part_number;
        each.Size = part.size_bytes;
        SetChecksum(each, version->checksum_algorithm, part.checksum);
      }
    }
  }
  co_return output;
}

}  // namespace bedplate::services::s3
