// bedrock (the control plane): from wire types to the domain and back, one file for each operation
// or tight group of them.
//
// Threads: as gen::bedrock::Handler.
#pragma once

#include <string>

#include "bedrock/handler.h"
#include "models/directory.h"
#include "models/model_access.h"
#include "net/blocking_pool.h"

namespace bedplate::services::bedrock {

namespace gen = ::bedplate::gen::bedrock;

class Bedrock final : public gen::Handler {
 public:
  // All outlive this.
  Bedrock(const models::ModelDirectory& directory, models::ModelAccess& access,
          net::BlockingPool& pool)
      : directory_(directory), access_(access), pool_(pool) {}

  net::Task<Result<gen::CreateFoundationModelAgreementResponse>> CreateFoundationModelAgreement(
      const wire::Call& call, gen::CreateFoundationModelAgreementRequest input) override;
  net::Task<Result<gen::DeleteFoundationModelAgreementResponse>> DeleteFoundationModelAgreement(
      const wire::Call& call, gen::DeleteFoundationModelAgreementRequest input) override;
  net::Task<Result<gen::GetFoundationModelResponse>> GetFoundationModel(
      const wire::Call& call, gen::GetFoundationModelRequest input) override;
  net::Task<Result<gen::GetFoundationModelAvailabilityResponse>> GetFoundationModelAvailability(
      const wire::Call& call, gen::GetFoundationModelAvailabilityRequest input) override;
  net::Task<Result<gen::GetUseCaseForModelAccessResponse>> GetUseCaseForModelAccess(
      const wire::Call& call, gen::GetUseCaseForModelAccessRequest input) override;
  net::Task<Result<gen::ListFoundationModelAgreementOffersResponse>>
  ListFoundationModelAgreementOffers(const wire::Call& call,
                                     gen::ListFoundationModelAgreementOffersRequest input) override;
  net::Task<Result<gen::ListFoundationModelsResponse>> ListFoundationModels(
      const wire::Call& call, gen::ListFoundationModelsRequest input) override;
  net::Task<Result<gen::PutUseCaseForModelAccessResponse>> PutUseCaseForModelAccess(
      const wire::Call& call, gen::PutUseCaseForModelAccessRequest input) override;

 private:
  // kNotFound in Bedrock's words.
  Result<models::ModelPtr> Find(const wire::Call& call, const std::string& identifier) const;

  const models::ModelDirectory& directory_;
  models::ModelAccess& access_;
  net::BlockingPool& pool_;
};

inline models::Scope ScopeOf(const wire::Call& call) {
  return {.account = std::string(call.account), .region = std::string(call.region)};
}

}  // namespace bedplate::services::bedrock
