#include "gateway/route.h"

#include <algorithm>

namespace bedplate::gateway {
namespace {

// "'bedrock'" or "one of 'bedrock', 's3'".
std::string NamesOf(std::span<const wire::Service* const> services) {
  std::vector<std::string_view> names;
  for (const auto* service : services) names.push_back(service->signing_name);
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  std::string text = names.size() > 1 ? "one of " : "";
  for (size_t i = 0; i < names.size(); ++i) {
    text.append(i == 0 ? "'" : ", '").append(names[i]).append("'");
  }
  return text;
}

}  // namespace

void NoteFacade(Passage& passage, std::span<const wire::Service* const> services) {
  for (const auto* service : services) {
    const std::string_view path = service->facade_path;
    if (path.empty() || !passage.view.path.starts_with(path)) continue;
    const std::string_view rest = passage.view.path.substr(path.size());
    if (!rest.empty() && rest.front() != '/') continue;
    passage.match = {.service = service, .protocol = service->protocol};
  }
}

Step Route(Passage& passage, const wire::Router& router,
           std::span<const wire::Service* const> services) {
  auto found = passage.is_s3 ? router.FindIn("s3", passage.request) : router.Find(passage.request);
  if (found) {
    passage.match = *found;
    return {};
  }
  const auto signed_for = wire::SigningServiceOf(passage.request);
  const bool served = std::ranges::any_of(
      services, [&](const auto* service) { return service->signing_name == signed_for; });
  if (!signed_for.empty() && !served) {
    return std::unexpected(wire::WireError{
        .status = 403,
        .type = "InvalidSignatureException",
        .message = "Credential should be scoped to correct service: " + NamesOf(services) +
                   ", not '" + std::string(signed_for.substr(0, 64)) + "'."});
  }
  return std::unexpected(wire::WireError{.status = 404,
                                         .type = "UnknownOperationException",
                                         .message = std::move(found.error().message)});
}

}  // namespace bedplate::gateway
