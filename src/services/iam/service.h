// IAM: from wire types to the identities of an account and back, one file for each tight group of
// operations.
//
// Threads: as gen::iam::Handler. What reads an account reads memory; what changes one waits for the
// disk, on the pool.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "account/identity/identity_store.h"
#include "iam/handler.h"
#include "net/blocking_pool.h"

namespace bedplate::services::iam {

namespace gen = ::bedplate::gen::iam;

class Iam final : public gen::Handler {
 public:
  // Both outlive this.
  Iam(account::IdentityStore& store, net::BlockingPool& pool) : store_(store), pool_(pool) {}

  net::Task<Result<void>> AddClientIDToOpenIDConnectProvider(
      const wire::Call& call, gen::AddClientIDToOpenIDConnectProviderRequest input) override;
  net::Task<Result<void>> AddRoleToInstanceProfile(
      const wire::Call& call, gen::AddRoleToInstanceProfileRequest input) override;
  net::Task<Result<void>> AddUserToGroup(const wire::Call& call,
                                         gen::AddUserToGroupRequest input) override;
  net::Task<Result<void>> AttachGroupPolicy(const wire::Call& call,
                                            gen::AttachGroupPolicyRequest input) override;
  net::Task<Result<void>> AttachRolePolicy(const wire::Call& call,
                                           gen::AttachRolePolicyRequest input) override;
  net::Task<Result<void>> AttachUserPolicy(const wire::Call& call,
                                           gen::AttachUserPolicyRequest input) override;
  net::Task<Result<gen::CreateAccessKeyResponse>> CreateAccessKey(
      const wire::Call& call, gen::CreateAccessKeyRequest input) override;
  net::Task<Result<void>> CreateAccountAlias(const wire::Call& call,
                                             gen::CreateAccountAliasRequest input) override;
  net::Task<Result<gen::CreateGroupResponse>> CreateGroup(const wire::Call& call,
                                                          gen::CreateGroupRequest input) override;
  net::Task<Result<gen::CreateInstanceProfileResponse>> CreateInstanceProfile(
      const wire::Call& call, gen::CreateInstanceProfileRequest input) override;
  net::Task<Result<gen::CreateOpenIDConnectProviderResponse>> CreateOpenIDConnectProvider(
      const wire::Call& call, gen::CreateOpenIDConnectProviderRequest input) override;
  net::Task<Result<gen::CreatePolicyResponse>> CreatePolicy(
      const wire::Call& call, gen::CreatePolicyRequest input) override;
  net::Task<Result<gen::CreatePolicyVersionResponse>> CreatePolicyVersion(
      const wire::Call& call, gen::CreatePolicyVersionRequest input) override;
  net::Task<Result<gen::CreateRoleResponse>> CreateRole(const wire::Call& call,
                                                        gen::CreateRoleRequest input) override;
  net::Task<Result<gen::CreateServiceLinkedRoleResponse>> CreateServiceLinkedRole(
      const wire::Call& call, gen::CreateServiceLinkedRoleRequest input) override;
  net::Task<Result<gen::CreateServiceSpecificCredentialResponse>> CreateServiceSpecificCredential(
      const wire::Call& call, gen::CreateServiceSpecificCredentialRequest input) override;
  net::Task<Result<gen::CreateUserResponse>> CreateUser(const wire::Call& call,
                                                        gen::CreateUserRequest input) override;
  net::Task<Result<void>> DeleteAccessKey(const wire::Call& call,
                                          gen::DeleteAccessKeyRequest input) override;
  net::Task<Result<void>> DeleteAccountAlias(const wire::Call& call,
                                             gen::DeleteAccountAliasRequest input) override;
  net::Task<Result<void>> DeleteGroup(const wire::Call& call,
                                      gen::DeleteGroupRequest input) override;
  net::Task<Result<void>> DeleteGroupPolicy(const wire::Call& call,
                                            gen::DeleteGroupPolicyRequest input) override;
  net::Task<Result<void>> DeleteInstanceProfile(const wire::Call& call,
                                                gen::DeleteInstanceProfileRequest input) override;
  net::Task<Result<void>> DeleteOpenIDConnectProvider(
      const wire::Call& call, gen::DeleteOpenIDConnectProviderRequest input) override;
  net::Task<Result<void>> DeletePolicy(const wire::Call& call,
                                       gen::DeletePolicyRequest input) override;
  net::Task<Result<void>> DeletePolicyVersion(const wire::Call& call,
                                              gen::DeletePolicyVersionRequest input) override;
  net::Task<Result<void>> DeleteRole(const wire::Call& call, gen::DeleteRoleRequest input) override;
  net::Task<Result<void>> DeleteRolePermissionsBoundary(
      const wire::Call& call, gen::DeleteRolePermissionsBoundaryRequest input) override;
  net::Task<Result<void>> DeleteRolePolicy(const wire::Call& call,
                                           gen::DeleteRolePolicyRequest input) override;
  net::Task<Result<gen::DeleteServiceLinkedRoleResponse>> DeleteServiceLinkedRole(
      const wire::Call& call, gen::DeleteServiceLinkedRoleRequest input) override;
  net::Task<Result<void>> DeleteServiceSpecificCredential(
      const wire::Call& call, gen::DeleteServiceSpecificCredentialRequest input) override;
  net::Task<Result<void>> DeleteUser(const wire::Call& call, gen::DeleteUserRequest input) override;
  net::Task<Result<void>> DeleteUserPermissionsBoundary(
      const wire::Call& call, gen::DeleteUserPermissionsBoundaryRequest input) override;
  net::Task<Result<void>> DeleteUserPolicy(const wire::Call& call,
                                           gen::DeleteUserPolicyRequest input) override;
  net::Task<Result<void>> DetachGroupPolicy(const wire::Call& call,
                                            gen::DetachGroupPolicyRequest input) override;
  net::Task<Result<void>> DetachRolePolicy(const wire::Call& call,
                                           gen::DetachRolePolicyRequest input) override;
  net::Task<Result<void>> DetachUserPolicy(const wire::Call& call,
                                           gen::DetachUserPolicyRequest input) override;
  net::Task<Result<gen::GetAccessKeyLastUsedResponse>> GetAccessKeyLastUsed(
      const wire::Call& call, gen::GetAccessKeyLastUsedRequest input) override;
  net::Task<Result<gen::GetAccountAuthorizationDetailsResponse>> GetAccountAuthorizationDetails(
      const wire::Call& call, gen::GetAccountAuthorizationDetailsRequest input) override;
  net::Task<Result<gen::GetAccountSummaryResponse>> GetAccountSummary(
      const wire::Call& call) override;
  net::Task<Result<gen::GetContextKeysForPolicyResponse>> GetContextKeysForCustomPolicy(
      const wire::Call& call, gen::GetContextKeysForCustomPolicyRequest input) override;
  net::Task<Result<gen::GetContextKeysForPolicyResponse>> GetContextKeysForPrincipalPolicy(
      const wire::Call& call, gen::GetContextKeysForPrincipalPolicyRequest input) override;
  net::Task<Result<gen::GetGroupResponse>> GetGroup(const wire::Call& call,
                                                    gen::GetGroupRequest input) override;
  net::Task<Result<gen::GetGroupPolicyResponse>> GetGroupPolicy(
      const wire::Call& call, gen::GetGroupPolicyRequest input) override;
  net::Task<Result<gen::GetInstanceProfileResponse>> GetInstanceProfile(
      const wire::Call& call, gen::GetInstanceProfileRequest input) override;
  net::Task<Result<gen::GetOpenIDConnectProviderResponse>> GetOpenIDConnectProvider(
      const wire::Call& call, gen::GetOpenIDConnectProviderRequest input) override;
  net::Task<Result<gen::GetPolicyResponse>> GetPolicy(const wire::Call& call,
                                                      gen::GetPolicyRequest input) override;
  net::Task<Result<gen::GetPolicyVersionResponse>> GetPolicyVersion(
      const wire::Call& call, gen::GetPolicyVersionRequest input) override;
  net::Task<Result<gen::GetRoleResponse>> GetRole(const wire::Call& call,
                                                  gen::GetRoleRequest input) override;
  net::Task<Result<gen::GetRolePolicyResponse>> GetRolePolicy(
      const wire::Call& call, gen::GetRolePolicyRequest input) override;
  net::Task<Result<gen::GetServiceLinkedRoleDeletionStatusResponse>>
  GetServiceLinkedRoleDeletionStatus(const wire::Call& call,
                                     gen::GetServiceLinkedRoleDeletionStatusRequest input) override;
  net::Task<Result<gen::GetUserResponse>> GetUser(const wire::Call& call,
                                                  gen::GetUserRequest input) override;
  net::Task<Result<gen::GetUserPolicyResponse>> GetUserPolicy(
      const wire::Call& call, gen::GetUserPolicyRequest input) override;
  net::Task<Result<gen::ListAccessKeysResponse>> ListAccessKeys(
      const wire::Call& call, gen::ListAccessKeysRequest input) override;
  net::Task<Result<gen::ListAccountAliasesResponse>> ListAccountAliases(
      const wire::Call& call, gen::ListAccountAliasesRequest input) override;
  net::Task<Result<gen::ListAttachedGroupPoliciesResponse>> ListAttachedGroupPolicies(
      const wire::Call& call, gen::ListAttachedGroupPoliciesRequest input) override;
  net::Task<Result<gen::ListAttachedRolePoliciesResponse>> ListAttachedRolePolicies(
      const wire::Call& call, gen::ListAttachedRolePoliciesRequest input) override;
  net::Task<Result<gen::ListAttachedUserPoliciesResponse>> ListAttachedUserPolicies(
      const wire::Call& call, gen::ListAttachedUserPoliciesRequest input) override;
  net::Task<Result<gen::ListEntitiesForPolicyResponse>> ListEntitiesForPolicy(
      const wire::Call& call, gen::ListEntitiesForPolicyRequest input) override;
  net::Task<Result<gen::ListGroupPoliciesResponse>> ListGroupPolicies(
      const wire::Call& call, gen::ListGroupPoliciesRequest input) override;
  net::Task<Result<gen::ListGroupsResponse>> ListGroups(const wire::Call& call,
                                                        gen::ListGroupsRequest input) override;
  net::Task<Result<gen::ListGroupsForUserResponse>> ListGroupsForUser(
      const wire::Call& call, gen::ListGroupsForUserRequest input) override;
  net::Task<Result<gen::ListInstanceProfileTagsResponse>> ListInstanceProfileTags(
      const wire::Call& call, gen::ListInstanceProfileTagsRequest input) override;
  net::Task<Result<gen::ListInstanceProfilesResponse>> ListInstanceProfiles(
      const wire::Call& call, gen::ListInstanceProfilesRequest input) override;
  net::Task<Result<gen::ListInstanceProfilesForRoleResponse>> ListInstanceProfilesForRole(
      const wire::Call& call, gen::ListInstanceProfilesForRoleRequest input) override;
  net::Task<Result<gen::ListOpenIDConnectProviderTagsResponse>> ListOpenIDConnectProviderTags(
      const wire::Call& call, gen::ListOpenIDConnectProviderTagsRequest input) override;
  net::Task<Result<gen::ListOpenIDConnectProvidersResponse>> ListOpenIDConnectProviders(
      const wire::Call& call, gen::ListOpenIDConnectProvidersRequest input) override;
  net::Task<Result<gen::ListPoliciesResponse>> ListPolicies(
      const wire::Call& call, gen::ListPoliciesRequest input) override;
  net::Task<Result<gen::ListPolicyTagsResponse>> ListPolicyTags(
      const wire::Call& call, gen::ListPolicyTagsRequest input) override;
  net::Task<Result<gen::ListPolicyVersionsResponse>> ListPolicyVersions(
      const wire::Call& call, gen::ListPolicyVersionsRequest input) override;
  net::Task<Result<gen::ListRolePoliciesResponse>> ListRolePolicies(
      const wire::Call& call, gen::ListRolePoliciesRequest input) override;
  net::Task<Result<gen::ListRoleTagsResponse>> ListRoleTags(
      const wire::Call& call, gen::ListRoleTagsRequest input) override;
  net::Task<Result<gen::ListRolesResponse>> ListRoles(const wire::Call& call,
                                                      gen::ListRolesRequest input) override;
  net::Task<Result<gen::ListServiceSpecificCredentialsResponse>> ListServiceSpecificCredentials(
      const wire::Call& call, gen::ListServiceSpecificCredentialsRequest input) override;
  net::Task<Result<gen::ListUserPoliciesResponse>> ListUserPolicies(
      const wire::Call& call, gen::ListUserPoliciesRequest input) override;
  net::Task<Result<gen::ListUserTagsResponse>> ListUserTags(
      const wire::Call& call, gen::ListUserTagsRequest input) override;
  net::Task<Result<gen::ListUsersResponse>> ListUsers(const wire::Call& call,
                                                      gen::ListUsersRequest input) override;
  net::Task<Result<void>> PutGroupPolicy(const wire::Call& call,
                                         gen::PutGroupPolicyRequest input) override;
  net::Task<Result<void>> PutRolePermissionsBoundary(
      const wire::Call& call, gen::PutRolePermissionsBoundaryRequest input) override;
  net::Task<Result<void>> PutRolePolicy(const wire::Call& call,
                                        gen::PutRolePolicyRequest input) override;
  net::Task<Result<void>> PutUserPermissionsBoundary(
      const wire::Call& call, gen::PutUserPermissionsBoundaryRequest input) override;
  net::Task<Result<void>> PutUserPolicy(const wire::Call& call,
                                        gen::PutUserPolicyRequest input) override;
  net::Task<Result<void>> RemoveClientIDFromOpenIDConnectProvider(
      const wire::Call& call, gen::RemoveClientIDFromOpenIDConnectProviderRequest input) override;
  net::Task<Result<void>> RemoveRoleFromInstanceProfile(
      const wire::Call& call, gen::RemoveRoleFromInstanceProfileRequest input) override;
  net::Task<Result<void>> RemoveUserFromGroup(const wire::Call& call,
                                              gen::RemoveUserFromGroupRequest input) override;
  net::Task<Result<gen::ResetServiceSpecificCredentialResponse>> ResetServiceSpecificCredential(
      const wire::Call& call, gen::ResetServiceSpecificCredentialRequest input) override;
  net::Task<Result<void>> SetDefaultPolicyVersion(
      const wire::Call& call, gen::SetDefaultPolicyVersionRequest input) override;
  net::Task<Result<gen::SimulatePolicyResponse>> SimulateCustomPolicy(
      const wire::Call& call, gen::SimulateCustomPolicyRequest input) override;
  net::Task<Result<gen::SimulatePolicyResponse>> SimulatePrincipalPolicy(
      const wire::Call& call, gen::SimulatePrincipalPolicyRequest input) override;
  net::Task<Result<void>> TagInstanceProfile(const wire::Call& call,
                                             gen::TagInstanceProfileRequest input) override;
  net::Task<Result<void>> TagOpenIDConnectProvider(
      const wire::Call& call, gen::TagOpenIDConnectProviderRequest input) override;
  net::Task<Result<void>> TagPolicy(const wire::Call& call, gen::TagPolicyRequest input) override;
  net::Task<Result<void>> TagRole(const wire::Call& call, gen::TagRoleRequest input) override;
  net::Task<Result<void>> TagUser(const wire::Call& call, gen::TagUserRequest input) override;
  net::Task<Result<void>> UntagInstanceProfile(const wire::Call& call,
                                               gen::UntagInstanceProfileRequest input) override;
  net::Task<Result<void>> UntagOpenIDConnectProvider(
      const wire::Call& call, gen::UntagOpenIDConnectProviderRequest input) override;
  net::Task<Result<void>> UntagPolicy(const wire::Call& call,
                                      gen::UntagPolicyRequest input) override;
  net::Task<Result<void>> UntagRole(const wire::Call& call, gen::UntagRoleRequest input) override;
  net::Task<Result<void>> UntagUser(const wire::Call& call, gen::UntagUserRequest input) override;
  net::Task<Result<void>> UpdateAccessKey(const wire::Call& call,
                                          gen::UpdateAccessKeyRequest input) override;
  net::Task<Result<void>> UpdateAssumeRolePolicy(const wire::Call& call,
                                                 gen::UpdateAssumeRolePolicyRequest input) override;
  net::Task<Result<void>> UpdateGroup(const wire::Call& call,
                                      gen::UpdateGroupRequest input) override;
  net::Task<Result<void>> UpdateOpenIDConnectProviderThumbprint(
      const wire::Call& call, gen::UpdateOpenIDConnectProviderThumbprintRequest input) override;
  net::Task<Result<gen::UpdateRoleResponse>> UpdateRole(const wire::Call& call,
                                                        gen::UpdateRoleRequest input) override;
  net::Task<Result<gen::UpdateRoleDescriptionResponse>> UpdateRoleDescription(
      const wire::Call& call, gen::UpdateRoleDescriptionRequest input) override;
  net::Task<Result<void>> UpdateServiceSpecificCredential(
      const wire::Call& call, gen::UpdateServiceSpecificCredentialRequest input) override;
  net::Task<Result<void>> UpdateUser(const wire::Call& call, gen::UpdateUserRequest input) override;

  // What nobody here can have (unserved_credentials.cc).
  net::Task<Result<void>> DeleteLoginProfile(const wire::Call& call,
                                             gen::DeleteLoginProfileRequest input) override;
  net::Task<Result<gen::GetAccountPasswordPolicyResponse>> GetAccountPasswordPolicy(
      const wire::Call& call) override;
  net::Task<Result<gen::GetLoginProfileResponse>> GetLoginProfile(
      const wire::Call& call, gen::GetLoginProfileRequest input) override;
  net::Task<Result<gen::ListMFADevicesResponse>> ListMFADevices(
      const wire::Call& call, gen::ListMFADevicesRequest input) override;
  net::Task<Result<gen::ListSAMLProvidersResponse>> ListSAMLProviders(
      const wire::Call& call, gen::ListSAMLProvidersRequest input) override;
  net::Task<Result<gen::ListSSHPublicKeysResponse>> ListSSHPublicKeys(
      const wire::Call& call, gen::ListSSHPublicKeysRequest input) override;
  net::Task<Result<gen::ListServerCertificatesResponse>> ListServerCertificates(
      const wire::Call& call, gen::ListServerCertificatesRequest input) override;
  net::Task<Result<gen::ListSigningCertificatesResponse>> ListSigningCertificates(
      const wire::Call& call, gen::ListSigningCertificatesRequest input) override;
  net::Task<Result<gen::ListVirtualMFADevicesResponse>> ListVirtualMFADevices(
      const wire::Call& call, gen::ListVirtualMFADevicesRequest input) override;

 private:
  using State = std::shared_ptr<const account::AccountState>;

  // Of the caller's account; never null.
  Result<State> Read(const wire::Call& call) const;
  // Changes the caller's account by a function of its draft; what that returns, once it is true.
  template <class Work>
  net::Task<std::invoke_result_t<Work, account::Draft&>> Change(const wire::Call& call, Work work);

  account::IdentityStore& store_;
  net::BlockingPool& pool_;
};

template <class Work>
net::Task<std::invoke_result_t<Work, account::Draft&>> Iam::Change(const wire::Call& call,
                                                                   Work work) {
  co_return co_await pool_.Run([this, &call, work = std::move(work)]() mutable {
    return store_.Change(call.account, std::move(work));
  });
}

}  // namespace bedplate::services::iam
