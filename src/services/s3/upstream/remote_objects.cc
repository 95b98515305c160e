#include "services/s3/upstream/remote_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "account/objects/s3_error.h"
#include "services/s3/upstream/answers.h"
#include "services/s3/upstream/remote_upload.h"
#include "wire/sigv4/uri_encode.h"

namespace bedplate::services::s3 {
namespace {

using account::objects::ObjectFacts;
using account::objects::ObjectPage;
using account::objects::ObjectSink;
using account::objects::ObjectSource;

constexpr int kRangeNotSatisfiable = 416;

void AppendParameter(std::string& query, std::string_view name, std::string_view value) {
  query.append("&").append(name).append("=");
  wire::sigv4::AppendEncoded(query, value, wire::sigv4::Slash::kEncode);
}

// An object in pieces, each a request for a range of it.
class RemoteSource final : public ObjectSource {
 public:
  RemoteSource(SignedClient& client, std::string bucket, std::string key, size_t piece_bytes)
      : client_(client),
        bucket_(std::move(bucket)),
        key_(std::move(key)),
        piece_bytes_(piece_bytes) {}

  // The first piece, and with it the facts.
  Result<void> Begin() {
    auto answer = Ask(0);
    if (!answer && answer.error().status == kRangeNotSatisfiable) return BeginEmpty();
    if (!answer) return std::unexpected(std::move(answer.error()));
    return Take(std::move(*answer));
  }

  const ObjectFacts& facts() const override { return facts_; }

  Result<void> Read(std::string& out, size_t size_max) override {
    if (given_ == piece_.size() && offset_ < facts_.size_bytes) {
      auto answer = Ask(offset_);
      if (!answer) return std::unexpected(std::move(answer.error()));
      if (auto took = Take(std::move(*answer)); !took) return took;
    }
    const std::string_view next = std::string_view(piece_).substr(given_, size_max);
    out.append(next);
    given_ += next.size();
    return {};
  }

 private:
  Result<UpstreamAnswer> Ask(uint64_t from) {
    UpstreamRequest request{.bucket = bucket_, .key = key_, .answer_bytes_max = piece_bytes_};
    request.headers.emplace_back("range",
                                 fmt::format("bytes={}-{}", from, from + piece_bytes_ - 1));
    if (from > 0) request.headers.emplace_back("if-match", '"' + facts_.etag + '"');
    return client_.Send(request);
  }

  // No range of an object without bytes can be had.
  Result<void> BeginEmpty() {
    auto answer = client_.Send({.method = "HEAD", .bucket = bucket_, .key = key_});
    if (!answer) return std::unexpected(std::move(answer.error()));
    auto facts = FactsOfHead(answer->headers);
    if (!facts) return std::unexpected(std::move(facts.error()));
    if (facts->size_bytes != 0) return Changed();
    facts_ = std::move(*facts);
    return {};
  }

  Result<void> Take(UpstreamAnswer answer) {
    auto facts = FactsOfHead(answer.headers);
    if (!facts) return std::unexpected(std::move(facts.error()));
    if (offset_ == 0) facts_ = std::move(*facts);
    const uint64_t expected = std::min<uint64_t>(piece_bytes_, facts_.size_bytes - offset_);
    if (facts->size_bytes != facts_.size_bytes || answer.body.size() != expected) return Changed();
    piece_ = std::move(answer.body);
    offset_ += piece_.size();
    given_ = 0;
    return {};
  }

  Result<void> Changed() const {
    return Fail(Fault::kConflict, fmt::format("The object '{}' changed while it was read", key_));
  }

  SignedClient& client_;
  const std::string bucket_;
  const std::string key_;
  const size_t piece_bytes_;
  ObjectFacts facts_;
  std::string piece_;
  size_t given_ = 0;     // of the piece
  uint64_t offset_ = 0;  // behind the piece
};

}  // namespace

Result<ObjectFacts> RemoteObjects::Look(const std::string& bucket, const std::string& key) {
  auto answer = client_->Send({.method = "HEAD", .bucket = bucket, .key = key});
  if (answer) return FactsOfHead(answer->headers);
  // An answer to HEAD has no body that would name it.
  if (answer.error().status == 404 && answer.error().type.empty()) {
    return account::objects::NoSuchKey(key);
  }
  return std::unexpected(std::move(answer.error()));
}

Result<std::unique_ptr<ObjectSource>> RemoteObjects::Read(const std::string& bucket,
                                                          const std::string& key) {
  auto source = std::make_unique<RemoteSource>(*client_, bucket, key, piece_bytes_);
  if (auto begun = source->Begin(); !begun) return std::unexpected(std::move(begun.error()));
  return source;
}

Result<std::unique_ptr<ObjectSink>> RemoteObjects::Write(const std::string& bucket,
                                                         const std::string& key,
                                                         const std::string& content_type) {
  return std::make_unique<RemoteUpload>(*client_, bucket, key, content_type, piece_bytes_);
}

Result<ObjectPage> RemoteObjects::List(const std::string& bucket, const std::string& prefix,
                                       const std::string& after, size_t most) {
  std::string query =
      fmt::format("encoding-type=url&list-type=2&max-keys={}",
                  std::clamp<size_t>(most, 1, account::objects::ObjectStore::kPageMax));
  if (!prefix.empty()) AppendParameter(query, "prefix", prefix);
  if (!after.empty()) AppendParameter(query, "start-after", after);
  auto answer = client_->Send({.bucket = bucket, .query = std::move(query)});
  if (!answer) return std::unexpected(std::move(answer.error()));
  return PageOf(answer->body);
}

Result<void> RemoteObjects::Delete(const std::string& bucket, const std::string& key) {
  auto answer = client_->Send({.method = "DELETE", .bucket = bucket, .key = key});
  if (answer || answer.error().type == "NoSuchKey") return {};
  return std::unexpected(std::move(answer.error()));
}

}  // namespace bedplate::services::s3
