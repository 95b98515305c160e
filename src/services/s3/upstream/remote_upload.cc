#include "services/s3/upstream/remote_upload.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "services/s3/upstream/answers.h"
#include "services/s3/upstream/remote_objects.h"
#include "wire/sigv4/uri_encode.h"

namespace bedplate::services::s3 {
namespace {

// spec: docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
constexpr size_t kPartsMax = 10'000;
constexpr size_t kPartsOfASize = 1'000;

}  // namespace

RemoteUpload::~RemoteUpload() {
  if (upload_id_.empty()) return;
  const auto gone = client_.Send(RequestFor("DELETE", "uploadId=" + upload_id_));
  if (gone || gone.error().status == 404) return;
  log::Warning("objects", "an upload that was given up stays at the S3 server",
               {{"bucket", bucket_}, {"reason", gone.error().message}});
}

size_t RemoteUpload::PartBytes() const {
  const size_t doublings = std::min<size_t>(etags_.size() / kPartsOfASize, 8);
  return std::min(piece_bytes_ << doublings, std::max(piece_bytes_, RemoteObjects::kPieceBytesMax));
}

UpstreamRequest RemoteUpload::RequestFor(std::string method, std::string query) const {
  return {.method = std::move(method), .bucket = bucket_, .key = key_, .query = std::move(query)};
}

Result<void> RemoteUpload::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    // A full part goes when more comes: the object may be that part alone.
    if (part_.size() >= PartBytes()) {
      if (auto put = PutPart(); !put) return put;
    }
    const size_t taken = std::min(bytes.size(), PartBytes() - part_.size());
    part_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
  }
  return {};
}

Result<void> RemoteUpload::Finish() {
  if (upload_id_.empty()) return PutWhole();
  if (auto put = PutPart(); !put) return put;
  if (auto done = Complete(); !done) return done;
  upload_id_.clear();
  return {};
}

Result<void> RemoteUpload::PutWhole() {
  UpstreamRequest request = RequestFor("PUT", "");
  if (!content_type_.empty()) request.headers.emplace_back("content-type", content_type_);
  request.body = std::move(part_);
  auto answer = client_.Send(request);
  if (!answer) return std::unexpected(std::move(answer.error()));
  return {};
}

Result<void> RemoteUpload::Start() {
  UpstreamRequest request = RequestFor("POST", "uploads=");
  if (!content_type_.empty()) request.headers.emplace_back("content-type", content_type_);
  const auto answer = client_.Send(request);
  if (!answer) return std::unexpected(answer.error());
  const auto id = UploadIdOf(answer->body);
  if (!id) return std::unexpected(id.error());
  wire::sigv4::AppendEncoded(upload_id_, *id, wire::sigv4::Slash::kEncode);
  return {};
}

Result<void> RemoteUpload::PutPart() {
  if (upload_id_.empty()) {
    if (auto started = Start(); !started) return started;
  }
  if (etags_.size() == kPartsMax) {
    return Fail(Fault::kValidation,
                fmt::format("The object '{}' is too large: S3 takes {} parts", key_, kPartsMax));
  }
  UpstreamRequest request =
      RequestFor("PUT", fmt::format("partNumber={}&uploadId={}", etags_.size() + 1, upload_id_));
  const size_t size = part_.size();
  request.body = std::move(part_);
  const auto answer = client_.Send(request);
  if (!answer) return std::unexpected(answer.error());
  const auto etag = answer->headers.Find("etag");
  if (!etag) return Fail(Fault::kUnavailable, "The S3 server gave a part no ETag");
  etags_.push_back(WithoutQuotes(*etag));
  put_bytes_ += size;
  // Its memory is used again.
  part_ = std::move(request.body);
  part_.clear();
  return {};
}

Result<void> RemoteUpload::Complete() {
  UpstreamRequest request = RequestFor("POST", "uploadId=" + upload_id_);
  request.headers.emplace_back("content-type", "application/xml");
  request.body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (size_t i = 0; i < etags_.size(); ++i) {
    request.body +=
        fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1, etags_[i]);
  }
  request.body += "</CompleteMultipartUpload>";
  auto answer = client_.Send(request);
  if (!answer) return CheckDone(answer.error());
  return CheckCompleted(answer->body, client_.url());
}

// An earlier attempt may have completed it without our hearing of it.
Result<void> RemoteUpload::CheckDone(const Error& error) {
  if (error.type != "NoSuchUpload") return std::unexpected(error);
  const auto answer = client_.Send({.method = "HEAD", .bucket = bucket_, .key = key_});
  const auto facts = answer ? FactsOfHead(answer->headers) : std::unexpected(answer.error());
  if (facts && facts->size_bytes == put_bytes_ &&
      facts->etag.ends_with(fmt::format("-{}", etags_.size()))) {
    return {};
  }
  return std::unexpected(error);
}

}  // namespace bedplate::services::s3
