// Users, roles, groups and policies as resources, with their tags; roles with their trust policies.
//
// Kinds: iam-user, iam-group, iam-role, iam-policy, iam-provider, iam-instance-profile; iam-trust
// is a role that is to be assumed, whose trust policy must allow.
//
// Threads: any; never blocks.
#pragma once

#include "account/authorization/resource_directory.h"
#include "account/identity/identity_store.h"

namespace bedplate::gateway {

class ResourceDirectories;

class IdentityDirectory final : public account::ResourceDirectory {
 public:
  // `store` outlives this.
  explicit IdentityDirectory(const account::IdentityStore& store) : store_(store) {}

  Result<Resources> Find(const account::ResourceName& name) const override;

  // Registers all kinds.
  void AddTo(ResourceDirectories& directories) const;

 private:
  const account::IdentityStore& store_;
};

}  // namespace bedplate::gateway
