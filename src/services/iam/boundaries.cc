#include "account/identity/holdings.h"
#include "iam/ops/DeleteRolePermissionsBoundary.h"
#include "iam/ops/DeleteUserPermissionsBoundary.h"
#include "iam/ops/PutRolePermissionsBoundary.h"
#include "iam/ops/PutUserPermissionsBoundary.h"
#include "services/iam/service.h"

namespace bedplate::services::iam {

using account::Draft;

net::Task<Result<void>> Iam::PutUserPermissionsBoundary(
    const wire::Call& call, gen::PutUserPermissionsBoundaryRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::PutBoundary<account::User>(draft, *input.UserName, *input.PermissionsBoundary);
  });
}

net::Task<Result<void>> Iam::DeleteUserPermissionsBoundary(
    const wire::Call& call, gen::DeleteUserPermissionsBoundaryRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DeleteBoundary<account::User>(draft, *input.UserName);
  });
}

net::Task<Result<void>> Iam::PutRolePermissionsBoundary(
    const wire::Call& call, gen::PutRolePermissionsBoundaryRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::PutBoundary<account::Role>(draft, *input.RoleName, *input.PermissionsBoundary);
  });
}

net::Task<Result<void>> Iam::DeleteRolePermissionsBoundary(
    const wire::Call& call, gen::DeleteRolePermissionsBoundaryRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DeleteBoundary<account::Role>(draft, *input.RoleName);
  });
}

}  // namespace bedplate::services::iam
