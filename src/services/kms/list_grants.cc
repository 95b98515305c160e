#include <fmt/format.h>

#include <utility>

#include "account/keys/key_error.h"
#include "base/arn.h"
#include "kms/ops/ListGrants.h"
#include "kms/ops/ListRetirableGrants.h"
#include "kms/shapes/GrantListEntry.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {
namespace {

constexpr PageLimit kLimit = {.standard = 50, .most = 100};

wire::Opt<std::string> OrAbsent(std::string text) {
  if (text.empty()) return {};
  return text;
}

gen::GrantListEntry ToEntry(const keys::Grant& grant) {
  gen::GrantListEntry entry;
  entry.KeyId = grant.key_arn;
  entry.GrantId = grant.id;
  entry.Name = OrAbsent(grant.name);
  entry.CreationDate = ToTimestamp(grant.created_at_ms);
  entry.GranteePrincipal = OrAbsent(grant.grantee);
  entry.GranteeServicePrincipal = OrAbsent(grant.grantee_service);
  entry.RetiringPrincipal = OrAbsent(grant.retiring);
  entry.RetiringServicePrincipal = OrAbsent(grant.retiring_service);
  entry.IssuingAccount = grant.issuing_account;
  auto& operations = entry.Operations.emplace();
  for (const std::string& operation : grant.operations) {
    operations.push_back(wire::OpenEnum<gen::GrantOperation>::FromText(operation));
  }
  if (grant.context_equals || grant.context_subset || !grant.source_arn.empty()) {
    gen::GrantConstraints& constraints = entry.Constraints.emplace();
    if (grant.context_equals) constraints.EncryptionContextEquals = *grant.context_equals;
    if (grant.context_subset) constraints.EncryptionContextSubset = *grant.context_subset;
    constraints.SourceArn = OrAbsent(grant.source_arn);
  }
  return entry;
}

gen::ListGrantsResponse ToResponse(std::vector<keys::Grant> grants, size_t most) {
  gen::ListGrantsResponse response;
  EndPage(response, grants, most, [](const keys::Grant& grant) { return grant.id; });
  auto& list = response.Grants.emplace();
  for (const keys::Grant& grant : grants) list.push_back(ToEntry(grant));
  return response;
}

}  // namespace

net::Task<Result<gen::ListGrantsResponse>> Kms::ListGrants(const wire::Call& call,
                                                           gen::ListGrantsRequest input) {
  const auto most = ReadLimit(input.Limit, kLimit);
  if (!most) co_return std::unexpected(most.error());
  const auto after = ReadMarker(input.Marker);
  if (!after) co_return std::unexpected(after.error());
  const auto key = co_await Find(call, *input.KeyId, keys::Names::kKeys);
  if (!key) co_return std::unexpected(key.error());
  const auto wanted = [&](const keys::Grant& grant) {
    return grant.id > *after && (!input.GrantId || *input.GrantId == grant.id) &&
           (!input.GranteePrincipal || *input.GranteePrincipal == grant.grantee) &&
           (!input.GranteeServicePrincipal ||
            *input.GranteeServicePrincipal == grant.grantee_service);
  };
  std::vector<keys::Grant> grants;
  for (const keys::Grant& grant : keys::KeyGrants::Of(**key)) {
    if (grants.size() <= *most && wanted(grant)) grants.push_back(grant);
  }
  co_return ToResponse(std::move(grants), *most);
}

net::Task<Result<gen::ListGrantsResponse>> Kms::ListRetirableGrants(
    const wire::Call& call, gen::ListRetirableGrantsRequest input) {
  const auto most = ReadLimit(input.Limit, kLimit);
  if (!most) co_return std::unexpected(most.error());
  const auto after = ReadMarker(input.Marker);
  if (!after) co_return std::unexpected(after.error());
  if (input.RetiringPrincipal.has_value() == input.RetiringServicePrincipal.has_value()) {
    co_return keys::Invalid("Either RetiringPrincipal or RetiringServicePrincipal must be given.");
  }
  const state::GrantTable::Retiring by{
      // Services have no account: of their grants, those of the caller's keys are shown.
      .account = input.RetiringPrincipal ? std::string() : call.account,
      .region = call.region,
      .principal = OrEmpty(input.RetiringPrincipal),
      .service = OrEmpty(input.RetiringServicePrincipal)};
  if (!by.principal.empty()) {
    if (PartitionOfPrincipal(by.principal).empty()) {
      co_return keys::InvalidArn(
          fmt::format("RetiringPrincipal '{}' is not the ARN of a principal.", by.principal));
    }
    if (!by.principal.contains(fmt::format("::{}:", call.account))) {
      co_return keys::NotAuthorized(
          fmt::format("RetiringPrincipal '{}' is of another account.", by.principal));
    }
  }
  auto grants = co_await pool_.Run([&] { return keys_.grants.Retirable(by, *after, *most + 1); });
  if (!grants) co_return std::unexpected(std::move(grants.error()));
  co_return ToResponse(std::move(*grants), *most);
}

}  // namespace bedplate::services::kms
