#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "account/policy/document.h"
#include "account/policy/pattern.h"
#include "account/policy/text.h"
#include "bedrock/ops/DeleteResourcePolicy.h"
#include "bedrock/ops/GetResourcePolicy.h"
#include "bedrock/ops/PutResourcePolicy.h"
#include "services/bedrock/service.h"

namespace bedplate::services::bedrock {
namespace {

namespace policy = account::policy;

std::unexpected<Error> Bad(std::string_view why) {
  return Fail(Fault::kValidation, fmt::format("The resourcePolicy can't be used: {}", why));
}

// An element that can never apply is a mistake of its author's, who believes something is denied.
Result<void> CheckElements(const policy::Statement& statement, const std::string& arn) {
  for (const policy::Pattern& action : statement.actions) {
    const std::string& text = action.text();
    if (action.matches_all() ||
        policy::EqualsIgnoringCase(text.substr(0, text.find(':')), "bedrock")) {
      continue;
    }
    return Bad(fmt::format("the Action '{}' is none of bedrock.", text));
  }
  for (const policy::Pattern& resource : statement.resources) {
    const bool is_meant = resource.has_variables() || policy::MatchesResource(resource.form(), arn);
    if (is_meant || statement.not_resources) continue;
    return Bad(
        fmt::format("the Resource '{}' is not {}, whose policy this is.", resource.text(), arn));
  }
  return {};
}

Result<void> CheckPolicy(const std::string& text, const std::string& arn) {
  const auto document = policy::ReadDocument(text, policy::Kind::kResource);
  if (!document) return Bad(document.error().message);
  for (const policy::Statement& statement : document->statements) {
    if (auto ok = CheckElements(statement, arn); !ok) return ok;
  }
  return {};
}

}  // namespace

net::Task<Result<gen::PutResourcePolicyResponse>> Bedrock::PutResourcePolicy(
    const wire::Call& call, gen::PutResourcePolicyRequest input) {
  auto put = co_await pool_.Run([&] {
    auto put = control_.policies.CheckResource(ScopeOf(call), *input.resourceArn);
    if (put) put = CheckPolicy(*input.resourcePolicy, *input.resourceArn);
    if (put) put = control_.policies.Put(ScopeOf(call), *input.resourceArn, *input.resourcePolicy);
    return put;
  });
  if (!put) co_return std::unexpected(std::move(put.error()));
  gen::PutResourcePolicyResponse response;
  response.resourceArn = std::move(*input.resourceArn);
  co_return response;
}

net::Task<Result<gen::GetResourcePolicyResponse>> Bedrock::GetResourcePolicy(
    const wire::Call& call, gen::GetResourcePolicyRequest input) {
  auto policy =
      co_await pool_.Run([&] { return control_.policies.Get(ScopeOf(call), *input.resourceArn); });
  if (!policy) co_return std::unexpected(std::move(policy.error()));
  gen::GetResourcePolicyResponse response;
  response.resourcePolicy = std::move(*policy);
  co_return response;
}

net::Task<Result<gen::DeleteResourcePolicyResponse>> Bedrock::DeleteResourcePolicy(
    const wire::Call& call, gen::DeleteResourcePolicyRequest input) {
  auto gone = co_await pool_.Run(
      [&] { return control_.policies.Delete(ScopeOf(call), *input.resourceArn); });
  if (!gone) co_return std::unexpected(std::move(gone.error()));
  co_return gen::DeleteResourcePolicyResponse{};
}

}  // namespace bedplate::services::bedrock
