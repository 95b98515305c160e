// The parts of Amazon Resource Names, as policies and principals are read.
//
// Threads: pure functions.
// spec: IAM user guide, "IAM identifiers"
#pragma once

#include <string_view>

namespace bedplate {

// Takes what precedes `separator`, and the separator, off the front of `text`; all of it where
// there is none.
std::string_view TakePart(std::string_view& text, char separator);

// Twelve digits.
bool IsAccountId(std::string_view text);

// The partition of a principal's ARN ("aws"): that of an account's root, a user, a role, a role's
// session or a federated user, without wildcards. Empty for any other text.
std::string_view PartitionOfPrincipal(std::string_view arn);

}  // namespace bedplate
