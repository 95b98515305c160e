// Users and roles in trust and resource policies, by their unique ids: one that was deleted and
// made anew under its name is not who the policy trusts.
//
// Threads: pure functions.
// spec: IAM user guide, "AWS JSON policy elements: Principal" ("IAM transforms the ARN to the
// unique principal ID when you save the policy")
#pragma once

#include <string>
#include <string_view>

#include "account/identity/identity_view.h"
#include "base/result.h"

namespace bedplate::account {

// The policy as it is kept: each user and role of this server by its id. kValidation for one that
// is not there, by name or by id; those of accounts elsewhere, and sessions, stay as they are.
// `own`, which may be null, counts in place of what the snapshot has of that account.
Result<std::string> BindPrincipals(const Snapshot& world, const AccountState* own,
                                   std::string_view policy);

// The policy as it is told: ids as the ARNs of now. The id of one who is no more stays an id.
std::string TellPrincipals(const Snapshot& world, std::string_view policy);

}  // namespace bedplate::account
