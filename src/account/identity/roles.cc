#include "account/identity/roles.h"

#include <algorithm>

#include "account/identity/names.h"
#include "base/ids.h"

namespace bedplate::account {
namespace {

constexpr size_t kRolesMax = 1'000;
constexpr std::string_view kServiceRolePath = "/aws-service-role/";
constexpr std::string_view kServiceDomain = ".amazonaws.com";

// "bedrock.amazonaws.com" is Bedrock, "agents.bedrock.amazonaws.com" AgentsBedrock.
std::string ServiceName(std::string_view service) {
  std::string name;
  bool first = true;
  for (const char c : service.substr(0, service.size() - kServiceDomain.size())) {
    if (c == '.' || c == '-') {
      first = true;
    } else {
      name += first && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      first = false;
    }
  }
  return name;
}

Result<void> CheckSession(int32_t seconds) {
  constexpr int32_t kMin = 3600;
  constexpr int32_t kMax = 43'200;
  if (seconds >= kMin && seconds <= kMax) return {};
  return ValidationError(fmt::format(
      "1 validation error detected: Value '{}' at 'maxSessionDuration' failed to satisfy "
      "constraint: Member must have value between {} and {}",
      seconds, kMin, kMax));
}

Result<void> CheckGone(const AccountState& state, const Role& role) {
  if (!role.inline_policies.empty()) {
    return DeleteConflict("Cannot delete entity, must delete policies first.");
  }
  if (!role.attached.empty()) {
    return DeleteConflict("Cannot delete entity, must detach all policies first.");
  }
  const std::string key = KeyOf(role);
  const bool in_profile = std::ranges::any_of(
      state.profiles, [&](const auto& profile) { return profile.second->role == key; });
  if (!in_profile) return {};
  return DeleteConflict("Cannot delete entity, must remove roles from instance profile first.");
}

}  // namespace

Result<Role> CreateRole(Draft& draft, const NewRole& made) {
  const AccountState& state = draft.state();
  if (made.path.starts_with(kServiceRolePath)) {
    return ValidationError(
        fmt::format("The path {} is for roles that belong to services.", made.path));
  }
  if (auto free = CheckFree<Role>(state, made.name); !free) return std::unexpected(free.error());
  if (auto room = CheckQuota(state.roles.size(), kRolesMax, "RolesPerAccount"); !room) {
    return std::unexpected(room.error());
  }
  if (auto fits = CheckSession(made.max_session_s); !fits) return std::unexpected(fits.error());
  if (!made.boundary.empty()) {
    if (auto there = CheckBoundary(state, made.boundary); !there) {
      return std::unexpected(there.error());
    }
  }
  Role role;
  if (auto tagged = AddTags(role.tags, made.tags); !tagged) return std::unexpected(tagged.error());
  auto trust = ReadTrust(draft, made.trust);
  if (!trust) return std::unexpected(std::move(trust.error()));
  role.name = made.name;
  role.path = made.path;
  role.id = NewUniqueId("AROA");
  role.created_at_ms = draft.now_ms();
  role.boundary = made.boundary;
  role.trust = std::move(*trust);
  role.description = made.description;
  role.max_session_s = made.max_session_s;
  return draft.Put(std::move(role));
}

Result<void> UpdateRole(Draft& draft, const std::string& name, const RoleChange& change) {
  auto role = EditOwnRole(draft, name);
  if (!role) return std::unexpected(std::move(role.error()));
  if (change.max_session_s) {
    if (auto fits = CheckSession(*change.max_session_s); !fits) return fits;
    (*role)->max_session_s = *change.max_session_s;
  }
  if (change.description) (*role)->description = *change.description;
  return {};
}

Result<Role> UpdateRoleDescription(Draft& draft, const std::string& name,
                                   const std::string& description) {
  // A service's too: this is all of it that customers may change.
  auto role = Edit<Role>(draft, name);
  if (!role) return std::unexpected(std::move(role.error()));
  (*role)->description = description;
  return **role;
}

Result<void> UpdateTrust(Draft& draft, const std::string& name, std::string document) {
  auto trust = ReadTrust(draft, std::move(document));
  auto role = EditOwnRole(draft, name);
  if (!role) return std::unexpected(std::move(role.error()));
  if (!trust) return std::unexpected(std::move(trust.error()));
  (*role)->trust = std::move(*trust);
  return {};
}

Result<void> DeleteRole(Draft& draft, const std::string& name) {
  auto role = EditOwnRole(draft, name);
  if (!role) return std::unexpected(std::move(role.error()));
  if (auto gone = CheckGone(draft.state(), **role); !gone) return gone;
  draft.Erase<Role>(NameKey(name));
  return {};
}

Result<Role> CreateServiceLinkedRole(Draft& draft, const std::string& service,
                                     const std::string& description, const std::string& suffix) {
  const bool known = service == "bedrock.amazonaws.com" ||
                     (service.ends_with(kServiceDomain) && service.contains("bedrock"));
  if (!known) {
    return InvalidInput(fmt::format(
        "The service {} has no service-linked role here; Amazon Bedrock has.", service));
  }
  Role role;
  role.name = "AWSServiceRoleFor" + ServiceName(service);
  if (!suffix.empty()) role.name += "_" + suffix;
  if (FindIn(draft.state().roles, KeyOf(role)) != nullptr) {
    return InvalidInput(fmt::format(
        "Service role name {} has been taken in this account, please try a different suffix.",
        role.name));
  }
  role.path = fmt::format("{}{}/", kServiceRolePath, service);
  role.id = NewUniqueId("AROA");
  role.created_at_ms = draft.now_ms();
  role.description = description;
  auto trust = ReadTrust(
      draft, fmt::format(R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",)"
                         R"("Principal":{{"Service":"{}"}},"Action":"sts:AssumeRole"}}]}})",
                         service));
  if (!trust) return InvalidInput(fmt::format("{} is no service's name.", service));
  role.trust = std::move(*trust);
  return draft.Put(std::move(role));
}

Result<std::string> DeleteServiceLinkedRole(Draft& draft, const std::string& name) {
  const auto role = Find<Role>(draft.state(), name);
  if (!role) return std::unexpected(role.error());
  const Role found = **role;
  if (!IsServiceLinked(found)) return NoSuchName<Role>(name);
  draft.Erase<Role>(KeyOf(found));
  return fmt::format("task{}{}/{}", found.path, found.name, NewUuid());
}

Result<void> CheckDeletionTask(const AccountState& state, std::string_view task) {
  // A deletion is done when its task's id is told: what the id must name is a role that is gone.
  constexpr std::string_view kHead = "task/aws-service-role/";
  constexpr size_t kUuidSize = 36;
  const size_t last = task.rfind('/');
  const bool formed = task.starts_with(kHead) && last != std::string_view::npos &&
                      last > kHead.size() && task.size() - last - 1 == kUuidSize;
  if (formed) {
    const std::string_view before = task.substr(0, last);
    const std::string_view name = before.substr(before.rfind('/') + 1);
    const bool named = name.starts_with("AWSServiceRoleFor");
    if (named && FindIn(state.roles, NameKey(name)) == nullptr) return {};
  }
  return NoSuchEntity(fmt::format("The deletion task {} cannot be found.", task));
}

Result<InstanceProfile> CreateInstanceProfile(Draft& draft, const std::string& name,
                                              const std::string& path, const Tags& tags) {
  constexpr size_t kProfilesMax = 1'000;
  if (FindIn(draft.state().profiles, NameKey(name)) != nullptr) {
    return EntityAlreadyExists(fmt::format("Instance Profile {} already exists.", name));
  }
  if (auto room =
          CheckQuota(draft.state().profiles.size(), kProfilesMax, "InstanceProfilesPerAccount");
      !room) {
    return std::unexpected(room.error());
  }
  InstanceProfile profile{
      .name = name, .path = path, .id = NewUniqueId("AIPA"), .created_at_ms = draft.now_ms()};
  if (auto tagged = AddTags(profile.tags, tags); !tagged) return std::unexpected(tagged.error());
  return draft.Put(std::move(profile));
}

Result<void> DeleteInstanceProfile(Draft& draft, const std::string& name) {
  const auto profile = Find<InstanceProfile>(draft.state(), name);
  if (!profile) return std::unexpected(profile.error());
  if (!(*profile)->role.empty()) {
    return DeleteConflict("Cannot delete entity, must remove roles from instance profile first.");
  }
  draft.Erase<InstanceProfile>(NameKey(name));
  return {};
}

Result<void> AddRoleToProfile(Draft& draft, const std::string& profile, const std::string& role) {
  auto edited = Edit<InstanceProfile>(draft, profile);
  if (!edited) return std::unexpected(std::move(edited.error()));
  const auto found = Find<Role>(draft.state(), role);
  if (!found) return std::unexpected(found.error());
  if (!(*edited)->role.empty()) {
    return LimitExceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
  }
  (*edited)->role = KeyOf(**found);
  return {};
}

Result<void> RemoveRoleFromProfile(Draft& draft, const std::string& profile,
                                   const std::string& role) {
  auto edited = Edit<InstanceProfile>(draft, profile);
  if (!edited) return std::unexpected(std::move(edited.error()));
  if ((*edited)->role != NameKey(role) || role.empty()) return NoSuchName<Role>(role);
  (*edited)->role.clear();
  return {};
}

}  // namespace bedplate::account
