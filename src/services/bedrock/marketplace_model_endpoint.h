// Model endpoints between the domain and wire types.
//
// Errors: kValidation. Threads: pure functions.
#pragma once

#include "base/result.h"
#include "bedrock/shapes/EndpointConfig.h"
#include "bedrock/shapes/MarketplaceModelEndpoint.h"
#include "bedrock/shapes/MarketplaceModelEndpointSummary.h"
#include "models/hosting/endpoint_probe.h"
#include "models/model_endpoint.h"
#include "models/model_id.h"

namespace bedplate::services::bedrock {

namespace gen = ::bedplate::gen::bedrock;

Result<models::EndpointConfig> ToConfig(const gen::EndpointConfig& config);
gen::MarketplaceModelEndpoint ToEndpoint(const models::ModelEndpoint& endpoint,
                                         const models::EndpointState& state,
                                         const models::Scope& scope);
gen::MarketplaceModelEndpointSummary ToSummary(const models::ModelEndpoint& endpoint,
                                               const models::Scope& scope);

}  // namespace bedplate::services::bedrock
