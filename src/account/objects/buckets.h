// Buckets: all of them in memory, so that asking for one never blocks.
//
// A change is seen by whoever asks after the call that made it. Errors are S3's. Threads: any; the
// calls that change something block on the database.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "account/objects/bucket_settings.h"
#include "account/policy/document.h"
#include "base/clock.h"
#include "base/published.h"
#include "base/result.h"
#include "state/bucket_table.h"

namespace bedplate::account::objects {

struct Bucket {
  std::string account;  // that owns it
  std::string region;
  std::string name;
  int64_t created_at_ms = 0;
  std::string versioning;                                // "", "Enabled" or "Suspended"
  std::map<std::string, std::string, std::less<>> said;  // setting -> document

  // What of it others ask often, read.
  std::string policy_text;
  std::shared_ptr<const policy::Document> policy;  // null: none
  bool public_policy = false;
  PublicAccessBlock public_access_block;  // all false where there is none
  Tags tags;
  BucketEncryption encryption;
  std::vector<CorsRule> cors;
  std::vector<LifecycleRule> lifecycle;

  bool Has(std::string_view setting) const { return said.contains(setting); }
};
using BucketPtr = std::shared_ptr<const Bucket>;

class Buckets {
 public:
  static constexpr size_t kBucketsMax = 10'000;  // of an account, as S3 has it

  // `database` outlives this.
  static Result<std::unique_ptr<Buckets>> Open(state::Database& database, const Clock& clock);

  BucketPtr Find(std::string_view name) const;          // null when there is none
  Result<BucketPtr> Need(std::string_view name) const;  // NoSuchBucket
  // In order of their names.
  std::vector<BucketPtr> Of(std::string_view account) const;
  std::vector<BucketPtr> All() const;

  // BucketAlreadyOwnedByYou, BucketAlreadyExists, InvalidBucketName, TooManyBuckets. It blocks all
  // public access, as new buckets of S3 do.
  Result<void> Create(const std::string& account, const std::string& region,
                      const std::string& name, const Tags& tags);
  // BucketNotEmpty. What to remove from the disk, of uploads that ended with it.
  Result<state::FreedBlobs> Delete(const std::string& name);
  Result<void> SetVersioning(const std::string& name, const std::string& versioning);
  // An empty document takes the setting away. MalformedPolicy and AccessDenied for policies.
  Result<void> Say(const std::string& name, std::string_view setting, const std::string& document);

 private:
  using Map = std::unordered_map<std::string, BucketPtr>;
  Buckets(state::Database& database, const Clock& clock) : table_(database), clock_(clock) {}
  std::shared_ptr<const Map> Now() const { return map_.Get(); }

  state::BucketTable table_;
  const Clock& clock_;
  std::mutex changing_;
  Published<const Map> map_;
};

}  // namespace bedplate::account::objects
