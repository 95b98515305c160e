#include "services/bedrock_resources.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "account/policy/document.h"
#include "models/inference_profile.h"
#include "models/model_endpoint.h"
#include "models/model_id.h"
#include "models/prompt_router.h"

namespace bedplate::services {
namespace {

using account::Resource;
using account::ResourceName;

constexpr std::string_view kModelKind = "bedrock-model";

models::Scope ScopeOf(const ResourceName& name) {
  return {.account = std::string(name.account), .region = std::string(name.region)};
}

// What has tags is an account's; the rest is everybody's.
bool HasTags(const Resource& resource) { return !resource.account.empty(); }

// In the place of one that can't be read, as an earlier Bedplate may have kept it: nobody uses the
// resource until it has another.
constexpr std::string_view kUnreadable =
    R"({"Version":"2012-10-17","Statement":{"Sid":"TheStoredPolicyCannotBeRead","Effect":"Deny",)"
    R"("Principal":"*","NotAction":"bedrock:*ResourcePolicy","Resource":"*"}})";

std::shared_ptr<const account::policy::Document> ReadPolicy(const std::string& text) {
  auto read = account::policy::ReadDocument(text, account::policy::Kind::kResource);
  if (!read) read = account::policy::ReadDocument(kUnreadable, account::policy::Kind::kResource);
  return std::make_shared<const account::policy::Document>(std::move(*read));
}

}  // namespace

Resource BedrockResources::Of(std::string arn, const models::Scope& scope, bool owned) const {
  Resource resource{.account = owned ? scope.account : std::string()};
  if (const auto policy = directory_.FindPolicy(arn, scope)) resource.policy = ReadPolicy(*policy);
  resource.arn = std::move(arn);
  return resource;
}

std::optional<Resource> BedrockResources::OwnResource(const std::string& name,
                                                      const models::Scope& scope) const {
  if (auto profile = directory_.FindOwnProfile(name, scope)) {
    return Of(std::move(*profile), scope, true);
  }
  if (const auto router = directory_.FindRouter(name, scope)) {
    return Of(models::RouterArn(scope, *router), scope, true);
  }
  const auto endpoint = models::EndpointName(name, scope);
  if (endpoint && directory_.HasEndpoint(*endpoint, scope)) {
    return Of(models::EndpointArn(scope, *endpoint), scope, true);
  }
  return std::nullopt;
}

account::ResourceDirectory::Resources BedrockResources::Describe(const ResourceName& name) const {
  const models::Scope scope = ScopeOf(name);
  const std::string called(name.name);
  std::string profile;
  Resources found;
  if (auto own = OwnResource(called, scope)) {
    const bool is_profile = own->arn.contains(":application-inference-profile/");
    if (is_profile) profile = own->arn;
    if (own->arn.contains(":prompt-router/")) {
      own->context.Set("bedrock:PromptRouterArn", own->arn);
    }
    found.push_back(std::move(*own));
    if (!is_profile || name.kind != kModelKind) return found;
  } else if (const auto system = directory_.FindProfile(called, scope)) {
    profile = models::ProfileArn(scope, *system);
    found.push_back(Of(profile, scope, false));
    if (name.kind != kModelKind) return found;
  }
  const auto model = directory_.Find(called, scope);
  if (!model) return found;
  Resource resource =
      Of(models::FoundationModelArn(scope.region, (*model)->facts.id), scope, false);
  if (!profile.empty()) resource.context.Set("bedrock:InferenceProfileArn", profile);
  found.push_back(std::move(resource));
  return found;
}

std::optional<Result<account::ResourceDirectory::Resources>> BedrockResources::TryFind(
    const ResourceName& name) const {
  Resources found = Describe(name);
  if (std::ranges::any_of(found, HasTags)) return std::nullopt;
  return found;
}

Result<account::ResourceDirectory::Resources> BedrockResources::Find(
    const ResourceName& name) const {
  Resources found = Describe(name);
  for (Resource& resource : found) {
    if (!HasTags(resource)) continue;
    auto tags = tags_.All(
        {.account = resource.account, .region = std::string(name.region), .arn = resource.arn});
    if (!tags) return std::unexpected(std::move(tags.error()));
    for (auto& [key, value] : *tags) {
      resource.context.Set("aws:ResourceTag/" + key, std::move(value));
    }
  }
  return found;
}

}  // namespace bedplate::services
