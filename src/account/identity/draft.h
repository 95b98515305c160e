// One change of an account in the making: a copy of its state, of which what is edited is written
// and shown to others all at once, or not at all.
//
// Threads: used by the one thread that changes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/identity/entities.h"
#include "account/identity/entity_json.h"
#include "account/identity/identity_view.h"
#include "state/identity_table.h"

namespace bedplate::account {

class Draft {
 public:
  // `world` outlives the draft.
  Draft(const AccountState& base, const Snapshot& world, int64_t now_ms)
      : state_(base), world_(world), now_ms_(now_ms) {}

  const AccountState& state() const { return state_; }
  const std::string& account() const { return state_.account; }
  const Snapshot& world() const { return world_; }
  int64_t now_ms() const { return now_ms_; }

  // The entity under a key, to be changed; null when there is none. What is the key of it must
  // stay: to rename, Erase and Put. The pointer is good until the next call for this entity.
  template <class Entity>
  Entity* Edit(std::string_view key) {
    auto& table = TableOf<Entity>(state_);
    const auto found = table.find(key);
    if (found == table.end()) return nullptr;
    Note<Entity>(found->first);
    auto copy = std::make_shared<Entity>(*found->second);
    Entity* const edited = copy.get();
    found->second = std::move(copy);
    return edited;
  }

  template <class Entity>
  const Entity& Put(Entity entity) {
    std::string key = KeyOf(entity);
    Note<Entity>(key);
    auto& place = TableOf<Entity>(state_)[std::move(key)];
    place = std::make_shared<const Entity>(std::move(entity));
    return *place;
  }

  template <class Entity>
  void Erase(std::string_view key) {
    Note<Entity>(std::string(key));
    auto& table = TableOf<Entity>(state_);
    if (const auto found = table.find(key); found != table.end()) table.erase(found);
  }

  void SetAlias(std::string alias) {
    alias_changed_ = true;
    state_.alias = std::move(alias);
  }

  // For the store: what was changed, as rows and for the view.
  bool changed() const { return alias_changed_ || !writers_.empty(); }
  std::vector<state::IdentityRow> Rows(const Sealer& sealer) const;
  const Changes& changes() const { return changes_; }
  AccountState Take() { return std::move(state_); }

 private:
  using RowWriter = std::function<state::IdentityRow(const AccountState&, const Sealer&)>;

  template <class Entity>
  void Note(const std::string& key) {
    if constexpr (std::is_same_v<Entity, User>) changes_.users.insert(key);
    if constexpr (std::is_same_v<Entity, Role>) changes_.roles.insert(key);
    // One that is new is nobody's yet.
    if constexpr (std::is_same_v<Entity, Group> || std::is_same_v<Entity, ManagedPolicy>) {
      if (FindIn(TableOf<Entity>(state_), key) != nullptr) changes_.everything = true;
    }
    if (!noted_.insert({EntityKind<Entity>::kName, key}).second) return;
    writers_.push_back([key](const AccountState& state, const Sealer& sealer) {
      const Entity* const entity = FindIn(TableOf<Entity>(state), key);
      return state::IdentityRow{
          .kind = std::string(EntityKind<Entity>::kName),
          .name = key,
          .body = entity == nullptr ? std::string() : ToJson(*entity, sealer).ToJson()};
    });
  }

  AccountState state_;
  const Snapshot& world_;
  int64_t now_ms_;
  bool alias_changed_ = false;
  Changes changes_;
  std::set<std::pair<std::string_view, std::string>> noted_;
  std::vector<RowWriter> writers_;
};

// What the row of an account's alias is.
inline constexpr std::string_view kAliasKind = "alias";

}  // namespace bedplate::account
