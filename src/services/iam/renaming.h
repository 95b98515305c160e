// What a user or group is renamed to takes the permission too, not only what it is called.
//
// Threads: as wire::Permission::CheckHere.
// spec: IAM user guide, "Rename an IAM user", "Rename an IAM user group": permission on both the
// source and the target
#pragma once

#include <string>
#include <utility>

#include "account/identity/entities.h"
#include "account/identity/users.h"
#include "base/result.h"
#include "wire/call.h"
#include "wire/permits.h"

namespace bedplate::services::iam {

// Whether the caller may `action` ("iam:UpdateUser") what `name` becomes; its present name is asked
// for by the operation's rule. The target is the same entity, so it is asked for with its tags and
// boundary. One that isn't there is left to the change, which says so.
template <class Entity>
Result<void> CheckTarget(const wire::Call& call, const account::AccountState& state,
                         std::string action, const std::string& name, const account::Renaming& to) {
  if (call.permission == nullptr) return {};
  const auto found = account::Find<Entity>(state, name);
  if (!found) return {};
  Entity target = **found;
  target.name = to.name.value_or(target.name);
  target.path = to.path.value_or(target.path);
  wire::Ask ask{.action = std::move(action), .arn = account::ArnOf(state.account, target)};
  if (ask.arn == account::ArnOf(state.account, **found)) return {};
  if constexpr (requires { target.tags; }) {
    for (const auto& [key, value] : target.tags) {
      ask.context.push_back({"aws:ResourceTag/" + key, {value}});
      ask.context.push_back({"iam:ResourceTag/" + key, {value}});
    }
    if (!target.boundary.empty()) {
      ask.context.push_back({"iam:PermissionsBoundary", {target.boundary}});
    }
  }
  return call.permission->CheckHere(ask);
}

}  // namespace bedplate::services::iam
