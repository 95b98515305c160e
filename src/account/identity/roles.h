// Roles: made, changed, deleted; those that belong to services; instance profiles.
//
// Each works on a draft (identity_store.h makes it true). Errors: those of errors.h.
// spec: IAM API reference; IAM user guide, "Create a service-linked role"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "account/identity/draft.h"
#include "base/result.h"

namespace bedplate::account {

struct NewRole {
  std::string name{};
  std::string path = "/";
  std::string trust{};  // the document
  std::string description{};
  int32_t max_session_s = 3600;
  std::string boundary{};  // an ARN, or empty
  Tags tags{};
};
Result<Role> CreateRole(Draft& draft, const NewRole& made);

struct RoleChange {
  std::optional<std::string> description{};
  std::optional<int32_t> max_session_s{};
};
Result<void> UpdateRole(Draft& draft, const std::string& name, const RoleChange& change);
Result<Role> UpdateRoleDescription(Draft& draft, const std::string& name,
                                   const std::string& description);
Result<void> UpdateTrust(Draft& draft, const std::string& name, std::string document);
// Only of one that has nothing any more, and no service's.
Result<void> DeleteRole(Draft& draft, const std::string& name);

// "bedrock.amazonaws.com": AWSServiceRoleForBedrock, which the service alone may assume.
Result<Role> CreateServiceLinkedRole(Draft& draft, const std::string& service,
                                     const std::string& description, const std::string& suffix);
// Deletes it at once; the id of a task that says so, also after a restart.
Result<std::string> DeleteServiceLinkedRole(Draft& draft, const std::string& name);
// Whether the id is one of a deletion in the account; NoSuchEntity otherwise.
Result<void> CheckDeletionTask(const AccountState& state, std::string_view task);

Result<InstanceProfile> CreateInstanceProfile(Draft& draft, const std::string& name,
                                              const std::string& path, const Tags& tags);
Result<void> DeleteInstanceProfile(Draft& draft, const std::string& name);
// A profile has one role.
Result<void> AddRoleToProfile(Draft& draft, const std::string& profile, const std::string& role);
Result<void> RemoveRoleFromProfile(Draft& draft, const std::string& profile,
                                   const std::string& role);

}  // namespace bedplate::account
