#include "account/keys/key_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "account/keys/key_error.h"
#include "account/policy/document.h"
#include "account/policy/evaluate.h"
#include "base/limits.h"

namespace bedplate::account::keys {
namespace {

struct Managed {
  std::string_view alias;
  std::string_view service;
  std::string_view what;
};
constexpr std::array<Managed, 2> kManaged = {
    {{"alias/aws/s3", "s3", "S3 objects"}, {"alias/aws/bedrock", "bedrock", "Bedrock resources"}}};

const Managed* FindManaged(std::string_view alias) {
  const auto* const found = std::ranges::find(kManaged, alias, &Managed::alias);
  return found == kManaged.end() ? nullptr : found;
}

std::unexpected<Error> Malformed(std::string message) {
  return KeyError(Fault::kValidation, "MalformedPolicyDocumentException", std::move(message));
}

}  // namespace

std::string DefaultPolicy(std::string_view account) {
  return fmt::format(
      R"({{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:aws:iam::{}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}})",
      account);
}

bool IsManagedAlias(std::string_view alias) { return FindManaged(alias) != nullptr; }

std::string ManagedDescription(std::string_view alias) {
  const Managed* const managed = FindManaged(alias);
  return fmt::format("Default key that protects my {} when no other key is defined",
                     managed != nullptr ? managed->what : "resources");
}

std::string ManagedPolicy(std::string_view account, std::string_view region,
                          std::string_view alias) {
  const Managed* const managed = FindManaged(alias);
  const std::string_view service = managed != nullptr ? managed->service : "kms";
  return fmt::format(
      R"({{
  "Version" : "2012-10-17",
  "Id" : "auto-{2}-2",
  "Statement" : [ {{
    "Sid" : "Allow access through {2} for all principals in the account that may use it",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "*"
    }},
    "Action" : [ "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey" ],
    "Resource" : "*",
    "Condition" : {{
      "StringEquals" : {{
        "kms:CallerAccount" : "{0}",
        "kms:ViaService" : "{2}.{1}.amazonaws.com"
      }}
    }}
  }}, {{
    "Sid" : "Allow direct access to key metadata to the account",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:aws:iam::{0}:root"
    }},
    "Action" : [ "kms:Describe*", "kms:Get*", "kms:List*" ],
    "Resource" : "*"
  }} ]
}})",
      account, region, service);
}

Result<void> CheckPolicy(std::string_view policy, const policy::Identity& caller,
                         std::string_view key_arn, std::string_view key_account, bool bypass) {
  if (policy.size() > limits::kKeyPolicyBytesMax) {
    return LimitExceeded(fmt::format("The key policy has {} bytes; it can have {}.", policy.size(),
                                     limits::kKeyPolicyBytesMax));
  }
  const auto document = policy::ReadDocument(policy, policy::Kind::kResource);
  if (!document) return Malformed(document.error().message);
  if (bypass) return {};
  const policy::Request request{.action = "kms:PutKeyPolicy",
                                .resource = std::string(key_arn),
                                .resource_account = std::string(key_account),
                                .identity = caller};
  bool allowed = false;
  bool denied = false;
  for (const policy::Statement& statement : document->statements) {
    if (policy::Applies(statement, request)) (statement.deny ? denied : allowed) = true;
  }
  if (allowed && !denied) return {};
  return Malformed("The new key policy will not allow you to update the key policy in the future.");
}

}  // namespace bedplate::account::keys
