#include "account/identity/aws_policies.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include "account/identity/seal.h"

namespace bedplate::account {
namespace {

struct AwsPolicy {
  std::string_view name;
  std::string_view path;
  std::string_view description;
  std::string_view statements;  // an array
};

constexpr std::array kPolicies = {
    AwsPolicy{"AdministratorAccess", "/", "Everything, on every resource.",
              R"([{"Effect":"Allow","Action":"*","Resource":"*"}])"},
    AwsPolicy{"AmazonBedrockFullAccess", "/",
              "All of Amazon Bedrock, what its console reads, and handing it roles named for it.",
              R"([{"Sid":"Bedrock","Effect":"Allow","Action":["bedrock:*"],"Resource":"*"},
{"Sid":"ReadKeys","Effect":"Allow","Action":["kms:DescribeKey"],"Resource":"*"},
{"Sid":"ReadAround","Effect":"Allow","Action":["iam:ListRoles","iam:GetRole","ec2:DescribeVpcs",
"ec2:DescribeSubnets","ec2:DescribeSecurityGroups"],"Resource":"*"},
{"Sid":"HandRolesToBedrock","Effect":"Allow","Action":["iam:PassRole"],
"Resource":"arn:aws:iam::*:role/*AmazonBedrock*",
"Condition":{"StringEquals":{"iam:PassedToService":["bedrock.amazonaws.com"]}}}])"},
    AwsPolicy{"AmazonBedrockLimitedAccess", "/",
              "Inference with Amazon Bedrock and reading of its resources; no changes to them.",
              R"([{"Effect":"Allow","Action":["bedrock:Get*","bedrock:List*","bedrock:Invoke*",
"bedrock:Retrieve*","bedrock:ApplyGuardrail","bedrock:CallWithBearerToken","bedrock:Converse*",
"bedrock:CountTokens","bedrock:Rerank","bedrock:RenderPrompt"],"Resource":"*"},
{"Effect":"Allow","Action":["bedrock:CreateModelInvocationJob","bedrock:StopModelInvocationJob"],
"Resource":"*"}])"},
    AwsPolicy{"AmazonBedrockReadOnly", "/", "Reading of Amazon Bedrock's resources.",
              R"([{"Effect":"Allow","Action":["bedrock:Get*","bedrock:List*"],"Resource":"*"}])"},
    AwsPolicy{"AmazonS3FullAccess", "/", "All of Amazon S3.",
              R"([{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}])"},
    AwsPolicy{"AmazonS3ReadOnlyAccess", "/", "Reading of all buckets and objects.",
              R"([{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*"],
"Resource":"*"}])"},
    AwsPolicy{"AWSKeyManagementServicePowerUser", "/",
              "Use of keys and making them; no administration of those there are.",
              R"([{"Effect":"Allow","Action":["kms:CreateAlias","kms:CreateKey","kms:DeleteAlias",
"kms:Describe*","kms:GenerateRandom","kms:Get*","kms:List*","kms:TagResource","kms:UntagResource",
"iam:ListGroups","iam:ListRoles","iam:ListUsers"],"Resource":"*"}])"},
    AwsPolicy{"CloudWatchLogsFullAccess", "/", "All of CloudWatch Logs.",
              R"([{"Effect":"Allow","Action":["logs:*"],"Resource":"*"}])"},
    AwsPolicy{"IAMFullAccess", "/", "All of IAM.",
              R"([{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount",
"organizations:DescribeOrganization","organizations:ListPolicies"],"Resource":"*"}])"},
    AwsPolicy{"IAMReadOnlyAccess", "/", "Reading of IAM, and its simulator.",
              R"([{"Effect":"Allow","Action":["iam:GenerateCredentialReport",
"iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy",
"iam:SimulatePrincipalPolicy"],"Resource":"*"}])"},
    AwsPolicy{"IAMUserChangePassword", "/", "A user's change of its own password.",
              R"([{"Effect":"Allow","Action":["iam:ChangePassword"],
"Resource":["arn:aws:iam::*:user/${aws:username}"]},
{"Effect":"Allow","Action":["iam:GetAccountPasswordPolicy"],"Resource":"*"}])"},
    AwsPolicy{"PowerUserAccess", "/", "Everything but the management of identities and accounts.",
              R"([{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],
"Resource":"*"},
{"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole",
"iam:ListRoles","organizations:DescribeOrganization","account:ListRegions",
"account:GetAccountInformation"],"Resource":"*"}])"},
    AwsPolicy{"ReadOnlyAccess", "/", "Reading of every service's resources.",
              R"([{"Effect":"Allow","Action":["bedrock:Get*","bedrock:List*","s3:Get*","s3:List*",
"kms:Describe*","kms:Get*","kms:List*","iam:Get*","iam:List*","iam:Simulate*",
"iam:Generate*","sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken","logs:Describe*",
"logs:Get*","logs:FilterLogEvents","logs:List*","cloudwatch:Describe*","cloudwatch:Get*",
"cloudwatch:List*"],"Resource":"*"}])"},
    AwsPolicy{"SecurityAudit", "/", "Reading of how services are set up, not of what they hold.",
              R"([{"Effect":"Allow","Action":["bedrock:Get*","bedrock:List*",
"iam:GenerateCredentialReport","iam:Get*","iam:List*","iam:SimulateCustomPolicy",
"iam:SimulatePrincipalPolicy","kms:DescribeKey","kms:GetKeyPolicy","kms:GetKeyRotationStatus",
"kms:List*","s3:GetBucket*","s3:GetEncryptionConfiguration","s3:GetLifecycleConfiguration",
"s3:GetObjectAcl","s3:ListAllMyBuckets","logs:Describe*"],"Resource":"*"}])"},
    AwsPolicy{"ViewOnlyAccess", "/job-function/", "Lists of resources, without what they hold.",
              R"([{"Effect":"Allow","Action":["bedrock:List*","iam:List*","iam:GetAccountSummary",
"kms:ListAliases","kms:ListKeys","s3:ListAllMyBuckets","s3:ListBucket","logs:Describe*"],
"Resource":"*"}])"},
};

// The same at every start, and on every server.
std::string IdOf(std::string_view name) {
  constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const std::string hash = Sha256(name);
  std::string id = "ANPA";
  for (size_t i = 0; i < 17; ++i) id += kBase32[static_cast<unsigned char>(hash[i]) % 32];
  return id;
}

std::vector<std::shared_ptr<const ManagedPolicy>> Make() {
  constexpr int64_t kMadeAtMs = 1'764'201'600'000;  // 2025-11-27, when these were written
  std::vector<std::shared_ptr<const ManagedPolicy>> made;
  for (const AwsPolicy& from : kPolicies) {
    auto policy = std::make_shared<ManagedPolicy>();
    policy->name = from.name;
    policy->path = from.path;
    policy->id = IdOf(from.name);
    policy->description = from.description;
    policy->created_at_ms = policy->updated_at_ms = kMadeAtMs;
    policy->of_aws = true;
    std::string json =
        R"({"Version":"2012-10-17","Statement":)" + std::string(from.statements) + "}";
    auto document = policy::ReadDocument(json, policy::Kind::kIdentity);
    if (!document) std::abort();  // a test reads them all
    policy->versions.push_back(
        {.number = 1,
         .created_at_ms = kMadeAtMs,
         .text = {.json = std::move(json),
                  .document = std::make_shared<const policy::Document>(std::move(*document))}});
    made.push_back(std::move(policy));
  }
  std::ranges::sort(made, {}, [](const auto& policy) { return policy->name; });
  return made;
}

}  // namespace

const std::vector<std::shared_ptr<const ManagedPolicy>>& AwsPolicies() {
  static const auto* const kAll = new std::vector(Make());
  return *kAll;
}

const ManagedPolicy* FindAwsPolicy(std::string_view arn) {
  for (const auto& policy : AwsPolicies()) {
    if (ArnOf({}, *policy) == arn) return policy.get();
  }
  return nullptr;
}

}  // namespace bedplate::account
