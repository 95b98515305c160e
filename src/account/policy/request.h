// What is to be decided: who asks for what, and what is known about it.
//
// Threads: plain values.
// spec: IAM user guide, "AWS global condition context keys" and "Policy evaluation logic"
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bedplate::account::policy {

// Context keys with their values, in few enough entries to look through one by one. A key with an
// empty list of values is there and has none.
class Context {
 public:
  using Values = std::vector<std::string>;

  void Set(std::string key, std::string value);
  void SetAll(std::string key, Values values);
  // Nullptr when the key is absent. `key` is compared without the case of ASCII letters.
  const Values* Find(std::string_view key) const;
  // The key's value where it has just one, else nullptr: a list of several can't be one text.
  const std::string* FindSingle(std::string_view key) const;
  const std::vector<std::pair<std::string, Values>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, Values>> entries_;
};

// What the statements of resource and trust policies hold their Principal against.
struct Identity {
  std::string account{};  // 12 digits; none of a service, a provider's user or nobody
  // "arn:aws:iam::123456789012:user/anna", "arn:aws:sts::123456789012:assumed-role/job/session",
  // ".../federated-user/...", ".../root"; empty for a service or nobody.
  std::string arn{};
  // Of a session, what it is a session of: the ARN of the role, or of GetFederationToken's user.
  std::string role_arn{};
  std::string id{};              // of the user, or of the session's role: "AIDA...", "AROA..."
  std::string canonical_user{};  // of the account, where a service (S3) names accounts so
  std::string service{};         // "bedrock.amazonaws.com" when a service asks for itself
  // Of AssumeRoleWithWebIdentity: the provider as trust policies name it, which is its ARN
  // ("arn:aws:iam::123456789012:oidc-provider/...") or, of those that need none, its host.
  std::string federated{};
  bool anonymous = false;
};

struct Request {
  std::string action{};    // "s3:GetObject"
  std::string resource{};  // an ARN, or "*" for an action on no resource
  // 12 digits. Of what belongs to no account (a foundation model, "*") it is the caller's.
  std::string resource_account{};
  Identity identity{};
  Context context{};
};

}  // namespace bedplate::account::policy
