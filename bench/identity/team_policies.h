// What both programs measure with: ten policies of twenty statements, as teams have them, and the
// processor's time.
#pragma once

#include <fmt/format.h>
#include <time.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "account/policy/document.h"

namespace bedplate::bench {

namespace policy = bedplate::account::policy;

inline constexpr int kPolicies = 10;
inline constexpr int kStatements = 20;

// Statements as teams have them; "@" is the number of the policy.
inline constexpr std::array<std::string_view, kStatements> kTemplates = {
    R"({"Effect":"Allow","Action":["bedrock:InvokeModel","bedrock:InvokeModelWithResponseStream"],"Resource":"arn:aws:bedrock:*::foundation-model/maker-@.*","Condition":{"StringEquals":{"aws:RequestedRegion":["eu-central-1","us-east-1"]}}})",
    R"({"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::team-@/${aws:username}/*"})",
    R"({"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::team-@","Condition":{"StringLike":{"s3:prefix":["","${aws:username}/*"]}}})",
    R"({"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey*"],"Resource":"arn:aws:kms:*:111122223333:key/@-*","Condition":{"StringLike":{"kms:ViaService":"s3.*.amazonaws.com"}}})",
    R"({"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/bedrock-@-*","Condition":{"StringEquals":{"iam:PassedToService":"bedrock.amazonaws.com"}}})",
    R"({"Effect":"Allow","Action":["logs:CreateLog*","logs:PutLogEvents"],"Resource":"arn:aws:logs:*:111122223333:log-group:/team-@/*"})",
    R"({"Effect":"Deny","Action":["s3:DeleteBucket","s3:DeleteObjectVersion"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}})",
    R"({"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem","dynamodb:Query"],"Resource":"arn:aws:dynamodb:*:111122223333:table/team-@-*","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["${aws:userid}"]}}})",
    R"({"Effect":"Allow","Action":"bedrock:*Guardrail*","Resource":"arn:aws:bedrock:*:111122223333:guardrail/@*","Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}})",
    R"({"Effect":"Deny","Action":"bedrock:InvokeModel*","Resource":"arn:aws:bedrock:*::foundation-model/*preview-@*"})",
    R"({"Effect":"Allow","Action":["ec2:StartInstances","ec2:StopInstances"],"Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringEquals":{"aws:ResourceTag/team":"team-@"}}})",
    R"({"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":["arn:aws:lambda:*:111122223333:function:team-@-*","arn:aws:lambda:*:111122223333:function:shared-*"]})",
    R"({"Effect":"Allow","Action":["sqs:SendMessage","sqs:ReceiveMessage","sqs:DeleteMessage"],"Resource":"arn:aws:sqs:*:111122223333:team-@-*"})",
    R"({"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/team-@/*"})",
    R"({"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::shared-*-@/*","Condition":{"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}}})",
    R"({"Effect":"Allow","Action":"bedrock:Retrieve*","Resource":"arn:aws:bedrock:*:111122223333:knowledge-base/KB@*"})",
    R"({"Effect":"Allow","Action":"iam:*AccessKey*","Resource":"arn:aws:iam::111122223333:user/${aws:username}"})",
    R"({"Effect":"Allow","Action":"cloudwatch:PutMetricData","Resource":"*","Condition":{"StringLike":{"cloudwatch:namespace":"team-@/*"}}})",
    R"({"Effect":"Allow","Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"],"Resource":"arn:aws:ecr:*:111122223333:repository/team-@/*"})",
    R"({"Effect":"Allow","Action":["secretsmanager:GetSecretValue"],"Resource":"arn:aws:secretsmanager:*:111122223333:secret:team-@/*"})",
};

// What an account denies to everybody: these two stand in the first policy, for two of its own.
inline constexpr std::array<std::string_view, 2> kGuards = {
    R"({"Effect":"Deny","NotAction":["iam:*","sts:*","support:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1","us-east-1"]}}})",
    R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","203.0.113.0/24","2001:db8::/32"]},"Bool":{"aws:ViaAWSService":"false"}}})",
};

inline policy::Document MakeDocument(int number) {
  std::string text = R"({"Version":"2012-10-17","Statement":[)";
  for (size_t i = 0; i < kTemplates.size(); ++i) {
    const bool guard = number == 0 && i >= kTemplates.size() - kGuards.size();
    text += i == 0 ? "" : ",";
    for (const char c : guard ? kGuards[kTemplates.size() - 1 - i] : kTemplates[i]) {
      text += c == '@' ? std::to_string(number) : std::string(1, c);
    }
  }
  auto read = policy::ReadDocument(text + "]}", policy::Kind::kIdentity);
  if (!read) {
    fmt::print(stderr, "{}\n", read.error().message);
    std::exit(1);
  }
  return std::move(*read);
}

// Of this thread alone, so that a busy machine disturbs little.
inline double ProcessorSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Work>
double RateOf(double seconds, Work work) {
  constexpr int kBatch = 1'000;
  int64_t count = 0;
  const double begin = ProcessorSeconds();
  double taken = 0;
  do {
    for (int i = 0; i < kBatch; ++i) work();
    count += kBatch;
    taken = ProcessorSeconds() - begin;
  } while (taken < seconds);
  return static_cast<double>(count) / taken;
}

}  // namespace bedplate::bench
