// What it adds to a request to be signed and authorized, on one thread: from the head of a signed
// request to the answer that its caller, a user with ten policies of twenty statements, may. Prints
// microseconds of processor time for each step and for both.
//
//   request_bench [SECONDS [ROUNDS]]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "account/identity/identities.h"
#include "bench/identity/team_policies.h"
#include "gateway/authenticate.h"
#include "gateway/authorization/authorize.h"
#include "gateway/testing/test_support.h"

namespace bedplate::bench {
namespace {

struct Ask {
  std::string_view name;
  std::string_view action;
  std::string_view arn;
};

constexpr Ask kAsks[] = {
    {"allowed by the first policy", "s3:GetObject", "arn:aws:s3:::team-0/anna/plans/november.txt"},
    {"allowed by the last policy", "s3:GetObject", "arn:aws:s3:::team-9/anna/plans/november.txt"},
    {"a model, allowed by the last policy", "bedrock:InvokeModel",
     "arn:aws:bedrock:us-east-1::foundation-model/maker-9.text-large-v1:0"},
};

account::PrincipalPtr MakeUser() {
  account::Principal user;
  user.account = "111122223333";
  user.arn = "arn:aws:iam::111122223333:user/anna";
  user.user_id = "AIDACKCEVSQ6C2EXAMPLE";
  user.user_name = "anna";
  user.kind = account::PrincipalKind::kUser;
  user.identity.account = user.account;
  user.identity.arn = user.arn;
  user.identity.id = user.user_id;
  user.context.Set("aws:PrincipalArn", user.arn);
  user.context.Set("aws:PrincipalAccount", user.account);
  user.context.Set("aws:PrincipalType", "User");
  user.context.Set("aws:PrincipalIsAWSService", "false");
  user.context.Set("aws:userid", user.user_id);
  user.context.Set("aws:username", user.user_name);
  user.context.Set("aws:PrincipalTag/team", "blue");
  for (int number = 0; number < kPolicies; ++number) {
    user.documents.push_back(std::make_shared<const policy::Document>(MakeDocument(number)));
    user.policies.identity.push_back(user.documents.back().get());
  }
  return std::make_shared<const account::Principal>(std::move(user));
}

const wire::Operation kConverse{
    .name = "Converse", .method = "POST", .uri = "/model/{modelId}/converse"};
const wire::Service kRuntime{.name = "bedrock-runtime", .signing_name = "bedrock", .bearer = true};

class Requests {
 public:
  Requests() {
    test_.headers = {{"content-type", "application/json"},
                     {"user-agent", "Boto3/1.40 md/Botocore ua/2.1 os/linux lang/python"},
                     {"x-amz-content-sha256", wire::sigv4::HexOf(wire::sigv4::HashOf("{}"))}};
    test_.Sign();
    request_ = test_.ToRequest();
    request_.peer = "203.0.113.77:50000";
  }

  bool Authenticate() {
    gateway::Passage passage(request_);
    return Authenticate(passage);
  }
  bool Both(const Ask& ask) {
    gateway::Passage passage(request_);
    return Authenticate(passage) && Authorize(passage, ask);
  }
  bool Authorize(const Ask& ask) {
    gateway::Passage passage(request_);
    passage.match = {.service = &kRuntime, .operation = &kConverse};
    return Authorize(passage, ask);
  }

 private:
  bool Authenticate(gateway::Passage& passage) {
    passage.match = {.service = &kRuntime, .operation = &kConverse};
    return gateway::Authenticate(passage, {gateway::kTestRegion, identities_}, test_.now)
        .has_value();
  }
  bool Authorize(gateway::Passage& passage, const Ask& ask) {
    passage.principal = user_;
    const auto entered = gateway::Authorize(
        passage, {.region = gateway::kTestRegion, .directories = directories_}, test_.now);
    if (!entered) return false;
    const auto may = passage.permission->TryCheck(
        {.action = std::string(ask.action), .arn = std::string(ask.arn)});
    return may && *may;
  }

  gateway::TestRequest test_;
  net::Request request_;
  account::Identities identities_{gateway::kTestRoot};
  account::PrincipalPtr user_ = MakeUser();
  gateway::ResourceDirectories directories_;
};

}  // namespace

int Main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.5;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  Requests requests;
  constexpr double kMicroseconds = 1e6;
  fmt::print("{:<38}{:>12}{:>12}{:>12}\n", "microseconds", "signature", "permission", "both");
  for (const Ask& ask : kAsks) {
    if (!requests.Both(ask)) {
      fmt::print(stderr, "{}: refused\n", ask.name);
      return 1;
    }
    double signature = 0;
    double permission = 0;
    double both = 0;
    bool seen = false;  // is looked at, so that nothing is left out
    for (int round = 0; round < rounds; ++round) {
      signature = std::max(signature, RateOf(seconds, [&] { seen ^= requests.Authenticate(); }));
      permission = std::max(permission, RateOf(seconds, [&] { seen ^= requests.Authorize(ask); }));
      both = std::max(both, RateOf(seconds, [&] { seen ^= requests.Both(ask); }));
    }
    fmt::print("{:<38}{:>12.2f}{:>12.2f}{:>12.2f}{}\n", ask.name, kMicroseconds / signature,
               kMicroseconds / permission, kMicroseconds / both, seen ? " " : "");
  }
  return 0;
}

}  // namespace bedplate::bench

int main(int argc, char** argv) { return bedplate::bench::Main(argc, argv); }
