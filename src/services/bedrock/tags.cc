#include "services/bedrock/tags.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "bedrock/ops/ListTagsForResource.h"
#include "bedrock/ops/TagResource.h"
#include "bedrock/ops/UntagResource.h"
#include "net/text.h"
#include "services/bedrock/service.h"

namespace bedplate::services::bedrock {
namespace {

constexpr std::string_view kReserved = "aws:";  // in any case

bool IsReserved(std::string_view key) {
  return net::EqualsIgnoringCase(key.substr(0, kReserved.size()), kReserved);
}

std::unexpected<Error> NotTaggable(std::string_view resource) {
  return Fail(Fault::kNotFound,
              fmt::format("The resourceARN '{}' is that of no resource with tags in this account "
                          "and region.",
                          resource));
}

}  // namespace

Result<state::Tags> ToTags(const std::vector<gen::Tag>& list) {
  state::Tags tags;
  for (const gen::Tag& tag : list) {
    if (IsReserved(*tag.key)) {
      return Fail(
          Fault::kValidation,
          fmt::format("The tag key '{}' begins with {}, which is reserved.", *tag.key, kReserved));
    }
    if (!tags.emplace(*tag.key, *tag.value).second) {
      return Fail(Fault::kValidation, fmt::format("The tag key '{}' is there twice.", *tag.key));
    }
  }
  return tags;
}

// One kind of resource after another joins here, and kKinds of state/tag_table.cc, as it is served.
Result<state::TaggedResource> Bedrock::Taggable(const wire::Call& call,
                                                const std::string& resource) const {
  const models::Scope scope = ScopeOf(call);
  const auto profile = directory_.FindProfile(resource, scope);
  if (profile && !profile->system_defined) {
    return state::TaggedResource{.account = scope.account,
                                 .region = scope.region,
                                 .arn = models::ProfileArn(scope, *profile)};
  }
  if (const auto router = directory_.FindRouter(resource, scope)) {
    return state::TaggedResource{
        .account = scope.account, .region = scope.region, .arn = models::RouterArn(scope, *router)};
  }
  const auto endpoint = models::EndpointName(resource, scope);
  if (endpoint && directory_.HasEndpoint(*endpoint, scope)) {
    return state::TaggedResource{.account = scope.account, .region = scope.region, .arn = resource};
  }
  return NotTaggable(resource);
}

net::Task<Result<gen::TagResourceResponse>> Bedrock::TagResource(const wire::Call& call,
                                                                 gen::TagResourceRequest input) {
  auto resource = Taggable(call, *input.resourceARN);
  if (!resource) co_return std::unexpected(std::move(resource.error()));
  auto tags = ToTags(*input.tags);
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  auto put = co_await pool_.Run([&] { return tags_.Put(*resource, *tags); });
  // It may have been deleted since it was found.
  if (!put && put.error().fault == Fault::kNotFound) co_return NotTaggable(*input.resourceARN);
  if (!put) co_return std::unexpected(std::move(put.error()));
  co_return gen::TagResourceResponse{};
}

net::Task<Result<gen::UntagResourceResponse>> Bedrock::UntagResource(
    const wire::Call& call, gen::UntagResourceRequest input) {
  auto resource = Taggable(call, *input.resourceARN);
  if (!resource) co_return std::unexpected(std::move(resource.error()));
  auto gone = co_await pool_.Run([&] { return tags_.Delete(*resource, *input.tagKeys); });
  if (!gone) co_return std::unexpected(std::move(gone.error()));
  co_return gen::UntagResourceResponse{};
}

net::Task<Result<gen::ListTagsForResourceResponse>> Bedrock::ListTagsForResource(
    const wire::Call& call, gen::ListTagsForResourceRequest input) {
  auto resource = Taggable(call, *input.resourceARN);
  if (!resource) co_return std::unexpected(std::move(resource.error()));
  auto tags = co_await pool_.Run([&] { return tags_.All(*resource); });
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  gen::ListTagsForResourceResponse response;
  auto& list = response.tags.emplace();
  for (auto& [key, value] : *tags) {
    gen::Tag& tag = list.emplace_back();
    tag.key = key;
    tag.value = std::move(value);
  }
  co_return response;
}

}  // namespace bedplate::services::bedrock
