// Policies of buckets, and their lists of access, which say that the owner has everything.
#include "account/identity/principal_ids.h"
#include "account/objects/names.h"
#include "s3/ops/DeleteBucketPolicy.h"
#include "s3/ops/GetBucketAcl.h"
#include "s3/ops/GetBucketPolicy.h"
#include "s3/ops/GetBucketPolicyStatus.h"
#include "s3/ops/GetObjectAcl.h"
#include "s3/ops/PutBucketAcl.h"
#include "s3/ops/PutBucketPolicy.h"
#include "s3/ops/PutObjectAcl.h"
#include "services/s3/say.h"
#include "services/s3/service.h"

namespace bedplate::services::s3 {
namespace {

namespace setting = objects::setting;

constexpr std::string_view kNoPolicy = "The bucket policy does not exist";

// Of one account's bucket another one never reads or writes the policy, whatever the policy says.
Result<void> CheckIsOwners(const wire::Call& call, const objects::Bucket& bucket) {
  if (call.account.empty() || call.account == bucket.account) return {};
  return objects::S3Fail("MethodNotAllowed", 405,
                         "The specified method is not allowed against this resource.");
}

// All that can be said of access: the owner has full control.
template <class Output>
Output OwnersAcl(const objects::Bucket& bucket) {
  Output output;
  const std::string owner = objects::CanonicalUserId(bucket.account);
  output.Owner.emplace().ID = owner;
  gen::Grant grant;
  grant.Grantee.emplace().ID = owner;
  grant.Grantee->Type.emplace() = wire::OpenEnum<gen::Type>::FromText("CanonicalUser");
  grant.Permission.emplace() = wire::OpenEnum<gen::Permission>::FromText("FULL_CONTROL");
  output.Grants.emplace().push_back(std::move(grant));
  return output;
}

// Whether a list that is put says just that.
template <class Input>
Result<void> CheckAcl(const Input& input, const objects::Bucket& bucket) {
  if (input.GrantFullControl || input.GrantRead || input.GrantReadACP || input.GrantWrite ||
      input.GrantWriteACP) {
    return CheckCannedAcl("grants");
  }
  if (input.ACL) return CheckCannedAcl(input.ACL->text());
  if (!input.AccessControlPolicy) {
    return objects::S3Fail("MissingSecurityHeader", 400,
                           "Your request was missing a required header: x-amz-acl");
  }
  const auto& policy = *input.AccessControlPolicy;
  const std::string owner = objects::CanonicalUserId(bucket.account);
  const bool owners =
      policy.Grants && policy.Grants->size() == 1 && policy.Grants->front().Permission &&
      policy.Grants->front().Permission->text() == "FULL_CONTROL" &&
      policy.Grants->front().Grantee && policy.Grants->front().Grantee->ID.value_or("") == owner;
  return owners ? Result<void>() : CheckCannedAcl("other grants");
}

}  // namespace

net::Task<Result<gen::GetBucketPolicyOutput>> S3::GetBucketPolicy(
    const wire::Call& call, gen::GetBucketPolicyRequest input) {
  const auto bucket = Said(store_, *input.Bucket, input.ExpectedBucketOwner, setting::kPolicy,
                           "NoSuchBucketPolicy", kNoPolicy);
  if (!bucket) co_return std::unexpected(bucket.error());
  if (auto ok = CheckIsOwners(call, **bucket); !ok) co_return std::unexpected(ok.error());
  gen::GetBucketPolicyOutput output;
  output.Policy = account::TellPrincipals(*world_.Current(), (*bucket)->policy_text);
  co_return output;
}

net::Task<Result<void>> S3::PutBucketPolicy(const wire::Call& call,
                                            gen::PutBucketPolicyRequest input) {
  call.response_status = 204;  // the model has none
  if (input.Policy->empty()) {
    return Refused(objects::S3Fail("MalformedPolicy", 400, "Policies must be valid JSON"));
  }
  if (const auto bucket = store_.buckets().Find(*input.Bucket)) {
    if (auto ok = CheckIsOwners(call, *bucket); !ok) return Refused(std::move(ok));
  }
  auto bound = account::BindPrincipals(*world_.Current(), nullptr, *input.Policy);
  if (!bound) {
    return Refused(objects::S3Fail("MalformedPolicy", 400, std::move(bound.error().message)));
  }
  return Say(pool_, store_, *input.Bucket, input.ExpectedBucketOwner, setting::kPolicy,
             std::move(*bound));
}

net::Task<Result<void>> S3::DeleteBucketPolicy(const wire::Call& call,
                                               gen::DeleteBucketPolicyRequest input) {
  if (const auto bucket = store_.buckets().Find(*input.Bucket)) {
    if (auto ok = CheckIsOwners(call, *bucket); !ok) return Refused(std::move(ok));
  }
  return Say(pool_, store_, *input.Bucket, input.ExpectedBucketOwner, setting::kPolicy, {});
}

net::Task<Result<gen::GetBucketPolicyStatusOutput>> S3::GetBucketPolicyStatus(
    const wire::Call&, gen::GetBucketPolicyStatusRequest input) {
  const auto bucket = Said(store_, *input.Bucket, input.ExpectedBucketOwner, setting::kPolicy,
                           "NoSuchBucketPolicy", kNoPolicy);
  if (!bucket) co_return std::unexpected(bucket.error());
  gen::GetBucketPolicyStatusOutput output;
  output.PolicyStatus.emplace().IsPublic = (*bucket)->public_policy;
  co_return output;
}

net::Task<Result<gen::GetBucketAclOutput>> S3::GetBucketAcl(const wire::Call&,
                                                            gen::GetBucketAclRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  co_return OwnersAcl<gen::GetBucketAclOutput>(**bucket);
}

net::Task<Result<void>> S3::PutBucketAcl(const wire::Call&, gen::PutBucketAclRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  co_return CheckAcl(input, **bucket);
}

net::Task<Result<gen::GetObjectAclOutput>> S3::GetObjectAcl(const wire::Call&,
                                                            gen::GetObjectAclRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  const auto found = co_await pool_.Run(
      [&] { return store_.FindObject(*input.Bucket, *input.Key, input.VersionId.value_or("")); });
  if (!found) co_return std::unexpected(found.error());
  co_return OwnersAcl<gen::GetObjectAclOutput>(**bucket);
}

net::Task<Result<gen::PutObjectAclOutput>> S3::PutObjectAcl(const wire::Call&,
                                                            gen::PutObjectAclRequest input) {
  const auto bucket = FindBucket(store_, *input.Bucket, input.ExpectedBucketOwner);
  if (!bucket) co_return std::unexpected(bucket.error());
  const auto found = co_await pool_.Run(
      [&] { return store_.FindObject(*input.Bucket, *input.Key, input.VersionId.value_or("")); });
  if (!found) co_return std::unexpected(found.error());
  if (auto ok = CheckAcl(input, **bucket); !ok) co_return std::unexpected(std::move(ok.error()));
  co_return gen::PutObjectAclOutput{};
}

}  // namespace bedplate::services::s3
