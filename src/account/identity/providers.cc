#include "account/identity/providers.h"

#include <algorithm>

#include "account/identity/names.h"

namespace bedplate::account {
namespace {

constexpr size_t kProvidersMax = 100;
constexpr size_t kClientIdsMax = 100;
constexpr size_t kThumbprintsMax = 5;

// The part of a URL that names the provider: "https://" taken off, and a slash at its end. Plain
// HTTP is taken from this machine alone, where nobody listens in: for issuers of tests.
Result<std::string> ReadUrl(std::string_view url) {
  constexpr std::string_view kSecure = "https://";
  const bool local = url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost");
  if (!url.starts_with(kSecure) && !local) {
    return InvalidInput(
        fmt::format("Invalid Open ID Connect Provider URL {}: it must begin with "
                    "https://",
                    url));
  }
  std::string name(url.substr(url.find("//") + 2));
  while (name.ends_with('/')) name.pop_back();
  const bool odd =
      name.empty() || name.starts_with('/') || name.find_first_of("?#@ \\") != std::string::npos;
  if (odd) return InvalidInput(fmt::format("Invalid Open ID Connect Provider URL {}", url));
  return name;
}

Result<void> CheckThumbprints(const std::vector<std::string>& thumbprints) {
  constexpr size_t kSize = 40;
  if (thumbprints.size() > kThumbprintsMax) {
    return InvalidInput("Thumbprint list must contain fewer than 5 entries.");
  }
  for (const std::string& thumbprint : thumbprints) {
    const bool hex = thumbprint.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    if (thumbprint.size() != kSize || !hex) {
      return InvalidInput(
          fmt::format("The thumbprint {} is not 40 hexadecimal digits.", thumbprint));
    }
  }
  return {};
}

auto NoSuchProvider(std::string_view arn) {
  return NoSuchEntity(fmt::format("OpenIDConnect Provider not found for arn {}", arn));
}

std::string_view UrlIn(std::string_view arn) {
  constexpr std::string_view kKind = ":oidc-provider/";
  const size_t at = arn.find(kKind);
  return at == std::string_view::npos ? std::string_view() : arn.substr(at + kKind.size());
}

}  // namespace

Result<const OidcProvider*> FindProvider(const AccountState& state, std::string_view arn) {
  const OidcProvider* const found = FindIn(state.providers, UrlIn(arn));
  if (found == nullptr || ArnOf(state.account, *found) != arn) return NoSuchProvider(arn);
  return found;
}

Result<OidcProvider*> EditProvider(Draft& draft, const std::string& arn) {
  auto found = FindProvider(draft.state(), arn);
  if (!found) return std::unexpected(std::move(found.error()));
  return draft.Edit<OidcProvider>((*found)->url);
}

Result<OidcProvider> CreateProvider(Draft& draft, const NewProvider& made) {
  auto url = ReadUrl(made.url);
  if (!url) return std::unexpected(std::move(url.error()));
  const AccountState& state = draft.state();
  if (FindIn(state.providers, *url) != nullptr) {
    return EntityAlreadyExists(fmt::format("Provider with url {} already exists.", made.url));
  }
  if (auto room =
          CheckQuota(state.providers.size(), kProvidersMax, "OpenIdConnectProvidersPerAccount");
      !room) {
    return std::unexpected(room.error());
  }
  if (made.client_ids.size() > kClientIdsMax) {
    return LimitExceeded(
        fmt::format("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: "
                    "{}",
                    kClientIdsMax));
  }
  if (auto fit = CheckThumbprints(made.thumbprints); !fit) return std::unexpected(fit.error());
  OidcProvider provider{.url = std::move(*url),
                        .created_at_ms = draft.now_ms(),
                        .client_ids = made.client_ids,
                        .thumbprints = made.thumbprints};
  provider.secure = made.url.starts_with("https:");
  if (auto tagged = AddTags(provider.tags, made.tags); !tagged) {
    return std::unexpected(tagged.error());
  }
  return draft.Put(std::move(provider));
}

Result<void> DeleteProvider(Draft& draft, const std::string& arn) {
  auto provider = FindProvider(draft.state(), arn);
  if (!provider) return std::unexpected(std::move(provider.error()));
  draft.Erase<OidcProvider>(std::string((*provider)->url));
  return {};
}

Result<void> AddClientId(Draft& draft, const std::string& arn, const std::string& client_id) {
  auto provider = EditProvider(draft, arn);
  if (!provider) return std::unexpected(std::move(provider.error()));
  auto& ids = (*provider)->client_ids;
  if (std::ranges::find(ids, client_id) != ids.end()) return {};
  if (auto room = CheckQuota(ids.size(), kClientIdsMax, "ClientIdsPerOpenIdConnectProvider");
      !room) {
    return room;
  }
  ids.push_back(client_id);
  return {};
}

Result<void> RemoveClientId(Draft& draft, const std::string& arn, const std::string& client_id) {
  auto provider = EditProvider(draft, arn);
  if (!provider) return std::unexpected(std::move(provider.error()));
  std::erase((*provider)->client_ids, client_id);  // one that is not there is no error
  return {};
}

Result<void> SetThumbprints(Draft& draft, const std::string& arn,
                            std::vector<std::string> thumbprints) {
  auto provider = EditProvider(draft, arn);
  if (!provider) return std::unexpected(std::move(provider.error()));
  if (auto fit = CheckThumbprints(thumbprints); !fit) return fit;
  (*provider)->thumbprints = std::move(thumbprints);
  return {};
}

Result<void> CreateAlias(Draft& draft, const std::string& alias) {
  for (const auto& [account, view] : draft.world().accounts) {
    if (view->state->alias != alias) continue;
    return EntityAlreadyExists(fmt::format("The account alias {} already exists.", alias));
  }
  draft.SetAlias(alias);  // in place of the one it had, as AWS does
  return {};
}

Result<void> DeleteAlias(Draft& draft, const std::string& alias) {
  if (draft.state().alias != alias) {
    return NoSuchEntity(fmt::format("The account alias {} cannot be found.", alias));
  }
  draft.SetAlias({});
  return {};
}

}  // namespace bedplate::account
