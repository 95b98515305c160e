#include <utility>

#include "bedrock/ops/DeregisterMarketplaceModelEndpoint.h"
#include "bedrock/ops/RegisterMarketplaceModelEndpoint.h"
#include "services/bedrock/marketplace_model_endpoint.h"
#include "services/bedrock/service.h"

namespace bedplate::services::bedrock {

net::Task<Result<gen::RegisterMarketplaceModelEndpointResponse>>
Bedrock::RegisterMarketplaceModelEndpoint(const wire::Call& call,
                                          gen::RegisterMarketplaceModelEndpointRequest input) {
  const models::Scope scope = ScopeOf(call);
  auto registered = co_await pool_.Run([&] {
    return control_.endpoints.Register(scope, *input.endpointIdentifier,
                                       *input.modelSourceIdentifier);
  });
  if (!registered) co_return std::unexpected(std::move(registered.error()));
  auto seen = co_await Look(scope, std::move(*registered));
  if (!seen) co_return std::unexpected(std::move(seen.error()));
  gen::RegisterMarketplaceModelEndpointResponse response;
  response.marketplaceModelEndpoint = std::move(*seen);
  co_return response;
}

net::Task<Result<gen::DeregisterMarketplaceModelEndpointResponse>>
Bedrock::DeregisterMarketplaceModelEndpoint(const wire::Call& call,
                                            gen::DeregisterMarketplaceModelEndpointRequest input) {
  auto gone = co_await pool_.Run(
      [&] { return control_.endpoints.Deregister(ScopeOf(call), *input.endpointArn); });
  if (!gone) co_return std::unexpected(std::move(gone.error()));
  co_return gen::DeregisterMarketplaceModelEndpointResponse{};
}

}  // namespace bedplate::services::bedrock
