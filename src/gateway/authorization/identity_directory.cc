#include "gateway/authorization/identity_directory.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "account/authorization/decide.h"
#include "account/identity/entities.h"
#include "gateway/authorization/directories.h"

namespace bedplate::gateway {
namespace {

using account::Resource;
using account::ResourceName;

constexpr std::array<std::string_view, 7> kKinds = {
    "iam-user",     "iam-group",           "iam-role", "iam-trust", "iam-policy",
    "iam-provider", "iam-instance-profile"};

void SetTags(const account::Tags& tags, account::policy::Context& context) {
  for (const auto& [key, value] : tags) {
    context.Set("aws:ResourceTag/" + key, value);
    context.Set("iam:ResourceTag/" + key, value);
  }
}

// What a name or an ARN ends with: names of IAM have no '/'.
std::string_view LastPart(std::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

template <class Entity>
Resource Describe(const account::AccountState& state, const Entity& entity) {
  Resource resource{.arn = account::ArnOf(state.account, entity), .account = state.account};
  if constexpr (requires { entity.tags; }) SetTags(entity.tags, resource.context);
  if constexpr (requires { entity.boundary; }) {
    if (!entity.boundary.empty()) resource.context.Set("iam:PermissionsBoundary", entity.boundary);
  }
  return resource;
}

template <class Entity>
account::ResourceDirectory::Resources FindEntity(const account::AccountState& state,
                                                 std::string_view name, bool is_arn) {
  const Entity* const entity =
      account::FindIn(account::TableOf<Entity>(state), account::NameKey(LastPart(name)));
  if (entity == nullptr || (is_arn && account::ArnOf(state.account, *entity) != name)) return {};
  return {Describe(state, *entity)};
}

account::ResourceDirectory::Resources FindProvider(const account::AccountState& state,
                                                   std::string_view name, bool is_arn) {
  constexpr std::string_view kKind = "oidc-provider/";
  std::string_view url = name;
  if (is_arn) {
    const size_t at = url.find(kKind);
    if (at == std::string_view::npos) return {};
    url.remove_prefix(at + kKind.size());
  } else if (const size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
  }
  const auto* const provider = account::FindIn(state.providers, url);
  if (provider != nullptr) return {Describe(state, *provider)};
  // One that is to be made.
  return {Resource{.arn = "arn:aws:iam::" + state.account + ":oidc-provider/" + std::string(url),
                   .account = state.account}};
}

// A role that isn't there is told as one that can't be assumed.
Resource FindTrust(const account::IdentityStore& store, const ResourceName& name) {
  Resource resource{.arn = std::string(name.name),
                    .account = std::string(account::AccountOfArn(name.name)),
                    .must_allow = true};
  const auto role = store.FindRole(name.name);
  if (role == nullptr) return resource;
  resource.policy = role->trust.document;
  SetTags(role->tags, resource.context);
  return resource;
}

}  // namespace

Result<account::ResourceDirectory::Resources> IdentityDirectory::Find(
    const ResourceName& name) const {
  if (name.kind == "iam-trust") return Resources{FindTrust(store_, name)};
  const bool is_arn = name.name.starts_with("arn:");
  const std::string_view account = is_arn ? account::AccountOfArn(name.name) : name.account;
  const auto state = store_.Account(account);
  if (state == nullptr) return Resources{};
  if (name.kind == "iam-user") return FindEntity<account::User>(*state, name.name, is_arn);
  if (name.kind == "iam-group") return FindEntity<account::Group>(*state, name.name, is_arn);
  if (name.kind == "iam-role") return FindEntity<account::Role>(*state, name.name, is_arn);
  if (name.kind == "iam-policy") {
    return FindEntity<account::ManagedPolicy>(*state, name.name, is_arn);
  }
  if (name.kind == "iam-instance-profile") {
    return FindEntity<account::InstanceProfile>(*state, name.name, is_arn);
  }
  return FindProvider(*state, name.name, is_arn);
}

void IdentityDirectory::AddTo(ResourceDirectories& directories) const {
  for (const std::string_view kind : kKinds) directories.Add(std::string(kind), *this);
}

}  // namespace bedplate::gateway
