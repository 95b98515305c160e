// ListObjects, ListObjectsV2, ListObjectVersions and ListMultipartUploads.
#include <fmt/format.h>

#include <algorithm>

#include "account/objects/names.h"
#include "base/base64.h"
#include "s3/ops/ListMultipartUploads.h"
#include "s3/ops/ListObjectVersions.h"
#include "s3/ops/ListObjects.h"
#include "s3/ops/ListObjectsV2.h"
#include "services/s3/service.h"
#include "services/s3/support.h"

namespace bedplate::services::s3 {
namespace {

using objects::InvalidArgument;
using objects::Version;

constexpr int kPageMax = 1000;

// What lists have in common.
struct Asked {
  objects::ListRequest list{};
  bool encoded = false;  // keys in percent
  int most = kPageMax;   // as asked, at most kPageMax

  std::string Show(const std::string& text) const { return encoded ? UrlEncoded(text) : text; }
};

template <class Input>
Result<Asked> AskedOfList(const Input& input, const wire::Opt<int32_t>& most,
                          std::string_view name) {
  Asked asked;
  asked.list.bucket = *input.Bucket;
  asked.list.prefix = input.Prefix.value_or("");
  asked.list.delimiter = input.Delimiter.value_or("");
  if (input.EncodingType) {
    if (input.EncodingType->text() != "url") {
      return InvalidArgument("Invalid Encoding Method specified in Request");
    }
    asked.encoded = true;
  }
  if (most && *most < 0) {
    return InvalidArgument(
        fmt::format("Argument {} must be an integer between 0 and 2147483647", name));
  }
  asked.most = std::min<int>(most.value_or(kPageMax), kPageMax);
  asked.list.most = static_cast<size_t>(asked.most);
  return asked;
}

template <class Output>
void TellAsked(Output& output, const Asked& asked) {
  output.Prefix = asked.Show(asked.list.prefix);
  if (!asked.list.delimiter.empty()) output.Delimiter = asked.Show(asked.list.delimiter);
  if (asked.encoded) {
    output.EncodingType.emplace() = wire::OpenEnum<gen::EncodingType>::FromText("url");
  }
}

template <class Output>
void TellPrefixes(Output& output, const Asked& asked, const std::vector<std::string>& prefixes) {
  if (prefixes.empty()) return;
  auto& shown = output.CommonPrefixes.emplace();
  for (const std::string& prefix : prefixes) shown.emplace_back().Prefix = asked.Show(prefix);
}

template <class Shown>
void TellChecksum(Shown& shown, const Version& version) {
  if (version.checksum_algorithm.empty()) return;
  shown.ChecksumAlgorithm.emplace().push_back(
      wire::OpenEnum<gen::ChecksumAlgorithm>::FromText(version.checksum_algorithm));
  shown.ChecksumType.emplace() = wire::OpenEnum<gen::ChecksumType>::FromText(version.checksum_type);
}

std::string StorageOf(const Version& version) {
  const auto storage = objects::Attributes::Of(version.attributes).Header("storage-class");
  return storage.empty() ? std::string("STANDARD") : storage;
}

gen::Object ObjectOf(const Version& version, const Asked& asked, const std::string& owner) {
  gen::Object shown;
  shown.Key = asked.Show(version.key);
  shown.LastModified = TimestampOf(version.modified_at_ms);
  shown.ETag = Quoted(version.etag);
  shown.Size = version.size_bytes;
  shown.StorageClass.emplace() =
      wire::OpenEnum<gen::ObjectStorageClass>::FromText(StorageOf(version));
  TellChecksum(shown, version);
  if (!owner.empty()) shown.Owner.emplace().ID = owner;
  return shown;
}

// Continuation tokens are ours alone: base64 of where the page ended.
std::string TokenOf(const std::string& after) {
  std::string token;
  AppendBase64(token, "1" + after);
  return token;
}

Result<std::string> ReadToken(const std::string& token) {
  std::string after;
  if (!AppendFromBase64(after, token) || !after.starts_with('1')) {
    return InvalidArgument("The continuation token provided is incorrect");
  }
  return after.substr(1);
}

}  // namespace

net::Task<Result<gen::ListObjectsOutput>> S3::ListObjects(const wire::Call&,
                                                          gen::ListObjectsRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  auto asked = AskedOfList(input, input.MaxKeys, "max-keys");
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  asked->list.after = input.Marker.value_or("");
  const auto page = co_await pool_.Run([&] { return store_.List(asked->list, false); });
  if (!page) co_return std::unexpected(page.error());
  gen::ListObjectsOutput output;
  TellAsked(output, *asked);
  output.Name = (*bucket)->name;
  output.Marker = asked->Show(asked->list.after);
  output.MaxKeys = asked->most;
  output.IsTruncated = page->truncated;
  // As S3: without a delimiter the last key says it.
  if (page->truncated && !asked->list.delimiter.empty()) {
    output.NextMarker = asked->Show(page->after);
  }
  const std::string owner = objects::CanonicalUserId((*bucket)->account);
  if (!page->rows.empty()) {
    auto& contents = output.Contents.emplace();
    for (const Version& version : page->rows) {
      contents.push_back(ObjectOf(version, *asked, owner));
    }
  }
  TellPrefixes(output, *asked, page->prefixes);
  co_return output;
}

net::Task<Result<gen::ListObjectsV2Output>> S3::ListObjectsV2(const wire::Call&,
                                                              gen::ListObjectsV2Request input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  auto asked = AskedOfList(input, input.MaxKeys, "max-keys");
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  asked->list.after = input.StartAfter.value_or("");
  if (input.ContinuationToken) {
    auto after = ReadToken(*input.ContinuationToken);
    if (!after) co_return std::unexpected(std::move(after.error()));
    asked->list.after = std::move(*after);
  }
  const auto page = co_await pool_.Run([&] { return store_.List(asked->list, false); });
  if (!page) co_return std::unexpected(page.error());
  gen::ListObjectsV2Output output;
  TellAsked(output, *asked);
  output.Name = (*bucket)->name;
  output.MaxKeys = asked->most;
  output.KeyCount = static_cast<int32_t>(page->rows.size() + page->prefixes.size());
  output.IsTruncated = page->truncated;
  if (page->truncated) output.NextContinuationToken = TokenOf(page->after);
  if (input.ContinuationToken) output.ContinuationToken = *input.ContinuationToken;
  if (input.StartAfter) output.StartAfter = asked->Show(*input.StartAfter);
  const std::string owner = input.FetchOwner.value_or(false)
                                ? objects::CanonicalUserId((*bucket)->account)
                                : std::string();
  if (!page->rows.empty()) {
    auto& contents = output.Contents.emplace();
    for (const Version& version : page->rows) {
      contents.push_back(ObjectOf(version, *asked, owner));
    }
  }
  TellPrefixes(output, *asked, page->prefixes);
  co_return output;
}

net::Task<Result<gen::ListObjectVersionsOutput>> S3::ListObjectVersions(
    const wire::Call&, gen::ListObjectVersionsRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  auto asked = AskedOfList(input, input.MaxKeys, "max-keys");
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  asked->list.after = input.KeyMarker.value_or("");
  const std::string marker = input.VersionIdMarker.value_or("");
  if (!marker.empty() && asked->list.after.empty()) {
    co_return InvalidArgument("A version-id marker cannot be specified without a key marker.");
  }
  const auto page = co_await pool_.Run([&]() -> Result<objects::ListPage<Version>> {
    if (!marker.empty()) {
      const auto version = store_.Find(*input.Bucket, asked->list.after, marker);
      // One that is gone was behind all that is shown already.
      if (!version) return InvalidArgument("Invalid version id specified");
      asked->list.after_order = version->version_order;
    }
    return store_.List(asked->list, true);
  });
  if (!page) co_return std::unexpected(page.error());
  gen::ListObjectVersionsOutput output;
  TellAsked(output, *asked);
  output.Name = (*bucket)->name;
  output.KeyMarker = asked->Show(asked->list.after);
  output.VersionIdMarker = marker;
  output.MaxKeys = asked->most;
  output.IsTruncated = page->truncated;
  if (page->truncated) {
    output.NextKeyMarker = asked->Show(page->after);
    if (page->after_order != 0) output.NextVersionIdMarker = page->rows.back().version_id;
  }
  const std::string owner = objects::CanonicalUserId((*bucket)->account);
  for (const Version& version : page->rows) {
    const auto tell = [&](auto& shown) {
      shown.Key = asked->Show(version.key);
      shown.VersionId = version.version_id;
      shown.IsLatest = version.latest;
      shown.LastModified = TimestampOf(version.modified_at_ms);
      shown.Owner.emplace().ID = owner;
    };
    if (version.delete_marker) {
      tell(output.DeleteMarkers.emplace().emplace_back());
      continue;
    }
    gen::ObjectVersion& shown = output.Versions.emplace().emplace_back();
    tell(shown);
    shown.ETag = Quoted(version.etag);
    shown.Size = version.size_bytes;
    shown.StorageClass.emplace() =
        wire::OpenEnum<gen::ObjectVersionStorageClass>::FromText(StorageOf(version));
    TellChecksum(shown, version);
  }
  TellPrefixes(output, *asked, page->prefixes);
  co_return output;
}

net::Task<Result<gen::ListMultipartUploadsOutput>> S3::ListMultipartUploads(
    const wire::Call&, gen::ListMultipartUploadsRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  auto asked = AskedOfList(input, input.MaxUploads, "max-uploads");
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  asked->list.after = input.KeyMarker.value_or("");
  if (input.KeyMarker) asked->list.after_id = input.UploadIdMarker.value_or("");
  const auto page = co_await pool_.Run([&] { return store_.ListUploads(asked->list); });
  if (!page) co_return std::unexpected(page.error());
  gen::ListMultipartUploadsOutput output;
  TellAsked(output, *asked);
  output.Bucket = (*bucket)->name;
  output.KeyMarker = asked->Show(asked->list.after);
  output.UploadIdMarker = asked->list.after_id;
  output.MaxUploads = asked->most;
  output.IsTruncated = page->truncated;
  if (page->truncated) {
    output.NextKeyMarker = asked->Show(page->after);
    output.NextUploadIdMarker = page->after_id;
  }
  const std::string owner = objects::CanonicalUserId((*bucket)->account);
  for (const state::UploadRow& upload : page->rows) {
    gen::MultipartUpload& shown = output.Uploads.emplace().emplace_back();
    shown.Key = asked->Show(upload.key);
    shown.UploadId = upload.upload_id;
    shown.Initiated = TimestampOf(upload.started_at_ms);
    shown.StorageClass.emplace() = wire::OpenEnum<gen::StorageClass>::FromText("STANDARD");
    shown.Owner.emplace().ID = owner;
    shown.Initiator.emplace().ID = owner;
    if (upload.checksum_algorithm.empty()) continue;
    shown.ChecksumAlgorithm.emplace() =
        wire::OpenEnum<gen::ChecksumAlgorithm>::FromText(upload.checksum_algorithm);
    shown.ChecksumType.emplace() =
        wire::OpenEnum<gen::ChecksumType>::FromText(upload.checksum_type);
  }
  TellPrefixes(output, *asked, page->prefixes);
  co_return output;
}

}  // namespace bedplate::services::s3
