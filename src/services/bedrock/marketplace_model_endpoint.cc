#include "services/bedrock/marketplace_model_endpoint.h"

#include <string>
#include <utility>

#include "bedrock/shapes/SageMakerEndpoint.h"
#include "bedrock/shapes/VpcConfig.h"
#include "services/bedrock/timestamp.h"

namespace bedplate::services::bedrock {
namespace {

// A server that was registered has no instances of anybody's: its configuration is empty.
gen::EndpointConfig FromConfig(const std::optional<models::EndpointConfig>& config) {
  gen::EndpointConfig to;
  gen::SageMakerEndpoint& instances = to.sageMaker.emplace();
  if (!config) return to;
  instances.initialInstanceCount = config->instances;
  instances.instanceType = config->instance_type;
  instances.executionRole = config->role;
  if (!config->kms_key.empty()) instances.kmsEncryptionKey = config->kms_key;
  if (!config->subnets.empty()) {
    gen::VpcConfig& vpc = instances.vpc.emplace();
    vpc.subnetIds = config->subnets;
    vpc.securityGroupIds = config->security_groups;
  }
  return to;
}

std::string ToText(models::EndpointState::Serving serving) {
  switch (serving) {
    case models::EndpointState::Serving::kCreating:
      return "Creating";
    case models::EndpointState::Serving::kInService:
      return "InService";
    case models::EndpointState::Serving::kFailed:
      return "Failed";
  }
  return {};
}

// What MarketplaceModelEndpoint and its summary share.
template <class Target>
Target Convert(const models::ModelEndpoint& endpoint, const models::Scope& scope) {
  Target target;
  target.endpointArn = models::EndpointArn(scope, endpoint.name);
  target.modelSourceIdentifier = endpoint.source_identifier;
  target.status =
      endpoint.compatible ? gen::Status::kRegistered : gen::Status::kIncompatibleEndpoint;
  if (!endpoint.message.empty()) target.statusMessage = endpoint.message;
  target.createdAt = ToTimestamp(endpoint.created_at_ms);
  target.updatedAt = ToTimestamp(endpoint.updated_at_ms);
  return target;
}

}  // namespace

Result<models::EndpointConfig> ToConfig(const gen::EndpointConfig& config) {
  if (!config.sageMaker) return Fail(Fault::kValidation, "The endpointConfig has no sageMaker.");
  const gen::SageMakerEndpoint& from = *config.sageMaker;
  models::EndpointConfig to{.instances = *from.initialInstanceCount,
                            .instance_type = *from.instanceType,
                            .role = *from.executionRole,
                            .kms_key = from.kmsEncryptionKey.value_or("")};
  if (from.vpc) {
    to.subnets = *from.vpc->subnetIds;
    to.security_groups = *from.vpc->securityGroupIds;
  }
  return to;
}

gen::MarketplaceModelEndpoint ToEndpoint(const models::ModelEndpoint& endpoint,
                                         const models::EndpointState& state,
                                         const models::Scope& scope) {
  auto target = Convert<gen::MarketplaceModelEndpoint>(endpoint, scope);
  target.endpointConfig = FromConfig(endpoint.config);
  target.endpointStatus = ToText(state.serving);
  if (!state.serving_message.empty()) target.endpointStatusMessage = state.serving_message;
  return target;
}

gen::MarketplaceModelEndpointSummary ToSummary(const models::ModelEndpoint& endpoint,
                                               const models::Scope& scope) {
  return Convert<gen::MarketplaceModelEndpointSummary>(endpoint, scope);
}

}  // namespace bedplate::services::bedrock
