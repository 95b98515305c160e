// What can be said of a bucket, beside its policy and versioning, and how it is kept: each setting
// a JSON document under its name.
//
// Plain values; reading and writing are pure. Errors: kInternal for a document that none of this
// server wrote.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace bedplate::account::objects {

using Tags = std::vector<std::pair<std::string, std::string>>;

namespace setting {
inline constexpr std::string_view kPolicy = "policy";
inline constexpr std::string_view kTags = "tags";
inline constexpr std::string_view kPublicAccessBlock = "public_access_block";
inline constexpr std::string_view kEncryption = "encryption";
inline constexpr std::string_view kCors = "cors";
inline constexpr std::string_view kLifecycle = "lifecycle";
inline constexpr std::string_view kOwnership = "ownership";
}  // namespace setting

struct PublicAccessBlock {
  bool block_public_acls = false;
  bool ignore_public_acls = false;
  bool block_public_policy = false;
  bool restrict_public_buckets = false;
};

// What objects are encrypted with whose puts say nothing of it.
struct BucketEncryption {
  bool kms = false;
  std::string kms_key{};  // empty with kms: the key that is AWS's own
  bool bucket_key = false;
};

struct CorsRule {
  std::string id{};
  std::vector<std::string> origins{};  // with at most one "*"
  std::vector<std::string> methods{};
  std::vector<std::string> headers{};  // likewise
  std::vector<std::string> expose{};
  int max_age_s = -1;  // -1: not said
};

struct LifecycleRule {
  std::string id{};
  bool enabled = true;
  bool has_filter = true;  // else the prefix stands in the rule itself, as it once did
  std::string prefix{};
  bool has_prefix = false;
  Tags tags{};
  bool has_and = false;            // the filter's parts stand in an And
  int64_t size_greater_than = -1;  // -1: not said
  int64_t size_less_than = -1;
  int expire_days = 0;          // 0: not said
  int64_t expire_at_s = 0;      // midnight UTC; 0: not said
  bool expire_markers = false;  // delete markers with nothing below them
  int noncurrent_days = 0;
  int noncurrent_kept = 0;  // of the newest noncurrent versions
  int abort_uploads_days = 0;
};

std::string ToJson(const Tags& tags);
std::string ToJson(const PublicAccessBlock& block);
std::string ToJson(const BucketEncryption& encryption);
std::string ToJson(const std::vector<CorsRule>& rules);
std::string ToJson(const std::vector<LifecycleRule>& rules);

Result<Tags> TagsOf(std::string_view json);
Result<PublicAccessBlock> PublicAccessBlockOf(std::string_view json);
Result<BucketEncryption> BucketEncryptionOf(std::string_view json);
Result<std::vector<CorsRule>> CorsRulesOf(std::string_view json);
Result<std::vector<LifecycleRule>> LifecycleRulesOf(std::string_view json);

}  // namespace bedplate::account::objects
