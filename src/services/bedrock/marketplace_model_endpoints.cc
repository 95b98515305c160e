// Making, changing and reading model endpoints; register_marketplace_model_endpoint.cc has the two
// of registration.
#include <string>
#include <utility>

#include "bedrock/ops/CreateMarketplaceModelEndpoint.h"
#include "bedrock/ops/DeleteMarketplaceModelEndpoint.h"
#include "bedrock/ops/GetMarketplaceModelEndpoint.h"
#include "bedrock/ops/ListMarketplaceModelEndpoints.h"
#include "bedrock/ops/UpdateMarketplaceModelEndpoint.h"
#include "services/bedrock/marketplace_model_endpoint.h"
#include "services/bedrock/page.h"
#include "services/bedrock/service.h"
#include "services/bedrock/tags.h"

namespace bedplate::services::bedrock {

net::Task<Result<gen::MarketplaceModelEndpoint>> Bedrock::Look(models::Scope scope,
                                                               models::ModelEndpoint endpoint) {
  const auto state = co_await models::ProbeEndpoint(control_.hosts, directory_, scope, endpoint);
  if (state.compatible != endpoint.compatible || state.message != endpoint.message) {
    endpoint.compatible = state.compatible;
    endpoint.message = state.message;
    auto noted = co_await pool_.Run([&] { return control_.endpoints.Note(scope, endpoint); });
    if (!noted) co_return std::unexpected(std::move(noted.error()));
  }
  co_return ToEndpoint(endpoint, state, scope);
}

net::Task<Result<gen::CreateMarketplaceModelEndpointResponse>>
Bedrock::CreateMarketplaceModelEndpoint(const wire::Call& call,
                                        gen::CreateMarketplaceModelEndpointRequest input) {
  auto config = ToConfig(*input.endpointConfig);
  if (!config) co_return std::unexpected(std::move(config.error()));
  models::NewEndpoint wanted{.name = *input.endpointName,
                             .source_identifier = *input.modelSourceIdentifier,
                             .config = std::move(*config),
                             .accept_eula = input.acceptEula.value_or(false),
                             .client_token = input.clientRequestToken.value_or("")};
  if (input.tags) {
    auto tags = ToTags(*input.tags);
    if (!tags) co_return std::unexpected(std::move(tags.error()));
    wanted.tags = std::move(*tags);
  }
  const models::Scope scope = ScopeOf(call);
  auto made = co_await pool_.Run([&] { return control_.endpoints.Create(scope, wanted); });
  if (!made) co_return std::unexpected(std::move(made.error()));
  // Its model is wanted from now on: an engine begins to load, which the state then tells.
  if (made->source.url.empty()) {
    if (auto model = directory_.Resolve(made->source.model, scope)) {
      control_.hosts.WarmUp({*model});
    }
  }
  auto seen = co_await Look(scope, std::move(*made));
  if (!seen) co_return std::unexpected(std::move(seen.error()));
  gen::CreateMarketplaceModelEndpointResponse response;
  response.marketplaceModelEndpoint = std::move(*seen);
  co_return response;
}

net::Task<Result<gen::GetMarketplaceModelEndpointResponse>> Bedrock::GetMarketplaceModelEndpoint(
    const wire::Call& call, gen::GetMarketplaceModelEndpointRequest input) {
  const models::Scope scope = ScopeOf(call);
  auto found =
      co_await pool_.Run([&] { return control_.endpoints.Get(scope, *input.endpointArn); });
  if (!found) co_return std::unexpected(std::move(found.error()));
  auto seen = co_await Look(scope, std::move(*found));
  if (!seen) co_return std::unexpected(std::move(seen.error()));
  gen::GetMarketplaceModelEndpointResponse response;
  response.marketplaceModelEndpoint = std::move(*seen);
  co_return response;
}

net::Task<Result<gen::ListMarketplaceModelEndpointsResponse>>
Bedrock::ListMarketplaceModelEndpoints(const wire::Call& call,
                                       gen::ListMarketplaceModelEndpointsRequest input) {
  const models::Scope scope = ScopeOf(call);
  auto all = co_await pool_.Run([&] { return control_.endpoints.List(scope); });
  if (!all) co_return std::unexpected(std::move(all.error()));
  if (input.modelSourceEquals) {
    std::erase_if(*all, [&](const models::ModelEndpoint& endpoint) {
      return endpoint.source_identifier != *input.modelSourceEquals;
    });
  }
  auto page = FindPage(*all, input.nextToken, input.maxResults, &models::ModelEndpoint::name);
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::ListMarketplaceModelEndpointsResponse response;
  auto& summaries = response.marketplaceModelEndpoints.emplace();
  for (size_t i = page->first; i < page->end; ++i) {
    summaries.push_back(ToSummary((*all)[i], scope));
  }
  response.nextToken = std::move(page->next_token);
  co_return response;
}

net::Task<Result<gen::UpdateMarketplaceModelEndpointResponse>>
Bedrock::UpdateMarketplaceModelEndpoint(const wire::Call& call,
                                        gen::UpdateMarketplaceModelEndpointRequest input) {
  auto config = ToConfig(*input.endpointConfig);
  if (!config) co_return std::unexpected(std::move(config.error()));
  const models::Scope scope = ScopeOf(call);
  const std::string token = input.clientRequestToken.value_or("");
  auto updated = co_await pool_.Run(
      [&] { return control_.endpoints.Update(scope, *input.endpointArn, *config, token); });
  if (!updated) co_return std::unexpected(std::move(updated.error()));
  auto seen = co_await Look(scope, std::move(*updated));
  if (!seen) co_return std::unexpected(std::move(seen.error()));
  gen::UpdateMarketplaceModelEndpointResponse response;
  response.marketplaceModelEndpoint = std::move(*seen);
  co_return response;
}

net::Task<Result<gen::DeleteMarketplaceModelEndpointResponse>>
Bedrock::DeleteMarketplaceModelEndpoint(const wire::Call& call,
                                        gen::DeleteMarketplaceModelEndpointRequest input) {
  auto gone = co_await pool_.Run(
      [&] { return control_.endpoints.Delete(ScopeOf(call), *input.endpointArn); });
  if (!gone) co_return std::unexpected(std::move(gone.error()));
  co_return gen::DeleteMarketplaceModelEndpointResponse{};
}

}  // namespace bedplate::services::bedrock
