#include "account/authorization/decide.h"

#include "base/arn.h"

namespace bedplate::account {
namespace {

// Whatever a bucket's policy says, its owner's root can look at it, change it and take it away: who
// locked everybody out is not locked out for ever.
// spec: the API references of PutBucketPolicy, GetBucketPolicy and DeleteBucketPolicy
bool IsRootsAtItsBucket(const policy::Policies& policies, const policy::Request& request) {
  return policies.root && request.identity.account == request.resource_account &&
         (request.action == "s3:PutBucketPolicy" || request.action == "s3:GetBucketPolicy" ||
          request.action == "s3:DeleteBucketPolicy");
}

}  // namespace

policy::Decision DecideOn(const Principal* principal, const Resource& resource,
                          const policy::Request& request) {
  policy::Policies policies;
  if (principal != nullptr) policies = principal->policies;
  if (!IsRootsAtItsBucket(policies, request)) policies.resource = resource.policy.get();
  policies.resource_must_allow = resource.must_allow;
  policy::Decision decision = policy::Decide(policies, request);
  if (!decision.allowed && !decision.explicit_deny && resource.granted &&
      resource.granted(request)) {
    // A grant is its role's, as a resource's policy that names the role: sessions stay limited.
    const auto limit =
        request.identity.role_arn.empty() ? std::nullopt : policy::FindLimit(policies, request);
    decision =
        limit ? *limit : policy::Decision{.allowed = true, .source = policy::Source::kResource};
  }
  if (decision.allowed && resource.blocked && resource.blocked(request)) {
    decision = {.explicit_deny = true, .source = policy::Source::kResource};
  }
  return decision;
}

std::string_view AccountOfArn(std::string_view arn) {
  constexpr int kPartsBefore = 4;  // arn:partition:service:region:
  for (int i = 0; i < kPartsBefore; ++i) TakePart(arn, ':');
  const std::string_view account = TakePart(arn, ':');
  return IsAccountId(account) ? account : std::string_view();
}

}  // namespace bedplate::account
