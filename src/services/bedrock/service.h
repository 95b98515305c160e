// bedrock (the control plane): from wire types to the domain and back, one file for each operation.
//
// Threads: as gen::bedrock::Handler.
#pragma once

#include "bedrock/handler.h"
#include "models/directory.h"
#include "net/blocking_pool.h"

namespace bedplate::services::bedrock {

namespace gen = ::bedplate::gen::bedrock;

class Bedrock final : public gen::Handler {
 public:
  // Both outlive this.
  Bedrock(const models::ModelDirectory& directory, net::BlockingPool& pool)
      : directory_(directory), pool_(pool) {}

  net::Task<Result<gen::GetFoundationModelResponse>> GetFoundationModel(
      const wire::Call& call, gen::GetFoundationModelRequest input) override;
  net::Task<Result<gen::GetFoundationModelAvailabilityResponse>> GetFoundationModelAvailability(
      const wire::Call& call, gen::GetFoundationModelAvailabilityRequest input) override;
  net::Task<Result<gen::ListFoundationModelsResponse>> ListFoundationModels(
      const wire::Call& call, gen::ListFoundationModelsRequest input) override;

 private:
  // kNotFound in Bedrock's words.
  Result<models::ModelPtr> Find(const wire::Call& call, const std::string& identifier) const;

  const models::ModelDirectory& directory_;
  net::BlockingPool& pool_;
};

}  // namespace bedplate::services::bedrock
