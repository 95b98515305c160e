// Any bytes as a policy of each kind: they are read or refused, and what was read is evaluated, by
// requests whose texts are of the document's own. The first byte says who asks.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "account/policy/evaluate.h"

namespace {

namespace policy = bedplate::account::policy;

constexpr size_t kLengthMax = 200;  // of texts that are matched; backtracking takes their product

policy::Request MakeRequest(const policy::Document& document, uint8_t who) {
  policy::Request request{.action = "s3:GetObject",
                          .resource = "arn:aws:s3:::bucket/key",
                          .resource_account = "111122223333"};
  policy::Identity& identity = request.identity;
  if (who % 3 == 0) identity.service = "bedrock.amazonaws.com";
  if (who % 3 == 1) identity.anonymous = true;
  if (who % 3 == 2) {
    identity.account = "111122223333";
    identity.arn = "arn:aws:sts::111122223333:assumed-role/job/session";
    identity.role_arn = "arn:aws:iam::111122223333:role/job";
  }
  for (const policy::Statement& statement : document.statements) {
    if (!statement.actions.empty()) request.action = statement.actions.back().text();
    if (!statement.resources.empty()) request.resource = statement.resources.back().text();
    for (const policy::ConditionTest& test : statement.conditions) {
      policy::Context::Values values;
      for (const policy::Pattern& value : test.values) {
        values.push_back(value.text().substr(0, kLengthMax));
      }
      request.context.SetAll(test.key, std::move(values));
    }
  }
  request.action.resize(std::min(request.action.size(), kLengthMax));
  request.resource.resize(std::min(request.resource.size(), kLengthMax));
  return request;
}

void Evaluate(const policy::Document& document, uint8_t who) {
  const policy::Request request = MakeRequest(document, who);
  policy::Policies policies{.identity = {&document}, .resource = &document};
  if (who & 4) policies.boundary.emplace({&document});
  if (who & 8) policies.session.emplace({&document});
  policies.resource_must_allow = (who & 16) != 0;
  const policy::Decision decision = policy::Decide(policies, request);
  if (decision.allowed && decision.explicit_deny) std::abort();
  if (decision.statement != nullptr && !policy::Applies(*decision.statement, request)) {
    // But for the Deny of a NotPrincipal, which reaches whoever has a boundary.
    if (!decision.statement->not_principals || !policies.boundary) std::abort();
  }
  if (policy::DeniedMessage(request, decision).empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const auto kind : {policy::Kind::kIdentity, policy::Kind::kTrust, policy::Kind::kResource}) {
    const auto document = policy::ReadDocument(text, kind);
    if (document) {
      Evaluate(*document, data[0]);
    } else if (document.error().message.empty()) {
      std::abort();
    }
  }
  return 0;
}
