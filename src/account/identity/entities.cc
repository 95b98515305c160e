#include "account/identity/entities.h"

#include <fmt/format.h>

#include "account/identity/aws_policies.h"
#include "account/policy/text.h"
#include "base/ids.h"

namespace bedplate::account {
namespace {

std::string IamArn(std::string_view account, std::string_view kind, std::string_view path,
                   std::string_view name) {
  return fmt::format("arn:aws:iam::{}:{}{}{}", account, kind, path, name);
}

}  // namespace

std::string NameKey(std::string_view name) {
  std::string key(name);
  for (char& c : key) c = policy::LowerCase(c);
  return key;
}

std::string ArnOf(std::string_view account, const User& user) {
  return IamArn(account, "user", user.path, user.name);
}
std::string ArnOf(std::string_view account, const Group& group) {
  return IamArn(account, "group", group.path, group.name);
}
std::string ArnOf(std::string_view account, const Role& role) {
  return IamArn(account, "role", role.path, role.name);
}
std::string ArnOf(std::string_view account, const ManagedPolicy& policy) {
  return IamArn(policy.of_aws ? "aws" : account, "policy", policy.path, policy.name);
}
std::string ArnOf(std::string_view account, const OidcProvider& provider) {
  return IamArn(account, "oidc-provider", "/", provider.url);
}
std::string ArnOf(std::string_view account, const InstanceProfile& profile) {
  return IamArn(account, "instance-profile", profile.path, profile.name);
}

std::string NewUniqueId(std::string_view prefix) {
  return std::string(prefix) + NewRandomText(17, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
}

const ManagedPolicy* FindPolicy(const AccountState& state, std::string_view arn) {
  if (arn.starts_with(kAwsPolicyArnHead)) return FindAwsPolicy(arn);
  const size_t name = arn.rfind('/');
  if (name == std::string_view::npos) return nullptr;
  const auto* const found = FindIn(state.policies, NameKey(arn.substr(name + 1)));
  return found != nullptr && ArnOf(state.account, *found) == arn ? found : nullptr;
}

}  // namespace bedplate::account
