// Sessions as STS tells them, and what requests ask of them.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "account/identity/issue.h"
#include "sts/shapes/AssumedRoleUser.h"
#include "sts/shapes/Credentials.h"
#include "sts/shapes/PolicyDescriptorType.h"
#include "sts/shapes/Tag.h"
#include "wire/types.h"

namespace bedplate::services::sts {

namespace gen = ::bedplate::gen::sts;

gen::Credentials ToWire(const account::Credentials& credentials);
gen::AssumedRoleUser UserOf(const account::Issued& issued);
// ValidationError for a key that stands twice.
Result<void> TakeTags(const wire::Opt<std::vector<gen::Tag>>& tags, account::Tags& into);

inline std::vector<std::string> ArnsOf(
    const wire::Opt<std::vector<gen::PolicyDescriptorType>>& policies) {
  std::vector<std::string> arns;
  if (!policies) return arns;
  for (const auto& policy : *policies) {
    if (policy.arn) arns.push_back(*policy.arn);
  }
  return arns;
}

}  // namespace bedplate::services::sts
