// Policies of single resources, in IAM's JSON: what they may say, and whom they deny.
//
// What is written is what is evaluated: a document with an element that this server does not
// evaluate (Condition, NotPrincipal, NotAction, NotResource, '?') is refused. An Allow widens
// nothing, as the account's principals need none and there is no other account.
//
// Errors: kValidation. Threads: pure functions.
// spec: IAM user guide, "IAM JSON policy elements reference"
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate::models {

struct PolicyStatement {
  bool deny = false;
  std::vector<std::string> principals{};  // "*", ARNs, accounts
  std::vector<std::string> actions{};     // patterns in lower case
  std::vector<std::string> resources{};   // patterns
};

struct Caller {
  std::string principal_arn{};
  std::string account{};  // 12 digits
  std::string action{};   // "bedrock:InvokeModel"
};

// The statements of a policy of `resource_arn`.
Result<std::vector<PolicyStatement>> ReadPolicy(std::string_view document,
                                                std::string_view resource_arn);

// Whether each principal can be somebody: a Deny of one that can't would deny nobody. Of a policy
// that is put; one that is kept from before this was asked must still be read.
Result<void> CheckPrincipals(const std::vector<PolicyStatement>& statements);

// Whether one of the statements denies the caller's action on the resource.
bool IsDeniedBy(const std::vector<PolicyStatement>& statements, const Caller& caller,
                std::string_view resource_arn);

// kAccessDenied in IAM's words.
Error DeniedByPolicy(const Caller& caller, std::string_view resource_arn);

}  // namespace bedplate::models
