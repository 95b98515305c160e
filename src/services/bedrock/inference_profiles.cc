#include <string>
#include <utility>

#include "bedrock/ops/CreateInferenceProfile.h"
#include "bedrock/ops/DeleteInferenceProfile.h"
#include "bedrock/ops/GetInferenceProfile.h"
#include "bedrock/ops/ListInferenceProfiles.h"
#include "services/bedrock/page.h"
#include "services/bedrock/service.h"
#include "services/bedrock/tags.h"
#include "services/bedrock/timestamp.h"

namespace bedplate::services::bedrock {
namespace {

// GetInferenceProfileResponse and InferenceProfileSummary have the same members.
template <class Target>
Target Convert(const models::InferenceProfile& profile, const models::Scope& scope) {
  Target target;
  target.inferenceProfileArn = models::ProfileArn(scope, profile);
  target.inferenceProfileId = profile.id;
  target.inferenceProfileName = profile.name;
  if (!profile.description.empty()) target.description = profile.description;
  if (profile.created_at_ms > 0) {
    target.createdAt = ToTimestamp(profile.created_at_ms);
    target.updatedAt = ToTimestamp(profile.created_at_ms);
  }
  target.models.emplace().emplace_back().modelArn =
      models::FoundationModelArn(scope.region, profile.model_id);
  target.status = gen::InferenceProfileStatus::kActive;
  target.type = profile.system_defined ? gen::InferenceProfileType::kSystemDefined
                                       : gen::InferenceProfileType::kApplication;
  return target;
}

}  // namespace

net::Task<Result<gen::CreateInferenceProfileResponse>> Bedrock::CreateInferenceProfile(
    const wire::Call& call, gen::CreateInferenceProfileRequest input) {
  if (!input.modelSource->copyFrom) {
    co_return Fail(Fault::kValidation, "The modelSource has no copyFrom.");
  }
  models::NewProfile profile{.name = *input.inferenceProfileName,
                             .description = input.description.value_or(""),
                             .source = *input.modelSource->copyFrom,
                             .client_token = input.clientRequestToken.value_or("")};
  if (input.tags) {
    auto tags = ToTags(*input.tags);
    if (!tags) co_return std::unexpected(std::move(tags.error()));
    profile.tags = std::move(*tags);
  }
  const models::Scope scope = ScopeOf(call);
  auto made = co_await pool_.Run([&] { return profiles_.Create(scope, profile); });
  if (!made) co_return std::unexpected(std::move(made.error()));
  gen::CreateInferenceProfileResponse response;
  response.inferenceProfileArn = models::ProfileArn(scope, *made);
  response.status = gen::InferenceProfileStatus::kActive;
  co_return response;
}

net::Task<Result<gen::GetInferenceProfileResponse>> Bedrock::GetInferenceProfile(
    const wire::Call& call, gen::GetInferenceProfileRequest input) {
  const models::Scope scope = ScopeOf(call);
  auto profile = directory_.FindProfile(*input.inferenceProfileIdentifier, scope);
  if (!profile) co_return std::unexpected(std::move(profile.error()));
  co_return Convert<gen::GetInferenceProfileResponse>(*profile, scope);
}

net::Task<Result<gen::ListInferenceProfilesResponse>> Bedrock::ListInferenceProfiles(
    const wire::Call& call, gen::ListInferenceProfilesRequest input) {
  const models::Scope scope = ScopeOf(call);
  auto profiles = directory_.ListProfiles(scope);
  if (input.typeEquals) {
    const bool system = *input.typeEquals == gen::InferenceProfileType::kSystemDefined;
    std::erase_if(profiles, [&](const models::InferenceProfile& profile) {
      return profile.system_defined != system;
    });
  }
  // Those of the system have no time of their making, so they come first.
  auto page = FindPage(profiles, input.nextToken, input.maxResults, &models::InferenceProfile::id);
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::ListInferenceProfilesResponse response;
  auto& summaries = response.inferenceProfileSummaries.emplace();
  for (size_t i = page->first; i < page->end; ++i) {
    summaries.push_back(Convert<gen::InferenceProfileSummary>(profiles[i], scope));
  }
  response.nextToken = std::move(page->next_token);
  co_return response;
}

net::Task<Result<gen::DeleteInferenceProfileResponse>> Bedrock::DeleteInferenceProfile(
    const wire::Call& call, gen::DeleteInferenceProfileRequest input) {
  auto gone = co_await pool_.Run(
      [&] { return profiles_.Delete(ScopeOf(call), *input.inferenceProfileIdentifier); });
  if (!gone) co_return std::unexpected(std::move(gone.error()));
  co_return gen::DeleteInferenceProfileResponse{};
}

}  // namespace bedplate::services::bedrock
