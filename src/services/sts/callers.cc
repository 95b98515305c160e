#include "account/identity/errors.h"
#include "services/caller.h"
#include "services/sts/service.h"
#include "sts/ops/GetAccessKeyInfo.h"
#include "sts/ops/GetCallerIdentity.h"

namespace bedplate::services::sts {

net::Task<Result<gen::GetCallerIdentityResponse>> Sts::GetCallerIdentity(
    const wire::Call& call, gen::GetCallerIdentityRequest) {
  const account::Principal* const caller = CallerOf(call);
  if (caller == nullptr) co_return account::AccessDenied("The request was not signed.");
  gen::GetCallerIdentityResponse response;
  response.UserId = caller->user_id;
  response.Account = caller->account;
  response.Arn = caller->arn;
  co_return response;
}

net::Task<Result<gen::GetAccessKeyInfoResponse>> Sts::GetAccessKeyInfo(
    const wire::Call&, gen::GetAccessKeyInfoRequest input) {
  auto account = account::AccountOfKey(store_, *input.AccessKeyId);
  if (!account) {
    co_return account::ValidationError("The access key " + *input.AccessKeyId +
                                       " is of no account that is known here.");
  }
  gen::GetAccessKeyInfoResponse response;
  response.Account = std::move(*account);
  co_return response;
}

}  // namespace bedplate::services::sts
