// GetObject and HeadObject, which tell the same of an object.
#include <fmt/format.h>

#include <algorithm>

#include "s3/ops/GetObject.h"
#include "s3/ops/HeadObject.h"
#include "services/s3/read_conditions.h"
#include "services/s3/service.h"
#include "services/s3/support.h"
#include "services/s3/take_body.h"

namespace bedplate::services::s3 {
namespace {

using objects::Version;

constexpr std::string_view kDefaultType = "binary/octet-stream";

// What is read of the object, and how it is said.
struct View {
  ByteRange bytes{};
  bool partial = false;
  uint64_t of = 0;         // how long the object is
  bool whole_part = true;  // its checksum is that of these bytes
};

// `part_bytes` of the part that is asked for, which begins at `part_offset`.
Result<View> ViewOf(const wire::Opt<std::string>& range, const Version& version, bool by_part,
                    uint64_t part_offset, uint64_t part_bytes) {
  const auto size = static_cast<uint64_t>(version.size_bytes);
  if (by_part) {
    return View{.bytes = {.offset = part_offset, .size = part_bytes},
                .partial = true,
                .of = size,
                .whole_part = version.parts == 0};
  }
  if (range) {
    const auto read = ReadRange(*range, size);
    if (!read) return std::unexpected(read.error());
    if (*read) {
      return View{.bytes = **read, .partial = true, .of = size, .whole_part = false};
    }
  }
  return View{.bytes = {.offset = 0, .size = size}, .partial = false, .of = size};
}

template <class Output>
void Tell(Output& output, const wire::Call& call, const Version& version,
          const objects::Bucket& bucket, const View& view, bool with_checksum) {
  const auto attributes = objects::Attributes::Of(version.attributes);
  const auto put = [&](wire::Opt<std::string>& member, std::string_view name) {
    if (auto value = attributes.Header(name); !value.empty()) member = std::move(value);
  };
  put(output.CacheControl, "cache-control");
  put(output.ContentDisposition, "content-disposition");
  put(output.ContentEncoding, "content-encoding");
  put(output.ContentLanguage, "content-language");
  put(output.Expires, "expires");
  put(output.WebsiteRedirectLocation, "website-redirect-location");
  put(output.ContentType, "content-type");
  if (!output.ContentType) output.ContentType = std::string(kDefaultType);
  if (const auto storage = attributes.Header("storage-class"); !storage.empty()) {
    output.StorageClass.emplace() = wire::OpenEnum<gen::StorageClass>::FromText(storage);
  }
  if (!attributes.metadata.empty()) output.Metadata = attributes.metadata;
  output.AcceptRanges = std::string("bytes");
  // The date of a head has whole seconds.
  output.LastModified = TimestampOf(version.modified_at_ms / 1000 * 1000);
  output.ETag = Quoted(version.etag);
  output.ContentLength = static_cast<int64_t>(view.bytes.size);
  if (!bucket.versioning.empty()) output.VersionId = version.version_id;
  SetEncryption(output, version.encryption, version.kms_key);
  if (with_checksum && view.whole_part) SetTypedChecksum(output, version);
  if (const auto tags = objects::TagsOf(version.tags); tags && !tags->empty()) {
    output.TagCount = static_cast<int32_t>(tags->size());
  }
  if (!view.partial) return;
  call.response_status = 206;
  if (view.bytes.size > 0) {
    output.ContentRange = fmt::format("bytes {}-{}/{}", view.bytes.offset,
                                      view.bytes.offset + view.bytes.size - 1, view.of);
  }
}

template <class Input>
Result<void> CheckInput(const Input& input) {
  if (input.SSECustomerAlgorithm || input.SSECustomerKey) {
    return objects::InvalidRequest("The encryption parameters are not applicable to this object.");
  }
  if (input.PartNumber && input.Range) {
    return objects::InvalidRequest(
        "Cannot specify both Range header and partNumber query "
        "parameter");
  }
  if (input.PartNumber && (*input.PartNumber < 1 || *input.PartNumber > 10'000)) {
    return objects::InvalidArgument(
        fmt::format("Part number must be an integer between 1 and 10000, inclusive, not {}",
                    *input.PartNumber));
  }
  return {};
}

template <class Input>
bool WantsChecksum(const Input& input) {
  return input.ChecksumMode && input.ChecksumMode->text() == "ENABLED";
}

// In place of what was told when the object was put; only of GetObject and HeadObject.
template <class Input, class Output>
void Override(const Input& input, Output& output) {
  const auto put = [](const wire::Opt<std::string>& from, wire::Opt<std::string>& to) {
    if (from) to = *from;
  };
  put(input.ResponseCacheControl, output.CacheControl);
  put(input.ResponseContentDisposition, output.ContentDisposition);
  put(input.ResponseContentEncoding, output.ContentEncoding);
  put(input.ResponseContentLanguage, output.ContentLanguage);
  put(input.ResponseContentType, output.ContentType);
  if (input.ResponseExpires) output.Expires = HttpDateOf(input.ResponseExpires->seconds * 1000);
}

// Caches want these of a 304 too.
Error WithTags(const wire::Call& call, Error error, const Version& version) {
  if (error.status != 304) return error;
  call.response_headers.emplace_back("etag", Quoted(version.etag));
  call.response_headers.emplace_back("last-modified", HttpDateOf(version.modified_at_ms));
  return error;
}

// Which part the bytes of an object's part number are.
Result<std::pair<uint64_t, uint64_t>> PlaceOfPart(objects::Uploads& uploads, const Version& version,
                                                  int part_number) {
  const auto none = [&] {
    return objects::S3Fail(
        "InvalidPartNumber", 416,
        fmt::format("The requested partnumber {} is not satisfiable", part_number));
  };
  if (version.parts == 0) {
    if (part_number != 1) return none();
    return std::pair(uint64_t{0}, static_cast<uint64_t>(version.size_bytes));
  }
  const auto parts = uploads.Parts(version.content_id, 0, objects::kPartNumberMax);
  if (!parts) return std::unexpected(parts.error());
  uint64_t offset = 0;
  int place = 0;
  // As S3 counts: the parts of the object, whatever their numbers were.
  for (const auto& part : *parts) {
    if (++place == part_number) return std::pair(offset, static_cast<uint64_t>(part.size_bytes));
    offset += static_cast<uint64_t>(part.size_bytes);
  }
  return none();
}

// Adds that it is a delete marker which is there, to who is told of it.
void TellOfMarker(const wire::Call& call, const Error& error, const Version& version) {
  if (!version.delete_marker) return;
  auto& headers = call.response_headers;
  if (error.type == "MethodNotAllowed") {
    headers.emplace_back("allow", "DELETE");
    headers.emplace_back("last-modified", HttpDateOf(version.modified_at_ms));
  } else if (error.type != "NoSuchKey") {
    return;  // who may not list the bucket is not told of its keys
  }
  headers.emplace_back("x-amz-delete-marker", "true");
  headers.emplace_back("x-amz-version-id", version.version_id);
}

}  // namespace

net::Task<Result<void>> S3::GetObject(const wire::Call& call, gen::GetObjectRequest input,
                                      gen::GetObjectSink& sink) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  if (auto ok = CheckInput(input); !ok) co_return ok;
  struct Begun {
    objects::LocalStore::Opened opened;
    View view;
    std::string piece;
    std::optional<Error> refused{};
  };
  auto begun = co_await pool_.Run([&]() -> Result<Begun> {
    auto opened = store_.Open(*input.Bucket, *input.Key, input.VersionId.value_or(""));
    if (!opened) return std::unexpected(std::move(opened.error()));
    Begun result{.opened = std::move(*opened), .view = {}, .piece = {}};
    const Version& version = result.opened.version;
    auto met = Check(ReadConditionsOf(input), version.etag, version.modified_at_ms);
    if (!met) {
      result.refused = std::move(met.error());
      return result;
    }
    std::pair<uint64_t, uint64_t> part;
    if (input.PartNumber) {
      const auto place = PlaceOfPart(uploads_, version, *input.PartNumber);
      if (!place) return std::unexpected(place.error());
      part = *place;
    }
    const auto view =
        ViewOf(input.Range, version, input.PartNumber.has_value(), part.first, part.second);
    if (!view) return std::unexpected(view.error());
    result.view = *view;
    auto read = result.opened.content->Read(result.piece, view->bytes.offset,
                                            std::min<uint64_t>(kPieceBytes, view->bytes.size));
    if (!read) return std::unexpected(std::move(read.error()));
    return result;
  });
  if (!begun) {
    const Error error = co_await ErrorOfMissing(call, std::move(begun.error()), *input.Bucket);
    const auto there = co_await pool_.Run(
        [&] { return store_.Find(*input.Bucket, *input.Key, input.VersionId.value_or("")); });
    if (there) TellOfMarker(call, error, *there);
    co_return std::unexpected(error);
  }
  const Version& version = begun->opened.version;
  if (begun->refused) co_return std::unexpected(WithTags(call, *begun->refused, version));
  if (auto may = co_await AskToDecrypt(call, version); !may) co_return may;
  gen::GetObjectOutput output;
  Tell(output, call, version, **bucket, begun->view, WantsChecksum(input));
  if (input.PartNumber && version.parts > 0) output.PartsCount = version.parts;
  Override(input, output);
  const ByteRange bytes = begun->view.bytes;
  if (auto open = co_await sink.Open(output, bytes.size); !open) co_return open;
  std::string& piece = begun->piece;
  uint64_t sent = 0;
  for (;;) {
    if (auto wrote = co_await sink.Write(piece); !wrote) co_return wrote;
    sent += piece.size();
    if (sent == bytes.size) co_return Result<void>();
    piece.clear();
    auto read = co_await pool_.Run([&] {
      return begun->opened.content->Read(piece, bytes.offset + sent,
                                         std::min<uint64_t>(kPieceBytes, bytes.size - sent));
    });
    if (!read) co_return read;
  }
}

net::Task<Result<gen::HeadObjectOutput>> S3::HeadObject(const wire::Call& call,
                                                        gen::HeadObjectRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  if (auto ok = CheckInput(input); !ok) co_return std::unexpected(ok.error());
  std::pair<uint64_t, uint64_t> part;
  auto found = co_await pool_.Run([&]() -> Result<Version> {
    auto version = store_.Find(*input.Bucket, *input.Key, input.VersionId.value_or(""));
    if (!version || version->delete_marker || !input.PartNumber) return version;
    const auto place = PlaceOfPart(uploads_, *version, *input.PartNumber);
    if (!place) return std::unexpected(place.error());
    part = *place;
    return version;
  });
  if (found && found->delete_marker) {
    Error error =
        input.VersionId
            ? objects::S3Fail("MethodNotAllowed", 405, "The version is a delete marker.").error()
            : objects::NoSuchKey(*input.Key).error();
    error = co_await ErrorOfMissing(call, std::move(error), *input.Bucket);
    TellOfMarker(call, error, *found);
    co_return std::unexpected(error);
  }
  if (!found) {
    co_return std::unexpected(
        co_await ErrorOfMissing(call, std::move(found.error()), *input.Bucket));
  }
  auto met = Check(ReadConditionsOf(input), found->etag, found->modified_at_ms);
  if (!met) co_return std::unexpected(WithTags(call, std::move(met.error()), *found));
  const auto view =
      ViewOf(input.Range, *found, input.PartNumber.has_value(), part.first, part.second);
  if (!view) co_return std::unexpected(view.error());
  gen::HeadObjectOutput output;
  Tell(output, call, *found, **bucket, *view, WantsChecksum(input));
  if (input.PartNumber && found->parts > 0) output.PartsCount = found->parts;
  Override(input, output);
  co_return output;
}

}  // namespace bedplate::services::s3
