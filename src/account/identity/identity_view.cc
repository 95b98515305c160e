#include "account/identity/identity_view.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

#include "base/base64.h"

namespace bedplate::account {
namespace {

using Documents = std::vector<const policy::Document*>;

void Add(PolicySet& set, Documents& list, const std::shared_ptr<const policy::Document>& document) {
  list.push_back(document.get());
  set.documents.push_back(document);
}

void AddHolder(PolicySet& set, const AccountState& state, const Holder& holder) {
  for (const auto& [name, text] : holder.inline_policies) {
    Add(set, set.policies.identity, text.document);
  }
  for (const std::string& arn : holder.attached) {
    const ManagedPolicy* const managed = FindPolicy(state, arn);
    if (managed != nullptr) Add(set, set.policies.identity, managed->Default().text.document);
  }
}

void AddIdentity(PolicySet& set, const AccountState& state, const Identity& identity) {
  AddHolder(set, state, identity);
  if (identity.boundary.empty()) return;
  // One that can't be found allows nothing.
  Documents& boundary = set.policies.boundary.emplace();
  const ManagedPolicy* const managed = FindPolicy(state, identity.boundary);
  if (managed != nullptr) Add(set, boundary, managed->Default().text.document);
}

void SetCommonKeys(Principal& principal, std::string_view type) {
  policy::Context& context = principal.context;
  context.Set("aws:PrincipalArn", principal.arn);
  context.Set("aws:PrincipalAccount", principal.account);
  context.Set("aws:PrincipalType", std::string(type));
  context.Set("aws:PrincipalIsAWSService", "false");
  context.Set("aws:userid", principal.user_id);
}

void SetTags(policy::Context& context, const Tags& tags) {
  for (const auto& [key, value] : tags) context.Set("aws:PrincipalTag/" + key, value);
}

Principal RootOf(const AccountState& state) {
  Principal root{.account = state.account,
                 .arn = fmt::format("arn:aws:iam::{}:root", state.account),
                 .user_id = state.account};
  root.identity = {.account = state.account, .arn = root.arn, .id = state.account};
  root.policies.root = true;
  SetCommonKeys(root, "Account");
  return root;
}

Principal UserOf(const AccountState& state, const User& user) {
  Principal principal{.account = state.account,
                      .arn = ArnOf(state.account, user),
                      .user_id = user.id,
                      .kind = PrincipalKind::kUser,
                      .user_name = user.name};
  principal.identity = {.account = state.account, .arn = principal.arn, .id = user.id};
  SetCommonKeys(principal, "User");
  principal.context.Set("aws:username", user.name);
  SetTags(principal.context, user.tags);
  PolicySet set;
  AddIdentity(set, state, user);
  for (const std::string& group : user.groups) {
    if (const Group* const found = FindIn(state.groups, group)) AddHolder(set, state, *found);
  }
  principal.policies = std::move(set.policies);
  principal.documents = std::move(set.documents);
  return principal;
}

void AddUser(AccountView& view, const AccountState& state, const std::string& name,
             const User& user) {
  const auto owner = std::make_shared<const Principal>(UserOf(state, user));
  view.users[name] = owner;
  for (const LongTermKey& key : user.keys) {
    if (!key.active) continue;
    view.keys[key.id] = std::make_shared<const AccessKey>(
        AccessKey{.id = key.id, .secret = key.secret, .owner = owner});
  }
  for (const ServiceCredential& credential : user.credentials) {
    std::string hash;
    if (!credential.active || !AppendFromBase64(hash, credential.hash)) continue;
    view.bearers[hash] = {.owner = owner, .expires_at_ms = credential.expires_at_ms};
  }
}

void RemoveUser(AccountView& view, const AccountView& before, const std::string& name) {
  const User* const user = FindIn(before.state->users, name);
  if (user == nullptr) return;
  view.users.erase(name);
  for (const LongTermKey& key : user->keys) view.keys.erase(key.id);
  for (const ServiceCredential& credential : user->credentials) {
    std::string hash;
    if (AppendFromBase64(hash, credential.hash)) view.bearers.erase(hash);
  }
}

void AddRole(AccountView& view, const AccountState& state, const std::string& name,
             const Role& role) {
  auto set = std::make_shared<PolicySet>();
  AddIdentity(*set, state, role);
  view.roles[name] = std::move(set);
}

void AddRoot(AccountView& view, const AccountState& state) {
  view.root = std::make_shared<const Principal>(RootOf(state));
  const RootCredentials& root = state.root;
  view.keys[root.access_key_id] = std::make_shared<const AccessKey>(
      AccessKey{.id = root.access_key_id, .secret = root.secret_access_key, .owner = view.root});
  view.bearers[Sha256(root.bearer_key)] = {.owner = view.root};
}

std::string IsoTime(int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", time);
}

// Adds the session's own policies as a limit; false when one can't be read.
bool Limit(Principal& principal, const AccountState& state, const Session& session) {
  if (!session.limited) return true;
  Documents& list = principal.policies.session.emplace();
  for (const std::string& text : session.policies) {
    auto document = policy::ReadDocument(text, policy::Kind::kIdentity);
    if (!document) return false;
    principal.documents.push_back(std::make_shared<const policy::Document>(std::move(*document)));
    list.push_back(principal.documents.back().get());
  }
  for (const std::string& arn : session.policy_arns) {
    const ManagedPolicy* const managed = FindPolicy(state, arn);
    if (managed == nullptr) continue;
    principal.documents.push_back(managed->Default().text.document);
    list.push_back(principal.documents.back().get());
  }
  return true;
}

void SetSession(Principal& principal, const Session& session) {
  principal.issuer = session.issuer;
  principal.source_identity = session.source_identity;
  principal.transitive_tags = session.transitive_tags;
  principal.context.Set("aws:TokenIssueTime", IsoTime(session.issued_at_s));
  principal.context.Set("aws:MultiFactorAuthPresent", "false");
  SetTags(principal.context, session.tags);
  if (!session.source_identity.empty()) {
    principal.context.Set("aws:SourceIdentity", session.source_identity);
  }
  if (!session.web) return;
  principal.context.Set("aws:FederatedProvider", session.web->provider);
  principal.context.Set(session.web->url + ":sub", session.web->subject);
  principal.context.Set(session.web->url + ":aud", session.web->audience);
}

Principal AssumedRole(const AccountView& view, const Role& role, std::string_view session) {
  const AccountState& state = *view.state;
  Principal principal{
      .account = state.account,
      .arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", state.account, role.name, session),
      .user_id = fmt::format("{}:{}", role.id, session),
      .kind = PrincipalKind::kAssumedRole,
      .issuer = Issuer::kAssumeRole,
      .session_name = std::string(session),
      .role_id = role.id};
  principal.identity = {.account = state.account,
                        .arn = principal.arn,
                        .role_arn = ArnOf(state.account, role),
                        .id = role.id};
  SetCommonKeys(principal, "AssumedRole");
  // Of a session of a role it is the role's.
  principal.context.Set("aws:PrincipalArn", principal.identity.role_arn);
  SetTags(principal.context, role.tags);
  const auto found = view.roles.find(NameKey(role.name));
  if (found != view.roles.end()) {
    principal.policies = found->second->policies;
    principal.documents = found->second->documents;
  }
  return principal;
}

// A user's or the root's, or of a federated user made by one.
std::optional<Principal> OfItsMaker(const AccountView& view, const Session& session) {
  const Principal* maker = view.root.get();
  if (!session.name.empty()) {
    const auto found = view.users.find(NameKey(session.name));
    if (found == view.users.end() || found->second->user_id != session.id) return std::nullopt;
    maker = found->second.get();
  }
  Principal principal = *maker;
  if (session.issuer != Issuer::kGetFederationToken) return principal;
  principal.arn =
      fmt::format("arn:aws:sts::{}:federated-user/{}", session.account, session.session);
  principal.user_id = fmt::format("{}:{}", session.account, session.session);
  principal.kind = PrincipalKind::kFederatedUser;
  principal.session_name = session.session;
  principal.user_name.clear();
  principal.identity.role_arn = maker->arn;
  principal.identity.arn = principal.arn;
  // The user's tags and name are not the federated user's.
  principal.context = {};
  SetCommonKeys(principal, "FederatedUser");
  return principal;
}

}  // namespace

std::shared_ptr<const AccountView> MakeView(std::shared_ptr<const AccountState> state,
                                            const AccountView* before, const Changes& changes) {
  auto view = std::make_shared<AccountView>();
  if (before != nullptr && !changes.everything) {
    *view = *before;
    view->state = state;
    for (const std::string& name : changes.users) RemoveUser(*view, *before, name);
    for (const std::string& name : changes.users) {
      if (const User* const user = FindIn(state->users, name)) AddUser(*view, *state, name, *user);
    }
    for (const std::string& name : changes.roles) {
      view->roles.erase(name);
      if (const Role* const role = FindIn(state->roles, name)) AddRole(*view, *state, name, *role);
    }
    return view;
  }
  view->state = state;
  AddRoot(*view, *state);
  for (const auto& [name, user] : state->users) AddUser(*view, *state, name, *user);
  for (const auto& [name, role] : state->roles) AddRole(*view, *state, name, *role);
  return view;
}

void Snapshot::IndexKeys() {
  auto made = std::make_shared<Owners>();
  for (const auto& [account, view] : accounts) {
    made->keys.insert(view->keys.begin(), view->keys.end());
    made->bearers.insert(view->bearers.begin(), view->bearers.end());
  }
  owners = std::move(made);
}

PrincipalPtr PrincipalOf(const AccountView& view, const Session& session) {
  std::optional<Principal> principal;
  if (session.issuer == Issuer::kAssumeRole ||
      session.issuer == Issuer::kAssumeRoleWithWebIdentity) {
    const Role* const role = FindIn(view.state->roles, NameKey(session.name));
    if (role == nullptr || role->id != session.id) return nullptr;
    principal = AssumedRole(view, *role, session.session);
  } else {
    principal = OfItsMaker(view, session);
  }
  if (!principal) return nullptr;
  SetSession(*principal, session);
  if (!Limit(*principal, *view.state, session)) return nullptr;
  return std::make_shared<const Principal>(std::move(*principal));
}

PrincipalPtr PrincipalOfRole(const AccountView& view, const Role& role, std::string_view session) {
  return std::make_shared<const Principal>(AssumedRole(view, role, session));
}

}  // namespace bedplate::account
