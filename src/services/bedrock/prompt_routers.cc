#include <string>
#include <utility>
#include <vector>

#include "bedrock/ops/CreatePromptRouter.h"
#include "bedrock/ops/DeletePromptRouter.h"
#include "bedrock/ops/GetPromptRouter.h"
#include "bedrock/ops/ListPromptRouters.h"
#include "services/bedrock/page.h"
#include "services/bedrock/service.h"
#include "services/bedrock/tags.h"
#include "services/bedrock/timestamp.h"

namespace bedplate::services::bedrock {
namespace {

// GetPromptRouterResponse and PromptRouterSummary have the same members.
template <class Target>
Target Convert(const models::PromptRouter& router, const models::Scope& scope) {
  Target target;
  target.promptRouterName = router.name;
  target.routingCriteria.emplace().responseQualityDifference = router.quality_difference;
  if (!router.description.empty()) target.description = router.description;
  target.createdAt = ToTimestamp(router.created_at_ms);
  target.updatedAt = ToTimestamp(router.created_at_ms);
  target.promptRouterArn = models::RouterArn(scope, router);
  auto& models = target.models.emplace();
  for (const std::string& arn : router.models) models.emplace_back().modelArn = arn;
  target.fallbackModel.emplace().modelArn = router.fallback_model;
  target.status = gen::PromptRouterStatus::kAvailable;
  target.type = gen::PromptRouterType::kCustom;
  return target;
}

}  // namespace

net::Task<Result<gen::CreatePromptRouterResponse>> Bedrock::CreatePromptRouter(
    const wire::Call& call, gen::CreatePromptRouterRequest input) {
  models::NewRouter wanted{.name = *input.promptRouterName,
                           .description = input.description.value_or(""),
                           .fallback_model = *input.fallbackModel->modelArn,
                           .quality_difference = *input.routingCriteria->responseQualityDifference,
                           .client_token = input.clientRequestToken.value_or("")};
  for (const gen::PromptRouterTargetModel& model : *input.models) {
    wanted.models.push_back(*model.modelArn);
  }
  if (input.tags) {
    auto tags = ToTags(*input.tags);
    if (!tags) co_return std::unexpected(std::move(tags.error()));
    wanted.tags = std::move(*tags);
  }
  const models::Scope scope = ScopeOf(call);
  auto made = co_await pool_.Run([&] { return control_.routers.Create(scope, wanted); });
  if (!made) co_return std::unexpected(std::move(made.error()));
  gen::CreatePromptRouterResponse response;
  response.promptRouterArn = models::RouterArn(scope, *made);
  co_return response;
}

net::Task<Result<gen::GetPromptRouterResponse>> Bedrock::GetPromptRouter(
    const wire::Call& call, gen::GetPromptRouterRequest input) {
  const models::Scope scope = ScopeOf(call);
  auto router = directory_.FindRouter(*input.promptRouterArn, scope);
  if (!router) co_return std::unexpected(std::move(router.error()));
  co_return Convert<gen::GetPromptRouterResponse>(*router, scope);
}

// There are no default routers: which two models would they be of?
net::Task<Result<gen::ListPromptRoutersResponse>> Bedrock::ListPromptRouters(
    const wire::Call& call, gen::ListPromptRoutersRequest input) {
  const models::Scope scope = ScopeOf(call);
  std::vector<models::PromptRouter> routers;
  if (!input.type || *input.type == gen::PromptRouterType::kCustom) {
    routers = directory_.ListRouters(scope);
  }
  auto page = FindPage(routers, input.nextToken, input.maxResults, &models::PromptRouter::id);
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::ListPromptRoutersResponse response;
  auto& summaries = response.promptRouterSummaries.emplace();
  for (size_t i = page->first; i < page->end; ++i) {
    summaries.push_back(Convert<gen::PromptRouterSummary>(routers[i], scope));
  }
  response.nextToken = std::move(page->next_token);
  co_return response;
}

net::Task<Result<gen::DeletePromptRouterResponse>> Bedrock::DeletePromptRouter(
    const wire::Call& call, gen::DeletePromptRouterRequest input) {
  auto gone = co_await pool_.Run(
      [&] { return control_.routers.Delete(ScopeOf(call), *input.promptRouterArn); });
  if (!gone) co_return std::unexpected(std::move(gone.error()));
  co_return gen::DeletePromptRouterResponse{};
}

}  // namespace bedplate::services::bedrock
