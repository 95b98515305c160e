// An authenticated caller: who it is, what is known of it, and the policies that apply to it.
//
// Threads: immutable once made and shared by all reactors; holding it keeps everything it shows
// alive, so that a request goes on with the policies it began with.
// spec: IAM user guide, "AWS global condition context keys" (properties of the principal)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "account/policy/document.h"
#include "account/policy/evaluate.h"
#include "account/policy/request.h"

namespace bedplate::account {

enum class PrincipalKind : uint8_t { kRoot, kUser, kAssumedRole, kFederatedUser, kService };

// Where its credentials come from, which limits what they may call.
enum class Issuer : uint8_t {
  kLongTerm,            // an access key or a bearer key, which does not end
  kGetSessionToken,     // of a user or root
  kGetFederationToken,  // a federated user
  kAssumeRole,
  kAssumeRoleWithWebIdentity,
};

struct Principal {
  std::string account{};  // 12 digits: whose resources it acts on
  // "arn:aws:iam::123456789012:root", ":user/path/name",
  // "arn:aws:sts::123456789012:assumed-role/name/session", ":federated-user/name"
  std::string arn{};
  std::string user_id{};  // "AIDA...", "AROA...:session", "123456789012:federated", the account
  PrincipalKind kind = PrincipalKind::kRoot;
  Issuer issuer = Issuer::kLongTerm;
  policy::Identity identity{};
  // The keys that tell of the principal and its session: aws:PrincipalArn, aws:PrincipalAccount,
  // aws:PrincipalType, aws:PrincipalTag/..., aws:PrincipalIsAWSService, aws:userid, aws:username,
  // aws:TokenIssueTime, aws:MultiFactorAuthPresent, aws:SourceIdentity, aws:FederatedProvider, and
  // of a web identity "issuer:sub" and "issuer:aud". What tells of the request is not in it.
  policy::Context context{};
  // identity, boundary, session and root; the resource's are the request's. The documents belong
  // to `documents`.
  policy::Policies policies{};
  std::vector<std::shared_ptr<const policy::Document>> documents{};

  // For STS. The names of session tags that a role assumed next gets too, and the session's own.
  std::vector<std::string> transitive_tags{};
  std::string session_name{};
  std::string source_identity{};
  std::string role_id{};  // "AROA...", of a session of a role
  // The user's name, for operations of IAM that may leave UserName out; empty for others.
  std::string user_name{};
};

using PrincipalPtr = std::shared_ptr<const Principal>;

struct AccessKey {
  std::string id{};      // "AKIA..." or "ASIA..."
  std::string secret{};  // what requests are signed with
  PrincipalPtr owner{};
};

// Whether credentials of its kind may call the operation at all, whatever policies say: sessions of
// GetSessionToken and GetFederationToken may not use IAM, nor all of STS.
// spec: IAM user guide, "Compare AWS STS credentials"
bool MayCall(const Principal& principal, std::string_view signing_name, std::string_view operation);

}  // namespace bedplate::account
