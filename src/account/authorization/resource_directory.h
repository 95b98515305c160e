// Resources as authorization sees them, and who knows them. Each service has its own: the keys of
// KMS, the buckets of S3, the roles of IAM, the models of Bedrock.
//
// Threads: a directory is shared by all.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/policy/document.h"
#include "account/policy/request.h"
#include "base/result.h"

namespace bedplate::account {

struct Resource {
  std::string arn{};      // empty: as it was asked for
  std::string account{};  // 12 digits, who owns it; empty: nobody, the caller's counts
  std::shared_ptr<const policy::Document> policy{};
  // As policy::Policies::resource_must_allow.
  bool must_allow = false;
  // Whether it is only named as another resource may be ("the key of this ciphertext"): a caller of
  // another account isn't told its ARN.
  bool arn_hidden = false;
  // aws:ResourceTag/... and the service's own keys (kms:KeySpec).
  policy::Context context{};
  // What allows beside policies, unless one of them denies: a grant. May be empty.
  std::function<bool(const policy::Request&)> granted{};
  // What denies whatever policies allow: a bucket that is closed to the public. May be empty.
  std::function<bool(const policy::Request&)> blocked{};
  // The tags of one object of a bucket, as s3:ExistingObjectTag/...; nothing of one that is not
  // there. Asked only where a policy speaks of them, as it waits for the disk. May be empty.
  // `version` empty: the latest.
  std::function<Result<policy::Context>(std::string_view arn, std::string_view version)>
      object_tags{};
};

struct ResourceName {
  std::string_view kind{};  // "kms-key"
  std::string_view name{};  // "alias/a"
  std::string_view arn{};   // as the rule has it
  std::string_view action{};
  std::string_view account{};  // the caller's, of twelve digits; empty for nobody
  std::string_view region{};
};

class ResourceDirectory {
 public:
  using Resources = std::vector<Resource>;

  virtual ~ResourceDirectory() = default;

  // All that the name stands for: the caller must be allowed on each. Empty where there is none, or
  // where nothing is known of it beyond its ARN. Failures are of the looking up (kUnavailable).
  virtual Result<Resources> Find(const ResourceName& name) const = 0;
  // As Find, when it need not wait; nothing when it must.
  virtual std::optional<Result<Resources>> TryFind(const ResourceName& name) const {
    return Find(name);
  }
};

}  // namespace bedplate::account
