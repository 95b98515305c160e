// bedrock (the control plane): from wire types to the domain and back, one file for each operation
// or tight group of them.
//
// Threads: as gen::bedrock::Handler.
#pragma once

#include <string>

#include "bedrock/handler.h"
#include "bedrock/shapes/MarketplaceModelEndpoint.h"
#include "models/directory.h"
#include "models/model_access.h"
#include "models/profile_store.h"
#include "net/blocking_pool.h"
#include "services/bedrock/control_plane.h"
#include "state/tag_table.h"

namespace bedplate::services::bedrock {

namespace gen = ::bedplate::gen::bedrock;

class Bedrock final : public gen::Handler {
 public:
  // All outlive this.
  Bedrock(const models::ModelDirectory& directory, models::ModelAccess& access,
          models::ProfileStore& profiles, state::TagTable& tags, ControlPlane control,
          net::BlockingPool& pool)
      : directory_(directory),
        access_(access),
        profiles_(profiles),
        tags_(tags),
        control_(control),
        pool_(pool) {}

  net::Task<Result<gen::CreateFoundationModelAgreementResponse>> CreateFoundationModelAgreement(
      const wire::Call& call, gen::CreateFoundationModelAgreementRequest input) override;
  net::Task<Result<gen::CreateInferenceProfileResponse>> CreateInferenceProfile(
      const wire::Call& call, gen::CreateInferenceProfileRequest input) override;
  net::Task<Result<gen::CreateMarketplaceModelEndpointResponse>> CreateMarketplaceModelEndpoint(
      const wire::Call& call, gen::CreateMarketplaceModelEndpointRequest input) override;
  net::Task<Result<gen::CreatePromptRouterResponse>> CreatePromptRouter(
      const wire::Call& call, gen::CreatePromptRouterRequest input) override;
  net::Task<Result<gen::DeleteFoundationModelAgreementResponse>> DeleteFoundationModelAgreement(
      const wire::Call& call, gen::DeleteFoundationModelAgreementRequest input) override;
  net::Task<Result<gen::DeleteInferenceProfileResponse>> DeleteInferenceProfile(
      const wire::Call& call, gen::DeleteInferenceProfileRequest input) override;
  net::Task<Result<gen::DeleteMarketplaceModelEndpointResponse>> DeleteMarketplaceModelEndpoint(
      const wire::Call& call, gen::DeleteMarketplaceModelEndpointRequest input) override;
  net::Task<Result<gen::DeletePromptRouterResponse>> DeletePromptRouter(
      const wire::Call& call, gen::DeletePromptRouterRequest input) override;
  net::Task<Result<gen::DeleteResourcePolicyResponse>> DeleteResourcePolicy(
      const wire::Call& call, gen::DeleteResourcePolicyRequest input) override;
  net::Task<Result<gen::DeregisterMarketplaceModelEndpointResponse>>
  DeregisterMarketplaceModelEndpoint(const wire::Call& call,
                                     gen::DeregisterMarketplaceModelEndpointRequest input) override;
  net::Task<Result<gen::GetAccountDataRetentionResponse>> GetAccountDataRetention(
      const wire::Call& call, gen::GetAccountDataRetentionRequest input) override;
  net::Task<Result<gen::GetFoundationModelResponse>> GetFoundationModel(
      const wire::Call& call, gen::GetFoundationModelRequest input) override;
  net::Task<Result<gen::GetFoundationModelAvailabilityResponse>> GetFoundationModelAvailability(
      const wire::Call& call, gen::GetFoundationModelAvailabilityRequest input) override;
  net::Task<Result<gen::GetInferenceProfileResponse>> GetInferenceProfile(
      const wire::Call& call, gen::GetInferenceProfileRequest input) override;
  net::Task<Result<gen::GetMarketplaceModelEndpointResponse>> GetMarketplaceModelEndpoint(
      const wire::Call& call, gen::GetMarketplaceModelEndpointRequest input) override;
  net::Task<Result<gen::GetPromptRouterResponse>> GetPromptRouter(
      const wire::Call& call, gen::GetPromptRouterRequest input) override;
  net::Task<Result<gen::GetResourcePolicyResponse>> GetResourcePolicy(
      const wire::Call& call, gen::GetResourcePolicyRequest input) override;
  net::Task<Result<gen::GetUseCaseForModelAccessResponse>> GetUseCaseForModelAccess(
      const wire::Call& call, gen::GetUseCaseForModelAccessRequest input) override;
  net::Task<Result<gen::ListFoundationModelAgreementOffersResponse>>
  ListFoundationModelAgreementOffers(const wire::Call& call,
                                     gen::ListFoundationModelAgreementOffersRequest input) override;
  net::Task<Result<gen::ListFoundationModelsResponse>> ListFoundationModels(
      const wire::Call& call, gen::ListFoundationModelsRequest input) override;
  net::Task<Result<gen::ListInferenceProfilesResponse>> ListInferenceProfiles(
      const wire::Call& call, gen::ListInferenceProfilesRequest input) override;
  net::Task<Result<gen::ListMarketplaceModelEndpointsResponse>> ListMarketplaceModelEndpoints(
      const wire::Call& call, gen::ListMarketplaceModelEndpointsRequest input) override;
  net::Task<Result<gen::ListPromptRoutersResponse>> ListPromptRouters(
      const wire::Call& call, gen::ListPromptRoutersRequest input) override;
  net::Task<Result<gen::ListTagsForResourceResponse>> ListTagsForResource(
      const wire::Call& call, gen::ListTagsForResourceRequest input) override;
  net::Task<Result<gen::PutAccountDataRetentionResponse>> PutAccountDataRetention(
      const wire::Call& call, gen::PutAccountDataRetentionRequest input) override;
  net::Task<Result<gen::PutResourcePolicyResponse>> PutResourcePolicy(
      const wire::Call& call, gen::PutResourcePolicyRequest input) override;
  net::Task<Result<gen::PutUseCaseForModelAccessResponse>> PutUseCaseForModelAccess(
      const wire::Call& call, gen::PutUseCaseForModelAccessRequest input) override;
  net::Task<Result<gen::RegisterMarketplaceModelEndpointResponse>> RegisterMarketplaceModelEndpoint(
      const wire::Call& call, gen::RegisterMarketplaceModelEndpointRequest input) override;
  net::Task<Result<gen::TagResourceResponse>> TagResource(const wire::Call& call,
                                                          gen::TagResourceRequest input) override;
  net::Task<Result<gen::UntagResourceResponse>> UntagResource(
      const wire::Call& call, gen::UntagResourceRequest input) override;
  net::Task<Result<gen::UpdateMarketplaceModelEndpointResponse>> UpdateMarketplaceModelEndpoint(
      const wire::Call& call, gen::UpdateMarketplaceModelEndpointRequest input) override;

 private:
  // kNotFound in Bedrock's words.
  Result<models::ModelPtr> Find(const wire::Call& call, const std::string& identifier) const;

  // A resource of the caller's that can have tags; kNotFound.
  Result<state::TaggedResource> Taggable(const wire::Call& call, const std::string& resource) const;

  // An endpoint with its state of now, which is kept where it changed.
  net::Task<Result<gen::MarketplaceModelEndpoint>> Look(models::Scope scope,
                                                        models::ModelEndpoint endpoint);

  const models::ModelDirectory& directory_;
  models::ModelAccess& access_;
  models::ProfileStore& profiles_;
  state::TagTable& tags_;
  const ControlPlane control_;
  net::BlockingPool& pool_;
};

inline models::Scope ScopeOf(const wire::Call& call) {
  return {.account = std::string(call.account), .region = std::string(call.region)};
}

}  // namespace bedplate::services::bedrock
