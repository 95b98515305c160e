// Authorizations a second on one thread: ten policies of twenty statements each, and requests that
// the first of them allows, the last one, none, or that one denies. Prints a line for each kind of
// request: by policies alone (Decide), and with the request and its context keys made anew for
// each, as a server has to.
//
//   identity_bench [SECONDS [ROUNDS]]
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/policy/evaluate.h"

namespace {

namespace policy = bedplate::account::policy;

constexpr int kPolicies = 10;
constexpr int kStatements = 20;

// Statements as teams have them; "@" is the number of the policy.
constexpr std::array<std::string_view, kStatements> kTemplates = {
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
constexpr std::array<std::string_view, 2> kGuards = {
    R"({"Effect":"Deny","NotAction":["iam:*","sts:*","support:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1","us-east-1"]}}})",
    R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","203.0.113.0/24","2001:db8::/32"]},"Bool":{"aws:ViaAWSService":"false"}}})",
};

policy::Document MakeDocument(int number) {
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

// What is asked, and what must come of it.
struct Ask {
  std::string_view name;
  std::string_view action;
  std::string_view resource;
  bool allowed;
  bool denied;
};

constexpr Ask kAsks[] = {
    {"allowed by the first policy", "s3:GetObject",
     "arn:aws:s3:::team-0/anna/plans/2026/november.txt", true, false},
    {"allowed by the last policy", "s3:GetObject",
     "arn:aws:s3:::team-9/anna/plans/2026/november.txt", true, false},
    {"a model, allowed by the last policy", "bedrock:InvokeModel",
     "arn:aws:bedrock:eu-central-1::foundation-model/maker-9.text-large-v1:0", true, false},
    {"allowed by no policy", "s3:GetObject",
     "arn:aws:s3:::somebody-elses/anna/plans/2026/november.txt", false, false},
    {"of a service in no policy", "sagemaker:CreateEndpoint",
     "arn:aws:sagemaker:eu-central-1:111122223333:endpoint/a", false, false},
    {"denied by the last policy", "bedrock:InvokeModel",
     "arn:aws:bedrock:eu-central-1::foundation-model/maker-9.preview-9", false, true},
};

// As a server knows a user's request: the global keys and two of a service.
policy::Request MakeRequest(const Ask& ask) {
  policy::Request request;
  request.action = ask.action;
  request.resource = ask.resource;
  request.resource_account = "111122223333";
  request.identity.account = "111122223333";
  request.identity.arn = "arn:aws:iam::111122223333:user/anna";
  request.identity.id = "AIDACKCEVSQ6C2EXAMPLE";
  policy::Context& context = request.context;
  context.Set("aws:PrincipalArn", request.identity.arn);
  context.Set("aws:PrincipalAccount", "111122223333");
  context.Set("aws:PrincipalType", "User");
  context.Set("aws:userid", request.identity.id);
  context.Set("aws:username", "anna");
  context.Set("aws:PrincipalTag/team", "blue");
  context.Set("aws:RequestedRegion", "eu-central-1");
  context.Set("aws:SourceIp", "203.0.113.77");
  context.Set("aws:SecureTransport", "true");
  context.Set("aws:ViaAWSService", "false");
  context.Set("aws:CurrentTime", "2026-11-26T10:00:00Z");
  context.Set("aws:EpochTime", "1795687200");
  context.Set("aws:UserAgent", "Boto3/1.40 md/Botocore ua/2.1 os/linux lang/python");
  context.Set("aws:ResourceTag/team", "blue");
  context.SetAll("aws:TagKeys", {"team", "stage"});
  return request;
}

// Of this thread alone, so that a busy machine disturbs little.
double ProcessorSeconds() {
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

void Check(const Ask& ask, const policy::Decision& decision) {
  if (decision.allowed == ask.allowed && decision.explicit_deny == ask.denied) return;
  fmt::print(stderr, "{}: decided otherwise\n", ask.name);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.5;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  std::vector<policy::Document> documents;
  documents.reserve(kPolicies);
  for (int number = 0; number < kPolicies; ++number) documents.push_back(MakeDocument(number));
  policy::Policies policies;
  policies.identity.reserve(documents.size());
  for (const policy::Document& document : documents) policies.identity.push_back(&document);

  fmt::print("{:<38}{:>14}{:>22}\n", "request", "decided a s", "made and decided a s");
  for (const Ask& ask : kAsks) {
    const policy::Request request = MakeRequest(ask);
    Check(ask, policy::Decide(policies, request));
    bool allowed = false;  // is looked at, so that nothing is left out
    double decided = 0;
    double made = 0;
    for (int round = 0; round < rounds; ++round) {
      decided = std::max(
          decided, RateOf(seconds, [&] { allowed ^= policy::Decide(policies, request).allowed; }));
      made = std::max(made, RateOf(seconds, [&] {
                        allowed ^= policy::Decide(policies, MakeRequest(ask)).allowed;
                      }));
    }
    fmt::print("{:<38}{:>14.0f}{:>22.0f}{}\n", ask.name, decided, made, allowed ? " " : "");
  }
  return 0;
}
