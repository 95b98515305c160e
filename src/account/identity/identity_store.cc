#include "account/identity/identity_store.h"

#include <fmt/format.h>

#include <utility>

#include "account/identity/errors.h"
#include "account/policy/evaluate.h"

namespace bedplate::account {
namespace {

uint64_t NextStoreId() {
  static std::atomic<uint64_t> last = 0;
  return ++last;
}

int64_t NowMs(const Clock& clock) {
  return std::chrono::floor<std::chrono::milliseconds>(clock.Now()).time_since_epoch().count();
}

template <class Entity>
Result<void> Take(AccountState& state, const state::IdentityRow& row, const Sealer& sealer) {
  const auto value = json::Value::Parse(row.body);
  if (!value) return std::unexpected(value.error());
  auto entity = std::make_shared<Entity>();
  if (auto read = FromJson(*value, sealer, *entity); !read) return read;
  TableOf<Entity>(state).emplace(row.name, std::move(entity));
  return {};
}

Result<void> TakeRow(AccountState& state, const state::IdentityRow& row, const Sealer& sealer) {
  if (row.kind == kAliasKind) state.alias = row.body;
  if (row.kind == EntityKind<User>::kName) return Take<User>(state, row, sealer);
  if (row.kind == EntityKind<Group>::kName) return Take<Group>(state, row, sealer);
  if (row.kind == EntityKind<Role>::kName) return Take<Role>(state, row, sealer);
  if (row.kind == EntityKind<ManagedPolicy>::kName) return Take<ManagedPolicy>(state, row, sealer);
  if (row.kind == EntityKind<OidcProvider>::kName) return Take<OidcProvider>(state, row, sealer);
  if (row.kind == EntityKind<InstanceProfile>::kName) {
    return Take<InstanceProfile>(state, row, sealer);
  }
  return {};
}

// The account in "arn:aws:iam::123456789012:role/...".
std::string_view AccountIn(std::string_view arn) {
  for (int part = 0; part < 4; ++part) {
    const size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find(':'));
}

const Role* RoleIn(const AccountView& view, std::string_view arn) {
  const size_t slash = arn.rfind('/');
  if (slash == std::string_view::npos) return nullptr;
  const Role* const role = FindIn(view.state->roles, NameKey(arn.substr(slash + 1)));
  return role != nullptr && ArnOf(view.state->account, *role) == arn ? role : nullptr;
}

}  // namespace

IdentityStore::IdentityStore(const RootCredentials& first, Sealer sealer, const Clock& clock)
    : id_(NextStoreId()), first_(first), sealer_(std::move(sealer)), clock_(clock) {
  auto state = std::make_shared<AccountState>();
  state->account = first.account;
  state->root = first;
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->accounts.emplace(first.account, MakeView(std::move(state), nullptr, {}));
  snapshot->IndexKeys();
  snapshot_ = std::move(snapshot);
}

Result<std::unique_ptr<IdentityStore>> IdentityStore::Open(state::Database& database,
                                                           const RootCredentials& first,
                                                           Sealer sealer, const Clock& clock) {
  auto store = std::make_unique<IdentityStore>(first, std::move(sealer), clock);
  store->table_.emplace(database);
  if (auto loaded = store->Load(); !loaded) return std::unexpected(std::move(loaded.error()));
  return store;
}

Result<void> IdentityStore::Load() {
  auto loaded = table_->Load();
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  std::map<std::string, AccountState> states;
  states[first_.account] = {.account = first_.account, .root = first_};
  for (const state::AccountRow& row : loaded->accounts) {
    auto root = OpenRoot(row.root, sealer_);
    if (!root) return std::unexpected(std::move(root.error()));
    if (row.account == first_.account) continue;
    states[row.account] = {.account = row.account, .root = std::move(*root)};
  }
  for (const auto& [account, row] : loaded->identities) {
    const auto state = states.find(account);
    if (state == states.end()) continue;
    if (auto taken = TakeRow(state->second, row, sealer_); !taken) return taken;
  }
  auto snapshot = std::make_shared<Snapshot>();
  for (auto& [account, state] : states) {
    snapshot->accounts.emplace(
        account, MakeView(std::make_shared<const AccountState>(std::move(state)), nullptr, {}));
  }
  snapshot->IndexKeys();
  revision_ = loaded->revision;
  {
    const std::lock_guard lock(using_);
    for (state::UseRow& row : loaded->uses) {
      LastUse& use = uses_[{row.account, row.id}];
      if (use.used_at_ms >= row.used_at_ms) continue;
      use = {.used_at_ms = row.used_at_ms,
             .service = std::move(row.service),
             .region = std::move(row.region)};
    }
  }
  Publish(std::move(snapshot));
  return {};
}

void IdentityStore::Publish(std::shared_ptr<const Snapshot> snapshot) {
  const std::lock_guard lock(publishing_);
  snapshot_ = std::move(snapshot);
  version_.fetch_add(1, std::memory_order_release);
}

const IdentityStore::Holding& IdentityStore::Held() const {
  thread_local Holding held;
  const uint64_t version = version_.load(std::memory_order_acquire);
  if (held.store == id_ && held.version == version) return held;
  const std::lock_guard lock(publishing_);
  held = {.store = id_, .version = version, .snapshot = snapshot_};
  return held;
}

std::shared_ptr<const AccountView> IdentityStore::View(std::string_view account) const {
  const Snapshot& snapshot = *Held().snapshot;
  const auto found = snapshot.accounts.find(account);
  return found == snapshot.accounts.end() ? nullptr : found->second;
}

std::shared_ptr<const AccountState> IdentityStore::Account(std::string_view account) const {
  const auto view = View(account);
  return view == nullptr ? nullptr : view->state;
}

std::shared_ptr<const Role> IdentityStore::FindRole(std::string_view arn) const {
  const auto view = View(AccountIn(arn));
  const Role* const role = view == nullptr ? nullptr : RoleIn(*view, arn);
  // As long as the role is held, all that it is part of.
  return role == nullptr ? nullptr : std::shared_ptr<const Role>(view, role);
}

Result<PrincipalPtr> IdentityStore::RolePrincipal(std::string_view role_arn,
                                                  std::string_view session,
                                                  std::string_view service,
                                                  policy::Context context) const {
  const auto view = View(AccountIn(role_arn));
  const Role* const role = view == nullptr ? nullptr : RoleIn(*view, role_arn);
  policy::Request request{.action = "sts:AssumeRole",
                          .resource = std::string(role_arn),
                          .resource_account = std::string(AccountIn(role_arn)),
                          .identity = {.service = std::string(service)},
                          .context = std::move(context)};
  policy::Policies policies;
  policies.resource = role == nullptr ? nullptr : role->trust.document.get();
  policies.resource_must_allow = true;
  const policy::Decision decision = policy::Decide(policies, request);
  if (role != nullptr && decision.allowed) return PrincipalOfRole(*view, *role, session);
  return AccessDenied(policy::DeniedMessage(request, decision));
}

Result<void> IdentityStore::Apply(std::string_view account,
                                  const std::function<Result<void>(Draft&)>& work) {
  const std::lock_guard lock(changing_);
  const auto world = Current();
  const AccountView* const view = world->Find(account);
  if (view == nullptr) {
    return NoSuchEntity(fmt::format("The account with id {} cannot be found.", account));
  }
  Draft draft(*view->state, *world, NowMs(clock_));
  if (auto done = work(draft); !done) return done;
  if (!draft.changed()) return {};
  if (table_) {
    auto revision = table_->Put(draft.account(), draft.Rows(sealer_));
    if (!revision) return std::unexpected(std::move(revision.error()));
    // Where another process changed something too, the next ReloadIfChanged takes it up.
    if (*revision == revision_ + 1) revision_ = *revision;
  }
  auto next = std::make_shared<Snapshot>(*world);
  next->accounts[std::string(account)] =
      MakeView(std::make_shared<const AccountState>(draft.Take()), view, draft.changes());
  if (draft.changes().everything || !draft.changes().users.empty()) next->IndexKeys();
  Publish(std::move(next));
  return {};
}

Result<void> IdentityStore::ReloadIfChanged() {
  if (!table_) return {};
  const std::lock_guard lock(changing_);
  const auto revision = table_->Revision();
  if (!revision) return std::unexpected(revision.error());
  if (*revision == revision_) return {};
  return Load();
}

void IdentityStore::NoteUse(std::string_view account, std::string_view id, LastUse use) const {
  const std::pair<std::string, std::string> key(account, id);
  const std::lock_guard lock(using_);
  unwritten_[key] = use;
  uses_[key] = std::move(use);
}

std::optional<LastUse> IdentityStore::FindLastUse(std::string_view account,
                                                  std::string_view id) const {
  const std::lock_guard lock(using_);
  const auto found = uses_.find({std::string(account), std::string(id)});
  if (found == uses_.end()) return std::nullopt;
  return found->second;
}

Result<void> IdentityStore::KeepUses() {
  std::vector<state::UseRow> rows;
  {
    const std::lock_guard lock(using_);
    for (const auto& [key, use] : unwritten_) {
      rows.push_back({.account = key.first,
                      .id = key.second,
                      .used_at_ms = use.used_at_ms,
                      .service = use.service,
                      .region = use.region});
    }
    unwritten_.clear();
  }
  if (rows.empty() || !table_) return {};
  return table_->PutUses(rows);
}

}  // namespace bedplate::account
