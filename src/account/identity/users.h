// Users and groups: made, changed, deleted; who is in which group; the keys of users.
//
// Each works on a draft (identity_store.h makes it true). Errors: those of errors.h.
// spec: IAM API reference
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "account/identity/draft.h"
#include "base/result.h"

namespace bedplate::account {

struct NewUser {
  std::string name{};
  std::string path = "/";
  std::string boundary{};  // an ARN, or empty
  Tags tags{};
};
Result<User> CreateUser(Draft& draft, const NewUser& made);

struct Renaming {
  std::optional<std::string> name{};
  std::optional<std::string> path{};
};
// Its groups, policies and keys stay its own.
Result<void> UpdateUser(Draft& draft, const std::string& name, const Renaming& to);
// Only of one that has nothing any more.
Result<void> DeleteUser(Draft& draft, const std::string& name);

Result<Group> CreateGroup(Draft& draft, const std::string& name, const std::string& path);
Result<void> UpdateGroup(Draft& draft, const std::string& name, const Renaming& to);
Result<void> DeleteGroup(Draft& draft, const std::string& name);
Result<void> AddUserToGroup(Draft& draft, const std::string& user, const std::string& group);
Result<void> RemoveUserFromGroup(Draft& draft, const std::string& user, const std::string& group);

// At most two of a user.
Result<LongTermKey> CreateAccessKey(Draft& draft, const std::string& user);
Result<void> SetAccessKeyActive(Draft& draft, const std::string& user, const std::string& id,
                                bool active);
Result<void> DeleteAccessKey(Draft& draft, const std::string& user, const std::string& id);

// A long-term key of Amazon Bedrock: what is kept, and the key itself, which is told once.
struct MadeCredential {
  ServiceCredential kept{};
  std::string key{};  // "ABSK..."
};
// `age_days`: nothing, it never expires.
Result<MadeCredential> CreateServiceCredential(Draft& draft, const std::string& user,
                                               const std::string& service,
                                               std::optional<int32_t> age_days);
// `user` may be empty: whose it is. `name` of the user is told back.
Result<std::pair<std::string, MadeCredential>> ResetServiceCredential(Draft& draft,
                                                                      const std::string& user,
                                                                      const std::string& id);
Result<void> SetServiceCredentialActive(Draft& draft, const std::string& user,
                                        const std::string& id, bool active);
Result<void> DeleteServiceCredential(Draft& draft, const std::string& user, const std::string& id);

inline constexpr std::string_view kBedrockServiceName = "bedrock.amazonaws.com";

}  // namespace bedplate::account
