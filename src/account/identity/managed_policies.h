// Managed policies and their versions.
//
// Each works on a draft (identity_store.h makes it true). Errors: those of errors.h.
// spec: IAM API reference; IAM user guide, "Versioning IAM policies"
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "account/identity/draft.h"
#include "base/result.h"

namespace bedplate::account {

struct NewPolicy {
  std::string name{};
  std::string path = "/";
  std::string document{};
  std::string description{};
  Tags tags{};
};
Result<ManagedPolicy> CreatePolicy(Draft& draft, const NewPolicy& made);
Result<void> DeletePolicy(Draft& draft, const std::string& arn);

// At most five of a policy.
Result<PolicyVersion> CreatePolicyVersion(Draft& draft, const std::string& arn,
                                          std::string document, bool as_default);
Result<void> DeletePolicyVersion(Draft& draft, const std::string& arn, std::string_view version);
Result<void> SetDefaultPolicyVersion(Draft& draft, const std::string& arn,
                                     std::string_view version);
// Never null.
Result<const PolicyVersion*> FindVersion(const ManagedPolicy& policy, std::string_view arn,
                                         std::string_view version);
std::string VersionId(const PolicyVersion& version);

// Who has a policy: names as they were given.
struct PolicyUses {
  std::vector<const User*> users{};
  std::vector<const Group*> groups{};
  std::vector<const Role*> roles{};
  std::vector<const User*> bounded_users{};
  std::vector<const Role*> bounded_roles{};

  size_t attached() const { return users.size() + groups.size() + roles.size(); }
  size_t bounding() const { return bounded_users.size() + bounded_roles.size(); }
};
PolicyUses FindUses(const AccountState& state, std::string_view arn);

}  // namespace bedplate::account
