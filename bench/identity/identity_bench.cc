// Authorizations a second on one thread: ten policies of twenty statements each, and requests that
// the first of them allows, the last one, none, or that one denies. Prints a line for each kind of
// request: by policies alone (Decide), and with the request and its context keys made anew for
// each, as a server has to.
//
//   identity_bench [SECONDS [ROUNDS]]
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "account/policy/evaluate.h"
#include "bench/identity/team_policies.h"

namespace {

namespace policy = bedplate::account::policy;
using bedplate::bench::kPolicies;
using bedplate::bench::MakeDocument;
using bedplate::bench::RateOf;

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
