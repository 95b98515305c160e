// The managed policies of AWS that are there in every account: those that matter for Bedrock and
// what stands around it. Their names, ARNs and what they are for are AWS's; the statements are
// ours.
//
// Threads: constant data, made at first use.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "account/identity/entities.h"

namespace bedplate::account {

inline constexpr std::string_view kAwsPolicyArnHead = "arn:aws:iam::aws:policy/";

// Null when there is none of this ARN.
const ManagedPolicy* FindAwsPolicy(std::string_view arn);
// By name.
const std::vector<std::shared_ptr<const ManagedPolicy>>& AwsPolicies();

}  // namespace bedplate::account
