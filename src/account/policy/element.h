// The single values of a policy's elements as they are written: whether IAM takes them.
//
// Errors: kValidation in IAM's own words, with the value. Threads: pure functions.
// spec: IAM user guide, "Grammar of the IAM JSON policy language"
#pragma once

#include <string>
#include <string_view>

#include "account/policy/document.h"
#include "base/result.h"

namespace bedplate::account::policy {

std::unexpected<Error> Malformed(std::string why);
std::unexpected<Error> BadSyntax(std::string_view why);

constexpr bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// "*", "s3:GetObject", "bedrock:*"; of a role's trust those of STS alone.
Result<void> CheckAction(std::string_view action, Kind kind);

// "*" or an ARN, whose service is named. One that ends with '*' may leave parts out.
Result<void> CheckResource(std::string_view resource);

// Adds an entry of Principal to those of its type ("AWS", "Service", "Federated", "CanonicalUser");
// false when there is no such type, or no such principal.
bool AddPrincipal(Principals& principals, std::string_view type, std::string_view entry);
std::string InvalidPrincipal(std::string_view type, std::string_view entry);

}  // namespace bedplate::account::policy
