#include "account/objects/local_objects.h"

#include <algorithm>
#include <utility>

#include "account/objects/names.h"

namespace bedplate::account::objects {
namespace {

ObjectFacts FactsOf(const Version& version) {
  return {.size_bytes = static_cast<uint64_t>(version.size_bytes),
          .etag = version.etag,
          .modified_at_ms = version.modified_at_ms,
          .content_type = Attributes::Of(version.attributes).Header("content-type")};
}

class LocalSource final : public ObjectSource {
 public:
  explicit LocalSource(LocalStore::Opened opened)
      : opened_(std::move(opened)), facts_(FactsOf(opened_.version)) {}

  const ObjectFacts& facts() const override { return facts_; }
  Result<void> Read(std::string& out, size_t size_max) override {
    const size_t size = std::min<uint64_t>(size_max, facts_.size_bytes - offset_);
    if (size == 0) return {};
    if (auto read = opened_.content->Read(out, offset_, size); !read) return read;
    offset_ += size;
    return {};
  }

 private:
  LocalStore::Opened opened_;
  const ObjectFacts facts_;
  uint64_t offset_ = 0;
};

class LocalSink final : public ObjectSink {
 public:
  LocalSink(LocalStore& store, PutRequest request, std::unique_ptr<ContentWriter> content)
      : store_(store), request_(std::move(request)), content_(std::move(content)) {}

  Result<void> Append(std::string_view bytes) override { return content_->Append(bytes); }
  Result<void> Finish() override {
    if (auto done = content_->Finish({}); !done) return done;
    const auto written = store_.Put(std::move(request_), *content_);
    if (!written) return std::unexpected(written.error());
    return {};
  }

 private:
  LocalStore& store_;
  PutRequest request_;
  std::unique_ptr<ContentWriter> content_;
};

}  // namespace

Result<ObjectFacts> LocalObjects::Look(const std::string& bucket, const std::string& key) {
  const auto version = store_.FindObject(bucket, key, "");
  if (!version) return std::unexpected(version.error());
  return FactsOf(*version);
}

Result<std::unique_ptr<ObjectSource>> LocalObjects::Read(const std::string& bucket,
                                                         const std::string& key) {
  auto opened = store_.Open(bucket, key, "");
  if (!opened) return std::unexpected(std::move(opened.error()));
  return std::make_unique<LocalSource>(std::move(*opened));
}

Result<std::unique_ptr<ObjectSink>> LocalObjects::Write(const std::string& bucket,
                                                        const std::string& key,
                                                        const std::string& content_type) {
  const auto found = store_.buckets().Need(bucket);
  if (!found) return std::unexpected(found.error());
  if (auto ok = CheckKey(key); !ok) return std::unexpected(ok.error());
  PutRequest request{.bucket = bucket, .key = key};
  if (!content_type.empty()) request.attributes.headers["content-type"] = content_type;
  if (auto ok = CheckAttributes(request.attributes); !ok) return std::unexpected(ok.error());
  const Encryption encryption{.kms = (*found)->encryption.kms,
                              .kms_key = (*found)->encryption.kms_key};
  auto content = store_.Begin(bucket, key, encryption, Checksum::kCrc64Nvme);
  if (!content) return std::unexpected(std::move(content.error()));
  return std::make_unique<LocalSink>(store_, std::move(request), std::move(*content));
}

Result<ObjectPage> LocalObjects::List(const std::string& bucket, const std::string& prefix,
                                      const std::string& after, size_t most) {
  const auto listed = store_.List({.bucket = bucket,
                                   .prefix = prefix,
                                   .after = after,
                                   .most = std::clamp<size_t>(most, 1, kPageMax)},
                                  false);
  if (!listed) return std::unexpected(listed.error());
  ObjectPage page;
  for (const Version& version : listed->rows) {
    page.entries.push_back({.key = version.key,
                            .size_bytes = static_cast<uint64_t>(version.size_bytes),
                            .etag = version.etag,
                            .modified_at_ms = version.modified_at_ms});
  }
  page.more = listed->truncated;
  return page;
}

Result<void> LocalObjects::Delete(const std::string& bucket, const std::string& key) {
  const auto deleted = store_.Delete(bucket, key, "");
  if (!deleted) return std::unexpected(deleted.error());
  return {};
}

}  // namespace bedplate::account::objects
