#include "account/identity/simulation.h"

#include <fmt/format.h>

#include <string_view>

#include "account/identity/errors.h"
#include "account/identity/names.h"
#include "iam/ops/GetContextKeysForCustomPolicy.h"
#include "iam/ops/GetContextKeysForPrincipalPolicy.h"
#include "iam/ops/SimulateCustomPolicy.h"
#include "iam/ops/SimulatePrincipalPolicy.h"
#include "iam/shapes/PolicyEvaluationDecisionType.h"
#include "iam/shapes/PolicySourceType.h"
#include "services/iam/page.h"
#include "services/iam/service.h"

namespace bedplate::services::iam {
namespace {

using account::AccountState;
using account::SourcePolicy;
using account::policy::Kind;

// More pairs of an action and a resource than anyone reads would be work without end.
constexpr size_t kPairsMax = 10'000;

auto InvalidInput(std::string why) { return account::InvalidInput(std::move(why)); }

Result<SourcePolicy> ReadPolicy(const std::string& json, Kind kind, std::string id,
                                std::string type) {
  auto document = account::policy::ReadDocument(json, kind);
  if (!document) return InvalidInput(std::move(document.error().message));
  return SourcePolicy{.id = std::move(id),
                      .type = std::move(type),
                      .text = {.json = json,
                               .document = std::make_shared<const account::policy::Document>(
                                   std::move(*document))}};
}

Result<void> AddPolicies(std::vector<SourcePolicy>& to,
                         const wire::Opt<std::vector<std::string>>& list, std::string_view name) {
  if (!list) return {};
  size_t number = 0;
  for (const std::string& json : *list) {
    auto source =
        ReadPolicy(json, Kind::kIdentity, fmt::format("{}.{}", name, ++number), "IAM Policy");
    if (!source) return std::unexpected(std::move(source.error()));
    to.push_back(std::move(*source));
  }
  return {};
}

// The identity of a user, group or role of the account: who asks, and by which policies.
struct SourceIdentity {
  std::vector<SourcePolicy> policies{};
  std::string boundary{};
  account::policy::Identity caller{};
  account::policy::Context context{};
};

template <class Entity>
const Entity* FindByArn(const AccountState& state, std::string_view arn) {
  const size_t slash = arn.rfind('/');
  if (slash == std::string_view::npos) return nullptr;
  const Entity* const found =
      account::FindIn(account::TableOf<Entity>(state), account::NameKey(arn.substr(slash + 1)));
  return found != nullptr && account::ArnOf(state.account, *found) == arn ? found : nullptr;
}

void SetCaller(SourceIdentity& source, const AccountState& state, const account::Identity& identity,
               const std::string& arn) {
  source.boundary = identity.boundary;
  source.caller = {.account = state.account, .arn = arn, .id = identity.id};
  source.context.Set("aws:PrincipalArn", arn);
  source.context.Set("aws:PrincipalAccount", state.account);
  for (const auto& [key, value] : identity.tags) {
    source.context.Set("aws:PrincipalTag/" + key, value);
  }
}

Result<SourceIdentity> FindSource(const AccountState& state, const std::string& arn) {
  SourceIdentity source;
  source.caller.account = state.account;
  if (const auto* const user = FindByArn<account::User>(state, arn)) {
    source.policies = account::SourcesOf(state, *user);
    SetCaller(source, state, *user, arn);
    source.context.Set("aws:username", user->name);
    source.context.Set("aws:userid", user->id);
    source.context.Set("aws:PrincipalType", "User");
    return source;
  }
  if (const auto* const role = FindByArn<account::Role>(state, arn)) {
    source.policies = account::SourcesOf(state, *role);
    SetCaller(source, state, *role, arn);
    source.caller.role_arn = arn;
    source.context.Set("aws:PrincipalType", "AssumedRole");
    return source;
  }
  if (const auto* const group = FindByArn<account::Group>(state, arn)) {
    source.policies = account::SourcesOf(state, *group);
    return source;
  }
  return account::NoSuchEntity(
      fmt::format("The policy source {} is no user, group or role of this account.", arn));
}

// What both simulators take.
template <class Request>
Result<void> TakeRest(const Request& input, const AccountState& state,
                      account::Simulation& simulation) {
  if (input.ResourceHandlingOption) {
    return InvalidInput("ResourceHandlingOption tells scenarios of Amazon EC2, which is not here.");
  }
  if (input.CallerArn) {
    const auto* const user = FindByArn<account::User>(state, *input.CallerArn);
    if (user == nullptr) {
      return InvalidInput("The CallerArn " + *input.CallerArn + " is no user of this account.");
    }
    simulation.caller = {.account = state.account, .arn = *input.CallerArn, .id = user->id};
  }
  if (input.PermissionsBoundaryPolicyInputList) {
    auto& boundary = simulation.boundary.emplace();
    auto added = AddPolicies(boundary, input.PermissionsBoundaryPolicyInputList,
                             "PermissionsBoundaryPolicyInputList");
    if (!added) return added;
  }
  if (input.ResourcePolicy) {
    if (simulation.caller.arn.empty()) {
      return InvalidInput("A ResourcePolicy needs a CallerArn, whom its Principal may mean.");
    }
    auto source =
        ReadPolicy(*input.ResourcePolicy, Kind::kResource, "ResourcePolicy", "Resource Policy");
    if (!source) return std::unexpected(std::move(source.error()));
    simulation.resource = std::move(*source);
  }
  simulation.resource_account = state.account;
  if (input.ResourceOwner) {
    std::string_view owner = *input.ResourceOwner;
    constexpr std::string_view kHead = "arn:aws:iam::";
    if (owner.starts_with(kHead)) owner.remove_prefix(kHead.size());
    simulation.resource_account = owner.substr(0, 12);
  }
  if (!input.ContextEntries) return {};
  for (const gen::ContextEntry& entry : *input.ContextEntries) {
    if (!entry.ContextKeyName) return InvalidInput("A context entry has no ContextKeyName.");
    simulation.context.SetAll(*entry.ContextKeyName, entry.ContextKeyValues.value_or({}));
  }
  return {};
}

gen::Position ToWire(const account::Position& position) {
  gen::Position told;
  told.Line = position.line;
  told.Column = position.column;
  return told;
}

gen::EvaluationResult ToWire(const account::SimulatedDecision& decision) {
  gen::EvaluationResult told;
  told.EvalActionName = decision.action;
  told.EvalResourceName = decision.resource;
  told.EvalDecision = gen::PolicyEvaluationDecisionType::kImplicitDeny;
  if (decision.allowed) told.EvalDecision = gen::PolicyEvaluationDecisionType::kAllowed;
  if (decision.explicit_deny) told.EvalDecision = gen::PolicyEvaluationDecisionType::kExplicitDeny;
  auto& matched = told.MatchedStatements.emplace();
  for (const account::MatchedStatement& statement : decision.matched) {
    gen::Statement& one = matched.emplace_back();
    one.SourcePolicyId = statement.policy_id;
    one.SourcePolicyType = wire::OpenEnum<gen::PolicySourceType>::FromText(statement.policy_type);
    one.StartPosition = ToWire(statement.begin);
    one.EndPosition = ToWire(statement.end);
  }
  told.MissingContextValues = decision.missing;
  if (decision.boundary_allows) {
    told.PermissionsBoundaryDecisionDetail.emplace().AllowedByPermissionsBoundary =
        *decision.boundary_allows;
  }
  return told;
}

struct Pair {
  std::string key{};  // that keeps the order they were asked in
  const std::string* action = nullptr;
  const std::string* resource = nullptr;
};

template <class Request>
Result<gen::SimulatePolicyResponse> Answer(const Request& input,
                                           const account::Simulation& simulation) {
  static const std::vector<std::string> kAny = {"*"};
  const auto& resources = input.ResourceArns ? *input.ResourceArns : kAny;
  const auto& actions = *input.ActionNames;
  if (actions.size() * resources.size() > kPairsMax) {
    return InvalidInput(fmt::format("{} actions on {} resources are more than {} together.",
                                    actions.size(), resources.size(), kPairsMax));
  }
  std::vector<Pair> pairs;
  for (const std::string& action : actions) {
    if (!action.contains(':') || action.find_first_of("*?") != std::string::npos) {
      return InvalidInput("The action '" + action + "' is not one service's one action.");
    }
    for (const std::string& resource : resources) {
      pairs.push_back(
          {.key = fmt::format("{:06}", pairs.size()), .action = &action, .resource = &resource});
    }
  }
  auto page = TakePage(std::move(pairs), input.Marker, input.MaxItems, &Pair::key);
  if (!page) return std::unexpected(std::move(page.error()));
  gen::SimulatePolicyResponse response;
  auto& results = response.EvaluationResults.emplace();
  for (const Pair& pair : page->items) {
    results.push_back(ToWire(account::Simulate(simulation, *pair.action, *pair.resource)));
  }
  SetPage(response, *page);
  return response;
}

}  // namespace

net::Task<Result<gen::SimulatePolicyResponse>> Iam::SimulateCustomPolicy(
    const wire::Call& call, gen::SimulateCustomPolicyRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  if (input.OrderedOrganizationPolicyInputList) {
    co_return InvalidInput("Policies of organizations are not simulated here.");
  }
  account::Simulation simulation;
  simulation.caller.account = call.account;
  if (auto ok = AddPolicies(simulation.identity, input.PolicyInputList, "PolicyInputList"); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (auto ok = TakeRest(input, **state, simulation); !ok) co_return std::unexpected(ok.error());
  co_return Answer(input, simulation);
}

net::Task<Result<gen::SimulatePolicyResponse>> Iam::SimulatePrincipalPolicy(
    const wire::Call& call, gen::SimulatePrincipalPolicyRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  if (input.PolicyExclusionList && !input.PolicyExclusionList->empty()) {
    co_return InvalidInput("PolicyExclusionList is not taken: policies are not left out here.");
  }
  auto source = FindSource(**state, *input.PolicySourceArn);
  if (!source) co_return std::unexpected(std::move(source.error()));
  account::Simulation simulation{.identity = std::move(source->policies),
                                 .caller = std::move(source->caller),
                                 .context = std::move(source->context)};
  if (const auto* const policy = account::FindPolicy(**state, source->boundary)) {
    simulation.boundary.emplace().push_back(
        {.id = policy->name, .type = "IAM Policy", .text = policy->Default().text});
  }
  if (auto ok = AddPolicies(simulation.identity, input.PolicyInputList, "PolicyInputList"); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (auto ok = TakeRest(input, **state, simulation); !ok) co_return std::unexpected(ok.error());
  co_return Answer(input, simulation);
}

net::Task<Result<gen::GetContextKeysForPolicyResponse>> Iam::GetContextKeysForCustomPolicy(
    const wire::Call&, gen::GetContextKeysForCustomPolicyRequest input) {
  std::vector<SourcePolicy> policies;
  if (auto ok = AddPolicies(policies, input.PolicyInputList, "PolicyInputList"); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  gen::GetContextKeysForPolicyResponse response;
  response.ContextKeyNames = account::ContextKeysOf(policies);
  co_return response;
}

net::Task<Result<gen::GetContextKeysForPolicyResponse>> Iam::GetContextKeysForPrincipalPolicy(
    const wire::Call& call, gen::GetContextKeysForPrincipalPolicyRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  auto source = FindSource(**state, *input.PolicySourceArn);
  if (!source) co_return std::unexpected(std::move(source.error()));
  if (auto ok = AddPolicies(source->policies, input.PolicyInputList, "PolicyInputList"); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  gen::GetContextKeysForPolicyResponse response;
  response.ContextKeyNames = account::ContextKeysOf(source->policies);
  co_return response;
}

}  // namespace bedplate::services::iam
