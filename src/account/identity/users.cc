#include "account/identity/users.h"

#include <algorithm>

#include "account/identity/names.h"

namespace bedplate::account {
namespace {

constexpr size_t kUsersMax = 5'000;
constexpr size_t kGroupsOfUserMax = 10;

// Groups and instance profiles name others by key; a group's key is in its users.
void RenameInUsers(Draft& draft, const std::string& from, const std::string& to) {
  std::vector<std::string> members;
  for (const auto& [key, user] : draft.state().users) {
    if (user->groups.contains(from)) members.push_back(key);
  }
  for (const std::string& key : members) {
    User* const user = draft.Edit<User>(key);
    user->groups.erase(from);
    user->groups.insert(to);
  }
}

template <class Entity>
Result<Entity> Renamed(Draft& draft, const std::string& name, const Renaming& to) {
  auto found = Find<Entity>(draft.state(), name);
  if (!found) return std::unexpected(std::move(found.error()));
  Entity entity = **found;
  if (to.name && NameKey(*to.name) != KeyOf(entity)) {
    if (auto free = CheckFree<Entity>(draft.state(), *to.name); !free) {
      return std::unexpected(std::move(free.error()));
    }
  }
  entity.name = to.name.value_or(entity.name);
  entity.path = to.path.value_or(entity.path);
  return entity;
}

}  // namespace

Result<User> CreateUser(Draft& draft, const NewUser& made) {
  const AccountState& state = draft.state();
  if (auto free = CheckFree<User>(state, made.name); !free) return std::unexpected(free.error());
  if (auto room = CheckQuota(state.users.size(), kUsersMax, "UsersPerAccount"); !room) {
    return std::unexpected(room.error());
  }
  User user;
  user.name = made.name;
  user.path = made.path;
  user.id = NewUniqueId("AIDA");
  user.created_at_ms = draft.now_ms();
  user.boundary = made.boundary;
  if (!made.boundary.empty()) {
    if (auto there = CheckBoundary(state, made.boundary); !there) {
      return std::unexpected(there.error());
    }
  }
  if (auto tagged = AddTags(user.tags, made.tags); !tagged) return std::unexpected(tagged.error());
  return draft.Put(std::move(user));
}

Result<void> UpdateUser(Draft& draft, const std::string& name, const Renaming& to) {
  auto user = Renamed<User>(draft, name, to);
  if (!user) return std::unexpected(std::move(user.error()));
  draft.Erase<User>(NameKey(name));
  draft.Put(std::move(*user));
  return {};
}

Result<void> DeleteUser(Draft& draft, const std::string& name) {
  const auto user = Find<User>(draft.state(), name);
  if (!user) return std::unexpected(user.error());
  const User& found = **user;
  const std::pair<bool, std::string_view> conflicts[] = {
      {!found.keys.empty(), "delete access keys"},
      {!found.inline_policies.empty(), "delete policies"},
      {!found.attached.empty(), "detach all policies"},
      {!found.groups.empty(), "remove users from group"},
      {!found.credentials.empty(), "delete service specific credentials"}};
  for (const auto& [in_the_way, what] : conflicts) {
    if (in_the_way)
      return DeleteConflict(fmt::format("Cannot delete entity, must {} first.", what));
  }
  draft.Erase<User>(KeyOf(found));
  return {};
}

Result<Group> CreateGroup(Draft& draft, const std::string& name, const std::string& path) {
  constexpr size_t kGroupsMax = 300;
  if (auto free = CheckFree<Group>(draft.state(), name); !free) {
    return std::unexpected(free.error());
  }
  if (auto room = CheckQuota(draft.state().groups.size(), kGroupsMax, "GroupsPerAccount"); !room) {
    return std::unexpected(room.error());
  }
  Group group;
  group.name = name;
  group.path = path;
  group.id = NewUniqueId("AGPA");
  group.created_at_ms = draft.now_ms();
  return draft.Put(std::move(group));
}

Result<void> UpdateGroup(Draft& draft, const std::string& name, const Renaming& to) {
  auto group = Renamed<Group>(draft, name, to);
  if (!group) return std::unexpected(std::move(group.error()));
  const std::string before = NameKey(name);
  const std::string after = KeyOf(*group);
  draft.Erase<Group>(before);
  draft.Put(std::move(*group));
  if (before != after) RenameInUsers(draft, before, after);
  return {};
}

Result<void> DeleteGroup(Draft& draft, const std::string& name) {
  const auto group = Find<Group>(draft.state(), name);
  if (!group) return std::unexpected(group.error());
  const std::string key = KeyOf(**group);
  const bool has_users = std::ranges::any_of(
      draft.state().users, [&](const auto& user) { return user.second->groups.contains(key); });
  if (has_users) return DeleteConflict("Cannot delete entity, must remove users from group first.");
  if (!(*group)->inline_policies.empty()) {
    return DeleteConflict("Cannot delete entity, must delete policies first.");
  }
  if (!(*group)->attached.empty()) {
    return DeleteConflict("Cannot delete entity, must detach all policies first.");
  }
  draft.Erase<Group>(key);
  return {};
}

Result<void> AddUserToGroup(Draft& draft, const std::string& user, const std::string& group) {
  const auto found = Find<Group>(draft.state(), group);
  if (!found) return std::unexpected(found.error());
  const std::string key = KeyOf(**found);
  auto edited = Edit<User>(draft, user);
  if (!edited) return std::unexpected(std::move(edited.error()));
  if ((*edited)->groups.contains(key)) return {};
  if (auto room = CheckQuota((*edited)->groups.size(), kGroupsOfUserMax, "GroupsPerUser"); !room) {
    return room;
  }
  (*edited)->groups.insert(key);
  return {};
}

Result<void> RemoveUserFromGroup(Draft& draft, const std::string& user, const std::string& group) {
  const auto found = Find<Group>(draft.state(), group);
  if (!found) return std::unexpected(found.error());
  auto edited = Edit<User>(draft, user);
  if (!edited) return std::unexpected(std::move(edited.error()));
  if ((*edited)->groups.erase(KeyOf(**found)) > 0) return {};
  return NoSuchEntity(fmt::format("User {} is not in group {}.", user, group));
}

}  // namespace bedplate::account
