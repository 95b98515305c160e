#include "account/identity/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "account/policy/condition.h"
#include "account/policy/principal.h"
#include "account/policy/text.h"

namespace bedplate::account {
namespace {

struct Caseless {
  bool operator()(const std::string& a, const std::string& b) const {
    return std::ranges::lexicographical_compare(a, b, {}, policy::LowerCase, policy::LowerCase);
  }
};
using Keys = std::set<std::string, Caseless>;

void AddVariables(Keys& keys, const policy::Pattern& pattern) {
  if (!pattern.has_variables()) return;
  const std::string_view text = pattern.text();
  for (size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    const std::string_view name = text.substr(at + 2, text.find_first_of("},", at) - at - 2);
    if (name.contains(':')) keys.emplace(name);
  }
}

void AddKeys(Keys& keys, const policy::Document& document) {
  for (const policy::Statement& statement : document.statements) {
    for (const policy::Pattern& pattern : statement.resources) AddVariables(keys, pattern);
    for (const policy::ConditionTest& test : statement.conditions) {
      keys.insert(test.key);
      for (const policy::Pattern& pattern : test.values) AddVariables(keys, pattern);
    }
  }
}

Position PositionOf(std::string_view json, size_t offset) {
  Position position;
  for (const char c : json.substr(0, offset)) {
    position.line += c == '\n' ? 1 : 0;
    position.column = c == '\n' ? 1 : position.column + 1;
  }
  return position;
}

void AddMatches(std::vector<MatchedStatement>& matched, const std::vector<SourcePolicy>& sources,
                const policy::Request& request, bool deny) {
  for (const SourcePolicy& source : sources) {
    for (const policy::Statement& statement : source.text.document->statements) {
      if (statement.deny != deny || !policy::Applies(statement, request)) continue;
      matched.push_back({.policy_id = source.id,
                         .policy_type = source.type,
                         .begin = PositionOf(source.text.json, statement.extent.begin),
                         .end = PositionOf(source.text.json, statement.extent.end)});
    }
  }
}

std::vector<const policy::Document*> DocumentsOf(const std::vector<SourcePolicy>& sources) {
  std::vector<const policy::Document*> documents;
  documents.reserve(sources.size());
  for (const SourcePolicy& source : sources) documents.push_back(source.text.document.get());
  return documents;
}

void AddHolder(std::vector<SourcePolicy>& sources, const AccountState& state, const Holder& holder,
               const std::string& word) {
  for (const auto& [name, text] : holder.inline_policies) {
    sources.push_back({.id = fmt::format("{}_{}_{}", word, holder.name, name),
                       .type = "IAM Policy",
                       .text = text});
  }
  for (const std::string& arn : holder.attached) {
    const ManagedPolicy* const managed = FindPolicy(state, arn);
    if (managed == nullptr) continue;
    sources.push_back({.id = managed->name, .type = "IAM Policy", .text = managed->Default().text});
  }
}

}  // namespace

SimulatedDecision Simulate(const Simulation& simulation, const std::string& action,
                           const std::string& resource) {
  const policy::Request request{.action = action,
                                .resource = resource,
                                .resource_account = simulation.resource_account,
                                .identity = simulation.caller,
                                .context = simulation.context};
  policy::Policies policies{.identity = DocumentsOf(simulation.identity)};
  if (simulation.boundary) policies.boundary = DocumentsOf(*simulation.boundary);
  if (simulation.resource) policies.resource = simulation.resource->text.document.get();
  policies.root = simulation.root;
  const policy::Decision decision = policy::Decide(policies, request);

  std::vector<SourcePolicy> by_resource;
  if (simulation.resource) by_resource.push_back(*simulation.resource);
  SimulatedDecision told{.action = action,
                         .resource = resource,
                         .allowed = decision.allowed,
                         .explicit_deny = decision.explicit_deny};
  if (decision.allowed || decision.explicit_deny) {
    AddMatches(told.matched, simulation.identity, request, decision.explicit_deny);
    AddMatches(told.matched, by_resource, request, decision.explicit_deny);
  }
  Keys keys;
  for (const auto* const document : policies.identity) AddKeys(keys, *document);
  if (policies.resource != nullptr) AddKeys(keys, *policies.resource);
  if (simulation.boundary) {
    std::vector<MatchedStatement> allowing;
    std::vector<MatchedStatement> denying;
    AddMatches(allowing, *simulation.boundary, request, false);
    AddMatches(denying, *simulation.boundary, request, true);
    told.boundary_allows = !allowing.empty() && denying.empty();
    if (decision.explicit_deny) std::ranges::copy(denying, std::back_inserter(told.matched));
    for (const auto* const document : *policies.boundary) AddKeys(keys, *document);
  }
  for (const std::string& key : keys) {
    if (simulation.context.Find(key) == nullptr) told.missing.push_back(key);
  }
  return told;
}

std::vector<std::string> ContextKeysOf(const std::vector<SourcePolicy>& policies) {
  Keys keys;
  for (const SourcePolicy& source : policies) AddKeys(keys, *source.text.document);
  return {keys.begin(), keys.end()};
}

std::vector<SourcePolicy> SourcesOf(const AccountState& state, const User& user) {
  std::vector<SourcePolicy> sources;
  AddHolder(sources, state, user, "user");
  for (const std::string& key : user.groups) {
    const Group* const group = FindIn(state.groups, key);
    if (group != nullptr) AddHolder(sources, state, *group, "group");
  }
  return sources;
}

std::vector<SourcePolicy> SourcesOf(const AccountState& state, const Group& group) {
  std::vector<SourcePolicy> sources;
  AddHolder(sources, state, group, "group");
  return sources;
}

std::vector<SourcePolicy> SourcesOf(const AccountState& state, const Role& role) {
  std::vector<SourcePolicy> sources;
  AddHolder(sources, state, role, "role");
  return sources;
}

}  // namespace bedplate::account
