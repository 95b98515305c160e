#include <string>
#include <utility>

#include "bedrock/ops/DeleteResourcePolicy.h"
#include "bedrock/ops/GetResourcePolicy.h"
#include "bedrock/ops/PutResourcePolicy.h"
#include "services/bedrock/service.h"

namespace bedplate::services::bedrock {

net::Task<Result<gen::PutResourcePolicyResponse>> Bedrock::PutResourcePolicy(
    const wire::Call& call, gen::PutResourcePolicyRequest input) {
  auto put = co_await pool_.Run([&] {
    return control_.policies.Put(ScopeOf(call), *input.resourceArn, *input.resourcePolicy);
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
