#include <fmt/format.h>

#include <utility>

#include "account/identity/principal_ids.h"
#include "account/keys/key_error.h"
#include "kms/ops/GetKeyPolicy.h"
#include "kms/ops/ListKeyPolicies.h"
#include "kms/ops/PutKeyPolicy.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {
namespace {

constexpr std::string_view kDefault = "default";  // the one policy that keys have

Result<void> CheckPolicyName(const wire::Opt<std::string>& name) {
  if (!name || *name == kDefault) return {};
  return keys::NotFound(
      fmt::format("No such policy exists: a key has the policy '{}', not '{}'.", kDefault, *name));
}

}  // namespace

Result<std::string> Kms::BindPolicy(const std::string& policy) const {
  auto bound = account::BindPrincipals(*identities_.Current(), nullptr, policy);
  if (bound) return bound;
  return keys::KeyError(
      Fault::kValidation, "MalformedPolicyDocumentException",
      "Policy contains a statement with one or more invalid principals. " + bound.error().message);
}

net::Task<Result<gen::GetKeyPolicyResponse>> Kms::GetKeyPolicy(const wire::Call& call,
                                                               gen::GetKeyPolicyRequest input) {
  if (auto ok = CheckPolicyName(input.PolicyName); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  gen::GetKeyPolicyResponse response;
  response.Policy = account::TellPrincipals(*identities_.Current(), (*key)->policy);
  response.PolicyName = std::string(kDefault);
  co_return response;
}

net::Task<Result<void>> Kms::PutKeyPolicy(const wire::Call& call, gen::PutKeyPolicyRequest input) {
  if (auto ok = CheckPolicyName(input.PolicyName); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  const auto policy = BindPolicy(*input.Policy);
  if (!policy) co_return std::unexpected(policy.error());
  co_return co_await pool_.Run([&] {
    return keys_.administration.PutPolicy((*key)->place(), *policy, IdentityOf(call),
                                          OrEmpty(input.BypassPolicyLockoutSafetyCheck));
  });
}

net::Task<Result<gen::ListKeyPoliciesResponse>> Kms::ListKeyPolicies(
    const wire::Call& call, gen::ListKeyPoliciesRequest input) {
  const auto after = ReadMarker(input.Marker);
  if (!after) co_return std::unexpected(after.error());
  const auto key = co_await FindOwn(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  gen::ListKeyPoliciesResponse response;
  auto& names = response.PolicyNames.emplace();
  if (after->empty()) names.emplace_back(kDefault);
  response.Truncated = false;
  co_return response;
}

}  // namespace bedplate::services::kms
