#include "account/identity/principal_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "account/policy/principal_texts.h"

namespace bedplate::account {
namespace {

constexpr std::string_view kUserIds = "AIDA";
constexpr std::string_view kRoleIds = "AROA";

bool IsId(std::string_view text) {
  return text.starts_with(kUserIds) || text.starts_with(kRoleIds);
}

template <class Entity>
std::optional<std::string> IdIn(const AccountState& state, std::string_view name,
                                std::string_view arn) {
  const Entity* const entity = FindIn(TableOf<Entity>(state), NameKey(name));
  if (entity == nullptr || ArnOf(state.account, *entity) != arn) return std::nullopt;
  return entity->id;
}

template <class Entity>
std::optional<std::string> ArnIn(const AccountState& state, std::string_view id) {
  for (const auto& [key, entity] : TableOf<Entity>(state)) {
    if (entity->id == id) return ArnOf(state.account, *entity);
  }
  return std::nullopt;
}

std::optional<std::string> ArnOfId(const AccountState& state, std::string_view id) {
  return id.starts_with(kUserIds) ? ArnIn<User>(state, id) : ArnIn<Role>(state, id);
}

std::optional<std::string> ArnOfId(const Snapshot& world, const AccountState* own,
                                   std::string_view id) {
  if (own != nullptr) {
    if (auto arn = ArnOfId(*own, id)) return arn;
  }
  for (const auto& [account, view] : world.accounts) {
    if (own != nullptr && account == own->account) continue;
    if (auto arn = ArnOfId(*view->state, id)) return arn;
  }
  return std::nullopt;
}

// A principal as it is kept, and whether it is anyone as far as this server can know.
struct Bound {
  std::optional<std::string> id{};
  bool there = true;
};

Bound Bind(const Snapshot& world, const AccountState* own, std::string_view principal) {
  constexpr std::string_view kHead = "arn:aws:iam::";
  constexpr size_t kAccountSize = 12;
  if (IsId(principal)) return {.there = ArnOfId(world, own, principal).has_value()};
  if (!principal.starts_with(kHead)) return {};
  std::string_view rest = principal.substr(kHead.size());
  const std::string_view account = rest.substr(0, kAccountSize);
  const AccountState* state = own;
  if (own == nullptr || account != own->account) {
    const AccountView* const view = world.Find(account);
    if (view == nullptr) return {};
    state = view->state.get();
  }
  rest.remove_prefix(std::min(rest.size(), kAccountSize + 1));
  const std::string_view name = rest.substr(rest.rfind('/') + 1);
  const bool user = rest.starts_with("user/");
  if (!user && !rest.starts_with("role/")) return {};
  auto id = user ? IdIn<User>(*state, name, principal) : IdIn<Role>(*state, name, principal);
  const bool there = id.has_value();
  return {.id = std::move(id), .there = there};
}

}  // namespace

Result<std::string> BindPrincipals(const Snapshot& world, const AccountState* own,
                                   std::string_view policy) {
  std::string nobody;
  std::string bound = policy::RenamePrincipals(policy, [&](std::string_view principal) {
    Bound found = Bind(world, own, principal);
    if (!found.there && nobody.empty()) nobody = principal;
    return found.id;
  });
  if (nobody.empty()) return bound;
  return Fail(Fault::kValidation,
              fmt::format("Invalid principal in policy: \"AWS\":\"{}\"", nobody));
}

std::string TellPrincipals(const Snapshot& world, std::string_view policy) {
  if (!policy.contains(kUserIds) && !policy.contains(kRoleIds)) return std::string(policy);
  return policy::RenamePrincipals(policy, [&](std::string_view principal) {
    return IsId(principal) ? ArnOfId(world, nullptr, principal) : std::nullopt;
  });
}

}  // namespace bedplate::account
