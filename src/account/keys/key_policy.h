// The policies of keys: those that keys begin with, and whether one may be put.
//
// Errors: MalformedPolicyDocumentException, LimitExceededException. Threads: pure functions.
// spec: KMS developer guide, "Default key policy", "AWS managed keys"; kms#PutKeyPolicy
#pragma once

#include <string>
#include <string_view>

#include "account/policy/request.h"
#include "base/result.h"

namespace bedplate::account::keys {

// The account's root may do everything, and lets its identities' policies decide.
std::string DefaultPolicy(std::string_view account);

// The aliases whose key is made when it is first used.
bool IsManagedAlias(std::string_view alias);
// The account's identities may use it through the service that it is for, and look at it.
std::string ManagedPolicy(std::string_view account, std::string_view region,
                          std::string_view alias);
std::string ManagedDescription(std::string_view alias);

// That it can be evaluated, and, unless `bypass`, that the caller may put another one later.
Result<void> CheckPolicy(std::string_view policy, const policy::Identity& caller,
                         std::string_view key_arn, std::string_view key_account, bool bypass);

}  // namespace bedplate::account::keys
