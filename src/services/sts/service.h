// STS: who calls, and sessions.
//
// Threads: as gen::sts::Handler. Nothing waits for the disk; web identities wait for their issuer.
#pragma once

#include "account/identity/identity_store.h"
#include "account/identity/issue.h"
#include "services/sts/issuer_keys.h"
#include "sts/handler.h"

namespace bedplate::services::sts {

namespace gen = ::bedplate::gen::sts;

class Sts final : public gen::Handler {
 public:
  // Both outlive this.
  Sts(const account::IdentityStore& store, net::Reactors& reactors)
      : store_(store), issuers_(reactors, store.clock()) {}

  net::Task<Result<gen::AssumeRoleResponse>> AssumeRole(const wire::Call& call,
                                                        gen::AssumeRoleRequest input) override;
  net::Task<Result<gen::AssumeRoleWithWebIdentityResponse>> AssumeRoleWithWebIdentity(
      const wire::Call& call, gen::AssumeRoleWithWebIdentityRequest input) override;
  net::Task<Result<gen::GetAccessKeyInfoResponse>> GetAccessKeyInfo(
      const wire::Call& call, gen::GetAccessKeyInfoRequest input) override;
  net::Task<Result<gen::GetCallerIdentityResponse>> GetCallerIdentity(
      const wire::Call& call, gen::GetCallerIdentityRequest input) override;
  net::Task<Result<gen::GetFederationTokenResponse>> GetFederationToken(
      const wire::Call& call, gen::GetFederationTokenRequest input) override;
  net::Task<Result<gen::GetSessionTokenResponse>> GetSessionToken(
      const wire::Call& call, gen::GetSessionTokenRequest input) override;

 private:
  const account::IdentityStore& store_;
  IssuerKeys issuers_;
};

}  // namespace bedplate::services::sts
