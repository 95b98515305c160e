// What users, groups and roles hold: managed policies that are attached, policies inside them,
// boundaries.
//
// Each works on a draft (identity_store.h makes it true), for User, Group and Role. Errors: those
// of errors.h.
// spec: IAM API reference; IAM user guide, "IAM and AWS STS quotas"
#pragma once

#include <string>

#include "account/identity/draft.h"
#include "account/identity/names.h"
#include "base/result.h"

namespace bedplate::account {

// The entity of a name, to be changed; of roles those that belong to no service.
template <class Entity>
Result<Entity*> EditHolder(Draft& draft, const std::string& name) {
  if constexpr (std::is_same_v<Entity, Role>) return EditOwnRole(draft, name);
  return Edit<Entity>(draft, name);
}

// How much of inline policies an entity can hold, together and without white space.
template <class Entity>
constexpr size_t InlineSizeMax() {
  if constexpr (std::is_same_v<Entity, User>) return 2'048;
  if constexpr (std::is_same_v<Entity, Group>) return 5'120;
  return 10'240;
}

Result<void> AttachTo(Holder& holder, const AccountState& state, const std::string& arn,
                      std::string_view word);
Result<void> DetachFrom(Holder& holder, const std::string& arn);
Result<void> PutInlineIn(Holder& holder, const std::string& name, std::string document,
                         size_t size_max, std::string_view word);
Result<void> DeleteInlineFrom(Holder& holder, const std::string& name, std::string_view word);
// Never null.
Result<const PolicyText*> FindInline(const Holder& holder, const std::string& name,
                                     std::string_view word);

template <class Entity>
Result<void> AttachPolicy(Draft& draft, const std::string& name, const std::string& arn) {
  auto holder = EditHolder<Entity>(draft, name);
  if (!holder) return std::unexpected(std::move(holder.error()));
  return AttachTo(**holder, draft.state(), arn, WordFor<Entity>());
}

template <class Entity>
Result<void> DetachPolicy(Draft& draft, const std::string& name, const std::string& arn) {
  auto holder = EditHolder<Entity>(draft, name);
  if (!holder) return std::unexpected(std::move(holder.error()));
  return DetachFrom(**holder, arn);
}

template <class Entity>
Result<void> PutInline(Draft& draft, const std::string& name, const std::string& policy,
                       std::string document) {
  auto holder = EditHolder<Entity>(draft, name);
  if (!holder) return std::unexpected(std::move(holder.error()));
  return PutInlineIn(**holder, policy, std::move(document), InlineSizeMax<Entity>(),
                     WordFor<Entity>());
}

template <class Entity>
Result<void> DeleteInline(Draft& draft, const std::string& name, const std::string& policy) {
  auto holder = EditHolder<Entity>(draft, name);
  if (!holder) return std::unexpected(std::move(holder.error()));
  return DeleteInlineFrom(**holder, policy, WordFor<Entity>());
}

template <class Entity>
Result<void> PutBoundary(Draft& draft, const std::string& name, const std::string& arn) {
  auto holder = EditHolder<Entity>(draft, name);
  if (!holder) return std::unexpected(std::move(holder.error()));
  if (auto there = CheckBoundary(draft.state(), arn); !there) return there;
  (*holder)->boundary = arn;
  return {};
}

template <class Entity>
Result<void> DeleteBoundary(Draft& draft, const std::string& name) {
  auto holder = EditHolder<Entity>(draft, name);
  if (!holder) return std::unexpected(std::move(holder.error()));
  if ((*holder)->boundary.empty()) {
    return NoSuchEntity(
        fmt::format("The permissions boundary of {} {} cannot be found.", WordFor<Entity>(), name));
  }
  (*holder)->boundary.clear();
  return {};
}

}  // namespace bedplate::account
