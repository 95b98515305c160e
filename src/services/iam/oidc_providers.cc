#include "account/identity/providers.h"
#include "iam/ops/AddClientIDToOpenIDConnectProvider.h"
#include "iam/ops/CreateOpenIDConnectProvider.h"
#include "iam/ops/DeleteOpenIDConnectProvider.h"
#include "iam/ops/GetOpenIDConnectProvider.h"
#include "iam/ops/ListOpenIDConnectProviders.h"
#include "iam/ops/RemoveClientIDFromOpenIDConnectProvider.h"
#include "iam/ops/UpdateOpenIDConnectProviderThumbprint.h"
#include "services/iam/convert.h"
#include "services/iam/service.h"

namespace bedplate::services::iam {

using account::Draft;

net::Task<Result<gen::CreateOpenIDConnectProviderResponse>> Iam::CreateOpenIDConnectProvider(
    const wire::Call& call, gen::CreateOpenIDConnectProviderRequest input) {
  auto tags = ToTags(input.Tags);
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  const account::NewProvider made{.url = *input.Url,
                                  .client_ids = input.ClientIDList.value_or({}),
                                  .thumbprints = input.ThumbprintList.value_or({}),
                                  .tags = std::move(*tags)};
  auto provider =
      co_await Change(call, [&](Draft& draft) { return account::CreateProvider(draft, made); });
  if (!provider) co_return std::unexpected(std::move(provider.error()));
  gen::CreateOpenIDConnectProviderResponse response;
  response.OpenIDConnectProviderArn = account::ArnOf(call.account, *provider);
  if (!provider->tags.empty()) response.Tags = ToWire(provider->tags);
  co_return response;
}

net::Task<Result<gen::GetOpenIDConnectProviderResponse>> Iam::GetOpenIDConnectProvider(
    const wire::Call& call, gen::GetOpenIDConnectProviderRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto provider = account::FindProvider(**state, *input.OpenIDConnectProviderArn);
  if (!provider) co_return std::unexpected(provider.error());
  gen::GetOpenIDConnectProviderResponse response;
  response.Url = (*provider)->url;
  response.ClientIDList = (*provider)->client_ids;
  response.ThumbprintList = (*provider)->thumbprints;
  response.CreateDate = TimeOf((*provider)->created_at_ms);
  response.Tags = ToWire((*provider)->tags);
  co_return response;
}

net::Task<Result<gen::ListOpenIDConnectProvidersResponse>> Iam::ListOpenIDConnectProviders(
    const wire::Call& call, gen::ListOpenIDConnectProvidersRequest) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  gen::ListOpenIDConnectProvidersResponse response;
  auto& told = response.OpenIDConnectProviderList.emplace();
  for (const auto& [url, provider] : (*state)->providers) {
    told.emplace_back().Arn = account::ArnOf((*state)->account, *provider);
  }
  co_return response;
}

net::Task<Result<void>> Iam::DeleteOpenIDConnectProvider(
    const wire::Call& call, gen::DeleteOpenIDConnectProviderRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DeleteProvider(draft, *input.OpenIDConnectProviderArn);
  });
}

net::Task<Result<void>> Iam::AddClientIDToOpenIDConnectProvider(
    const wire::Call& call, gen::AddClientIDToOpenIDConnectProviderRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::AddClientId(draft, *input.OpenIDConnectProviderArn, *input.ClientID);
  });
}

net::Task<Result<void>> Iam::RemoveClientIDFromOpenIDConnectProvider(
    const wire::Call& call, gen::RemoveClientIDFromOpenIDConnectProviderRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::RemoveClientId(draft, *input.OpenIDConnectProviderArn, *input.ClientID);
  });
}

net::Task<Result<void>> Iam::UpdateOpenIDConnectProviderThumbprint(
    const wire::Call& call, gen::UpdateOpenIDConnectProviderThumbprintRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::SetThumbprints(draft, *input.OpenIDConnectProviderArn, *input.ThumbprintList);
  });
}

}  // namespace bedplate::services::iam
