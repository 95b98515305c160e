// What users and accounts have on AWS and can't have here, as the operations that would make it are
// not served: passwords, MFA devices, certificates, SSH keys, SAML providers. That there is none is
// the truth, and clients ask before they delete a user.
#include "account/identity/errors.h"
#include "account/identity/names.h"
#include "iam/ops/DeleteLoginProfile.h"
#include "iam/ops/GetAccountPasswordPolicy.h"
#include "iam/ops/GetLoginProfile.h"
#include "iam/ops/ListMFADevices.h"
#include "iam/ops/ListSAMLProviders.h"
#include "iam/ops/ListSSHPublicKeys.h"
#include "iam/ops/ListServerCertificates.h"
#include "iam/ops/ListSigningCertificates.h"
#include "iam/ops/ListVirtualMFADevices.h"
#include "services/iam/page.h"
#include "services/iam/service.h"
#include "services/iam/user_names.h"

namespace bedplate::services::iam {
namespace {

// NoSuchEntity unless the user that is named, or calls, is there.
Result<std::string> FindUser(const account::AccountState& state, const wire::Call& call,
                             const wire::Opt<std::string>& given) {
  auto name = RequireUserName(call, given);
  if (!name) return name;
  if (auto user = account::Find<account::User>(state, *name); !user) {
    return std::unexpected(std::move(user.error()));
  }
  return name;
}

auto NoPassword(const std::string& user) {
  return account::NoSuchEntity(fmt::format("Login Profile for User {} cannot be found.", user));
}

// The page of a list without entries; a Marker is of none.
template <class Response, class Request>
Result<void> TakeNothing(Response& response, const Request& input) {
  const auto page = TakePage(std::vector<std::string>(), input.Marker, input.MaxItems,
                             [](const std::string& key) { return key; });
  if (!page) return std::unexpected(page.error());
  response.IsTruncated = false;
  return {};
}

}  // namespace

net::Task<Result<gen::GetLoginProfileResponse>> Iam::GetLoginProfile(
    const wire::Call& call, gen::GetLoginProfileRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto user = FindUser(**state, call, input.UserName);
  if (!user) co_return std::unexpected(user.error());
  co_return NoPassword(*user);
}

net::Task<Result<void>> Iam::DeleteLoginProfile(const wire::Call& call,
                                                gen::DeleteLoginProfileRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto user = FindUser(**state, call, input.UserName);
  if (!user) co_return std::unexpected(user.error());
  co_return NoPassword(*user);
}

net::Task<Result<gen::GetAccountPasswordPolicyResponse>> Iam::GetAccountPasswordPolicy(
    const wire::Call& call) {
  co_return account::NoSuchEntity(
      fmt::format("The Password Policy with domain name {} cannot be found.", call.account));
}

net::Task<Result<gen::ListMFADevicesResponse>> Iam::ListMFADevices(
    const wire::Call& call, gen::ListMFADevicesRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  // Without a name they are the caller's, the root's too.
  if (input.UserName) {
    const auto user = FindUser(**state, call, input.UserName);
    if (!user) co_return std::unexpected(user.error());
  }
  gen::ListMFADevicesResponse response;
  response.MFADevices.emplace();
  if (auto page = TakeNothing(response, input); !page) co_return std::unexpected(page.error());
  co_return response;
}

net::Task<Result<gen::ListVirtualMFADevicesResponse>> Iam::ListVirtualMFADevices(
    const wire::Call&, gen::ListVirtualMFADevicesRequest input) {
  gen::ListVirtualMFADevicesResponse response;
  response.VirtualMFADevices.emplace();
  if (auto page = TakeNothing(response, input); !page) co_return std::unexpected(page.error());
  co_return response;
}

net::Task<Result<gen::ListSigningCertificatesResponse>> Iam::ListSigningCertificates(
    const wire::Call& call, gen::ListSigningCertificatesRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto user = FindUser(**state, call, input.UserName);
  if (!user) co_return std::unexpected(user.error());
  gen::ListSigningCertificatesResponse response;
  response.Certificates.emplace();
  if (auto page = TakeNothing(response, input); !page) co_return std::unexpected(page.error());
  co_return response;
}

net::Task<Result<gen::ListSSHPublicKeysResponse>> Iam::ListSSHPublicKeys(
    const wire::Call& call, gen::ListSSHPublicKeysRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto user = FindUser(**state, call, input.UserName);
  if (!user) co_return std::unexpected(user.error());
  gen::ListSSHPublicKeysResponse response;
  response.SSHPublicKeys.emplace();
  if (auto page = TakeNothing(response, input); !page) co_return std::unexpected(page.error());
  co_return response;
}

net::Task<Result<gen::ListServerCertificatesResponse>> Iam::ListServerCertificates(
    const wire::Call&, gen::ListServerCertificatesRequest input) {
  gen::ListServerCertificatesResponse response;
  response.ServerCertificateMetadataList.emplace();
  if (auto page = TakeNothing(response, input); !page) co_return std::unexpected(page.error());
  co_return response;
}

net::Task<Result<gen::ListSAMLProvidersResponse>> Iam::ListSAMLProviders(
    const wire::Call&, gen::ListSAMLProvidersRequest) {
  gen::ListSAMLProvidersResponse response;
  response.SAMLProviderList.emplace();
  co_return response;
}

}  // namespace bedplate::services::iam
