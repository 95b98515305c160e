#include "account/objects/buckets.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "account/objects/names.h"
#include "account/objects/public_policy.h"
#include "account/objects/s3_error.h"

namespace bedplate::account::objects {
namespace {

constexpr size_t kPolicyBytesMax = 20'480;

int64_t MillisecondsOf(WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// Settings that cannot be read are a bug of ours or a damaged row: they are left as unsaid.
template <class T>
T Or(Result<T> read, T otherwise) {
  return read ? std::move(*read) : std::move(otherwise);
}

void ReadSettings(Bucket& bucket) {
  const auto document = [&](std::string_view name) -> const std::string& {
    static const std::string kNothing;
    const auto found = bucket.said.find(name);
    return found == bucket.said.end() ? kNothing : found->second;
  };
  bucket.policy_text = document(setting::kPolicy);
  bucket.policy.reset();
  bucket.public_policy = false;
  if (!bucket.policy_text.empty()) {
    if (auto policy = policy::ReadDocument(bucket.policy_text, policy::Kind::kResource)) {
      bucket.public_policy = IsPublic(*policy);
      bucket.policy = std::make_shared<const policy::Document>(std::move(*policy));
    }
  }
  bucket.tags = Or(TagsOf(document(setting::kTags)), {});
  bucket.public_access_block = Or(PublicAccessBlockOf(document(setting::kPublicAccessBlock)), {});
  bucket.encryption = Or(BucketEncryptionOf(document(setting::kEncryption)), {});
  bucket.cors = Or(CorsRulesOf(document(setting::kCors)), {});
  bucket.lifecycle = Or(LifecycleRulesOf(document(setting::kLifecycle)), {});
}

Result<void> CheckPolicy(const Bucket& bucket, const std::string& text) {
  if (text.size() > kPolicyBytesMax) {
    return S3Fail(
        "PolicyTooLarge", 400,
        fmt::format("The policy has {} bytes, and {} are the most.", text.size(), kPolicyBytesMax));
  }
  const auto document = policy::ReadDocument(text, policy::Kind::kResource);
  if (!document) return S3Fail("MalformedPolicy", 400, document.error().message);
  const std::string arn = "arn:aws:s3:::" + bucket.name;
  for (const policy::Statement& statement : document->statements) {
    for (const policy::Pattern& resource : statement.resources) {
      const std::string& named = resource.text();
      if (named != arn && !named.starts_with(arn + "/") && !named.starts_with(arn + "*")) {
        return S3Fail("MalformedPolicy", 400,
                      fmt::format("Policy has invalid resource: '{}' is not of the bucket '{}'.",
                                  named, bucket.name));
      }
    }
  }
  if (bucket.public_access_block.block_public_policy && IsPublic(*document)) {
    return S3Fail("AccessDenied", 403,
                  "The policy allows public access, which the BlockPublicPolicy setting of the "
                  "bucket's public access block prevents.");
  }
  return {};
}

bool ByName(const BucketPtr& a, const BucketPtr& b) { return a->name < b->name; }

}  // namespace

Result<std::unique_ptr<Buckets>> Buckets::Open(state::Database& database, const Clock& clock) {
  std::unique_ptr<Buckets> buckets(new Buckets(database, clock));
  auto rows = buckets->table_.All();
  if (!rows) return std::unexpected(std::move(rows.error()));
  auto settings = buckets->table_.AllSettings();
  if (!settings) return std::unexpected(std::move(settings.error()));
  std::unordered_map<std::string, Bucket> read;
  for (state::BucketRow& row : *rows) {
    Bucket& bucket = read[row.bucket];
    bucket.account = std::move(row.account);
    bucket.region = std::move(row.region);
    bucket.name = row.bucket;
    bucket.created_at_ms = row.created_at_ms;
    bucket.versioning = std::move(row.versioning);
  }
  for (state::BucketSettingRow& row : *settings) {
    read[row.bucket].said[row.setting] = std::move(row.document);
  }
  auto map = std::make_shared<Map>();
  for (auto& [name, bucket] : read) {
    ReadSettings(bucket);
    map->emplace(name, std::make_shared<const Bucket>(std::move(bucket)));
  }
  buckets->map_.Set(std::move(map));
  return buckets;
}

BucketPtr Buckets::Find(std::string_view name) const {
  const auto map = Now();
  const auto found = map->find(std::string(name));
  return found == map->end() ? nullptr : found->second;
}

Result<BucketPtr> Buckets::Need(std::string_view name) const {
  if (auto bucket = Find(name)) return bucket;
  return NoSuchBucket(name);
}

std::vector<BucketPtr> Buckets::Of(std::string_view account) const {
  std::vector<BucketPtr> found;
  for (const auto& [name, bucket] : *Now()) {
    if (bucket->account == account) found.push_back(bucket);
  }
  std::ranges::sort(found, ByName);
  return found;
}

std::vector<BucketPtr> Buckets::All() const {
  std::vector<BucketPtr> found;
  for (const auto& [name, bucket] : *Now()) found.push_back(bucket);
  std::ranges::sort(found, ByName);
  return found;
}

Result<void> Buckets::Create(const std::string& account, const std::string& region,
                             const std::string& name, const Tags& tags) {
  if (auto ok = CheckBucketName(name); !ok) return ok;
  if (auto ok = CheckTags(tags, kBucketTagsMax); !ok) return ok;
  const std::lock_guard lock(changing_);
  if (const auto there = Find(name)) {
    if (there->account == account) {
      return S3Fail("BucketAlreadyOwnedByYou", 409,
                    "Your previous request to create the named bucket succeeded and you already "
                    "own it.");
    }
    return S3Fail("BucketAlreadyExists", 409,
                  fmt::format("The requested bucket name '{}' is not available. Please select a "
                              "different name and try again.",
                              name));
  }
  Bucket bucket;
  bucket.account = account;
  bucket.region = region;
  bucket.name = name;
  bucket.created_at_ms = MillisecondsOf(clock_.Now());
  bucket.said[std::string(setting::kPublicAccessBlock)] =
      ToJson(PublicAccessBlock{.block_public_acls = true,
                               .ignore_public_acls = true,
                               .block_public_policy = true,
                               .restrict_public_buckets = true});
  if (!tags.empty()) bucket.said[std::string(setting::kTags)] = ToJson(tags);
  auto made = table_.Insert({.account = account,
                             .region = region,
                             .bucket = name,
                             .created_at_ms = bucket.created_at_ms,
                             .versioning = {}},
                            kBucketsMax);
  for (const auto& [what, document] : bucket.said) {
    if (made) made = table_.PutSetting({.bucket = name, .setting = what, .document = document});
  }
  if (!made && made.error().fault == Fault::kQuota) {
    return S3Fail("TooManyBuckets", 400,
                  fmt::format("You have attempted to create more buckets than allowed: {}",
                              made.error().message));
  }
  if (!made) return made;
  ReadSettings(bucket);
  auto map = std::make_shared<Map>(*Now());
  (*map)[name] = std::make_shared<const Bucket>(std::move(bucket));
  map_.Set(std::move(map));
  return {};
}

Result<state::FreedBlobs> Buckets::Delete(const std::string& name) {
  const std::lock_guard lock(changing_);
  if (!Find(name)) return NoSuchBucket(name);
  auto freed = table_.Delete(name);
  if (!freed && freed.error().fault == Fault::kConflict) {
    return S3Fail("BucketNotEmpty", 409,
                  fmt::format("The bucket '{}' you tried to delete is not empty. You must delete "
                              "all versions in the bucket.",
                              name));
  }
  if (!freed) return freed;
  auto map = std::make_shared<Map>(*Now());
  map->erase(name);
  map_.Set(std::move(map));
  return freed;
}

Result<void> Buckets::SetVersioning(const std::string& name, const std::string& versioning) {
  const std::lock_guard lock(changing_);
  const auto there = Find(name);
  if (!there) return NoSuchBucket(name);
  if (auto set = table_.SetVersioning(name, versioning); !set) return set;
  Bucket bucket = *there;
  bucket.versioning = versioning;
  auto map = std::make_shared<Map>(*Now());
  (*map)[name] = std::make_shared<const Bucket>(std::move(bucket));
  map_.Set(std::move(map));
  return {};
}

Result<void> Buckets::Say(const std::string& name, std::string_view what,
                          const std::string& document) {
  const std::lock_guard lock(changing_);
  const auto there = Find(name);
  if (!there) return NoSuchBucket(name);
  if (what == setting::kPolicy && !document.empty()) {
    if (auto ok = CheckPolicy(*there, document); !ok) return ok;
  }
  auto put =
      table_.PutSetting({.bucket = name, .setting = std::string(what), .document = document});
  if (!put) return put;
  Bucket bucket = *there;
  if (document.empty()) {
    bucket.said.erase(std::string(what));
  } else {
    bucket.said[std::string(what)] = document;
  }
  ReadSettings(bucket);
  auto map = std::make_shared<Map>(*Now());
  (*map)[name] = std::make_shared<const Bucket>(std::move(bucket));
  map_.Set(std::move(map));
  return {};
}

}  // namespace bedplate::account::objects
