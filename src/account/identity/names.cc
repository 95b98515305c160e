#include "account/identity/names.h"

#include <cstdint>

#include "account/identity/principal_ids.h"
#include "account/policy/text.h"
#include "base/limits.h"

namespace bedplate::account {
namespace {

constexpr std::string_view kServiceRolePath = "/aws-service-role/";
constexpr size_t kTrustSizeMax = 4096;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

bool IsServiceLinked(const Role& role) { return role.path.starts_with(kServiceRolePath); }

Result<Role*> EditOwnRole(Draft& draft, std::string_view name) {
  auto role = Edit<Role>(draft, name);
  if (role && IsServiceLinked(**role)) {
    return Unmodifiable(fmt::format(
        "Cannot perform the operation on the protected role '{}' - this role is only modifiable "
        "by AWS",
        (*role)->name));
  }
  return role;
}

Result<const ManagedPolicy*> FindManaged(const AccountState& state, const std::string& arn) {
  const ManagedPolicy* const policy = FindPolicy(state, arn);
  if (policy == nullptr) return NoSuchEntity(fmt::format("Policy {} was not found.", arn));
  return policy;
}

Result<ManagedPolicy*> EditManaged(Draft& draft, const std::string& arn) {
  auto found = FindManaged(draft.state(), arn);
  if (!found) return std::unexpected(std::move(found.error()));
  if ((*found)->of_aws) {
    return AccessDenied(fmt::format("The policy {} is AWS's and can not be changed.", arn));
  }
  return draft.Edit<ManagedPolicy>(KeyOf(**found));
}

Result<void> CheckQuota(size_t count, size_t most, std::string_view quota) {
  if (count < most) return {};
  return LimitExceeded(fmt::format("Cannot exceed quota for {}: {}", quota, most));
}

Result<void> AddTags(Tags& tags, const Tags& more) {
  Tags merged = tags;
  for (const auto& [key, value] : more) {
    if (NameKey(key).starts_with("aws:")) {
      return InvalidInput(fmt::format(
          "The tag key '{}' begins with aws:, which is reserved for the use of AWS.", key));
    }
    // Keys that differ by case alone are one key, which keeps the case it had first.
    const auto same = std::ranges::find_if(
        merged, [&](const auto& tag) { return policy::EqualsIgnoringCase(tag.first, key); });
    if (same != merged.end()) {
      same->second = value;
    } else {
      merged.emplace(key, value);
    }
  }
  if (merged.size() > limits::kTagsMax) {
    return LimitExceeded(
        fmt::format("Cannot exceed quota for TagsPerResource: {}", limits::kTagsMax));
  }
  tags = std::move(merged);
  return {};
}

size_t SizeWithoutBlanks(std::string_view json) {
  return json.size() - static_cast<size_t>(std::ranges::count_if(json, IsBlank));
}

Result<PolicyText> ReadPolicyText(std::string json, policy::Kind kind, size_t size_max,
                                  std::string_view quota) {
  if (SizeWithoutBlanks(json) > size_max) {
    return LimitExceeded(fmt::format("Cannot exceed quota for {}: {}", quota, size_max));
  }
  auto document = policy::ReadDocument(json, kind);
  if (!document) return MalformedPolicy(std::move(document.error().message));
  return PolicyText{.json = std::move(json),
                    .document = std::make_shared<const policy::Document>(std::move(*document))};
}

Result<PolicyText> ReadTrust(const Draft& draft, std::string json) {
  auto text =
      ReadPolicyText(std::move(json), policy::Kind::kTrust, kTrustSizeMax, "ACLSizePerRole");
  if (!text) return text;
  auto bound = BindPrincipals(draft.world(), &draft.state(), text->json);
  if (!bound) return MalformedPolicy(std::move(bound.error().message));
  // What its size may be is asked of what was put, not of what is kept.
  return ReadPolicyText(std::move(*bound), policy::Kind::kTrust, SIZE_MAX, "ACLSizePerRole");
}

Result<void> CheckBoundary(const AccountState& state, const std::string& arn) {
  if (FindPolicy(state, arn) != nullptr) return {};
  return NoSuchEntity(fmt::format("Scope ARN: {} does not exist or is not attachable.", arn));
}

}  // namespace bedplate::account
