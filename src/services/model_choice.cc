#include "services/model_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/access.h"
#include "runtime/routing/prompt_text.h"
#include "runtime/routing/route_prompt.h"
#include "wire/body_texts.h"
#include "wire/permits.h"

namespace bedplate::services {

namespace {

bool IsRouter(const std::string& name) { return name.contains(":prompt-router/"); }

models::Scope ScopeOf(const wire::Call& call) {
  return {.account = call.account, .region = call.region};
}

// What a policy calls the operation: Converse, and all of a facade, is the permission to invoke a
// model. spec: the API reference of Converse and ConverseStream, "requires permission for"
std::string ActionOf(const wire::Call& call) {
  if (call.service != "bedrock-runtime" || call.operation == "Converse") {
    return "bedrock:InvokeModel";
  }
  if (call.operation == "ConverseStream") return "bedrock:InvokeModelWithResponseStream";
  return "bedrock:" + std::string(call.operation);
}

// Whether the caller may use what its handler found by name, with what else policies are told;
// its rules ask for what it names itself (api/authorization).
Result<void> Ask(const wire::Call& call, const std::string& name, wire::AskContext context) {
  if (call.permission == nullptr) return {};
  wire::Ask ask{
      .action = ActionOf(call),
      .directory = "bedrock-model",
      .name = name,
      .arn = name.starts_with("arn:") ? name : models::FoundationModelArn(call.region, name)};
  ask.context = std::move(context);
  return call.permission->CheckHere(ask);
}

// Some models are served for their inference profiles alone, or for who provisioned them: their own
// ids fail at Bedrock. A program that has one fails here too, unless the operator bound that very
// id: who binds a pattern names no model, and a program that works here is to work there.
Result<void> CheckOnDemand(const wire::Call& call, const std::string& name,
                           const models::Model& model) {
  const auto& types = model.facts.inference_types;
  if (call.service != "bedrock-runtime" || call.operation == "CountTokens" || types.empty() ||
      std::ranges::find(types, models::InferenceType::kOnDemand) != types.end() ||
      model.AtBedrock() != nullptr || !model.bound_by.contains('*')) {
    return {};
  }
  const bool own_id =
      name == model.facts.id || name.ends_with("foundation-model/" + model.facts.id);
  if (own_id) return std::unexpected(models::NotOnDemand(model));
  return {};
}

}  // namespace

Result<ModelChoice> FindModel(const models::ModelDirectory& directory, const wire::Call& call,
                              const std::string& model_id) {
  const models::Scope scope = ScopeOf(call);
  if (IsRouter(model_id)) {
    auto router = directory.FindRouter(model_id, scope);
    if (router) return ModelChoice{.router = std::move(*router)};
  }
  auto model = directory.Resolve(model_id, scope);
  if (!model) return std::unexpected(std::move(model.error()));
  if (auto ok = CheckOnDemand(call, model_id, **model); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  return ModelChoice{.model = std::move(*model)};
}

Result<void> Settle(const models::ModelDirectory& directory, const wire::Call& call,
                    std::string_view prompt, ModelChoice& choice) {
  if (!choice.router) return {};
  const models::Scope scope = ScopeOf(call);
  auto routed = runtime::RoutePrompt(directory, *choice.router, scope, prompt);
  if (!routed) return std::unexpected(std::move(routed.error()));
  // The router itself was asked for by the operation's rule, or by FindFacadeModel.
  const std::string router = models::RouterArn(scope, *choice.router);
  auto may = Ask(call, routed->model_arn, {{"bedrock:PromptRouterArn", {router}}});
  if (!may) return may;
  choice.model = std::move(routed->model);
  choice.routed_to = std::move(routed->model_arn);
  return {};
}

Result<ModelChoice> FindFacadeModel(const models::ModelDirectory& directory, const wire::Call& call,
                                    const std::string& name, std::string_view body) {
  const models::Scope scope = ScopeOf(call);
  // The body names the model, or the rule of an operation whose path does has asked for it.
  if (call.permission != nullptr && !call.permission->asked()) {
    wire::AskContext context;
    std::string tier = wire::ReadTopText(body, "service_tier");
    if (!tier.empty()) context.push_back({"bedrock:ServiceTier", {std::move(tier)}});
    auto may = Ask(call, name, std::move(context));
    if (!may) return std::unexpected(std::move(may.error()));
  }
  const bool known = IsRouter(name) ? directory.FindRouter(name, scope).has_value()
                                    : directory.Find(name, scope).has_value();
  if (!known) {
    return Fail(
        Fault::kNotFound,
        fmt::format("The model '{}' does not exist or you do not have access to it.", name));
  }
  auto choice = FindModel(directory, call, name);
  if (!choice || !choice->router) return choice;
  auto settled = Settle(directory, call, runtime::PromptTextOfBody(body), *choice);
  if (!settled) return std::unexpected(std::move(settled.error()));
  return choice;
}

}  // namespace bedplate::services
