// Entities as IAM tells them, and what requests say of them.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "account/identity/entities.h"
#include "account/identity/identity_store.h"
#include "iam/shapes/Group.h"
#include "iam/shapes/InstanceProfile.h"
#include "iam/shapes/Policy.h"
#include "iam/shapes/PolicyVersion.h"
#include "iam/shapes/Role.h"
#include "iam/shapes/StatusType.h"
#include "iam/shapes/Tag.h"
#include "iam/shapes/User.h"
#include "wire/types.h"

namespace bedplate::services::iam {

namespace gen = ::bedplate::gen::iam;

// IAM's times are of whole seconds. `ms`: since the Unix epoch.
wire::Timestamp TimeOf(int64_t ms);
// Policy documents are URL-encoded in answers.
std::string EncodeDocument(std::string_view json);

// How much is told: lists leave out tags, boundaries and last uses.
enum class Detail : uint8_t { kListed, kWhole };
gen::User ToWire(const account::AccountState& state, const account::User& user, Detail detail);
gen::Group ToWire(const account::AccountState& state, const account::Group& group);
// A role's trust policy, with the names of now of those whom it trusts.
std::string EncodeTrust(const account::Snapshot& world, const account::Role& role);
// `use` may be null.
gen::Role ToWire(const account::Snapshot& world, std::string_view account,
                 const account::Role& role, Detail detail, const account::LastUse* use = nullptr);
gen::Policy ToWire(const account::AccountState& state, const account::ManagedPolicy& policy,
                   Detail detail);
gen::InstanceProfile ToWire(const account::Snapshot& world, const account::AccountState& state,
                            const account::InstanceProfile& profile, Detail detail);
gen::PolicyVersion ToWire(const account::ManagedPolicy& policy,
                          const account::PolicyVersion& version, bool with_document);
std::vector<gen::Tag> ToWire(const account::Tags& tags);
gen::AttachedPermissionsBoundary BoundaryOf(const std::string& arn);

// InvalidInput for a key that stands twice.
Result<account::Tags> ToTags(const wire::Opt<std::vector<gen::Tag>>& tags);

inline wire::OpenEnum<gen::StatusType> StatusOf(bool active) {
  return active ? gen::StatusType::kActive : gen::StatusType::kInactive;
}
// Active or Inactive; ValidationError for "Expired", which only time sets.
Result<bool> IsActive(const wire::OpenEnum<gen::StatusType>& status);

// Whether a path begins as asked.
inline bool IsBelow(std::string_view path, const wire::Opt<std::string>& prefix) {
  return !prefix || path.starts_with(*prefix);
}

}  // namespace bedplate::services::iam
