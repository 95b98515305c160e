// What policies would decide: IAM's simulator, by the very evaluation that requests pass.
//
// Threads: pure functions.
// spec: IAM API reference, SimulateCustomPolicy and SimulatePrincipalPolicy
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/identity/entities.h"
#include "account/policy/evaluate.h"
#include "account/policy/request.h"

namespace bedplate::account {

// A policy with the names that answers have for it.
struct SourcePolicy {
  std::string id{};    // "PolicyInputList.1", "user_anna_mine", or a managed policy's name
  std::string type{};  // "IAM Policy", "user", "Resource Policy", ...
  PolicyText text{};
};

struct Simulation {
  std::vector<SourcePolicy> identity{};
  std::optional<std::vector<SourcePolicy>> boundary{};
  std::optional<SourcePolicy> resource{};
  policy::Identity caller{};
  std::string resource_account{};
  policy::Context context{};
  bool root = false;
};

// Lines and columns from 1.
struct Position {
  int32_t line = 1;
  int32_t column = 1;
};

struct MatchedStatement {
  std::string policy_id{};
  std::string policy_type{};
  Position begin{};
  Position end{};
};

struct SimulatedDecision {
  std::string action{};
  std::string resource{};
  bool allowed = false;
  bool explicit_deny = false;
  std::vector<MatchedStatement> matched{};  // those that made the decision
  std::vector<std::string> missing{};       // context keys that policies name and nobody gave
  std::optional<bool> boundary_allows{};    // where there is a boundary
};

SimulatedDecision Simulate(const Simulation& simulation, const std::string& action,
                           const std::string& resource);

// The context keys that policies name, in conditions and variables; sorted, each once.
std::vector<std::string> ContextKeysOf(const std::vector<SourcePolicy>& policies);

// The policies of an identity: inline, attached, and those of its groups.
std::vector<SourcePolicy> SourcesOf(const AccountState& state, const User& user);
std::vector<SourcePolicy> SourcesOf(const AccountState& state, const Group& group);
std::vector<SourcePolicy> SourcesOf(const AccountState& state, const Role& role);

}  // namespace bedplate::account
