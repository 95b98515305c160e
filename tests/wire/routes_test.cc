// Every operation of the four Bedrock services is found by a request made from its own route, and
// every pattern of their shapes compiles.
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

#include "bedrock/service.h"
#include "bedrock_agent/service.h"
#include "bedrock_agent_runtime/service.h"
#include "bedrock_runtime/service.h"
#include "wire/patterns.h"
#include "wire/router.h"

namespace bedplate::wire {
namespace {

const Service* const kServices[] = {&gen::bedrock::kService, &gen::bedrock_agent::kService,
                                    &gen::bedrock_agent_runtime::kService,
                                    &gen::bedrock_runtime::kService};

net::Request RequestFor(const Operation& operation) {
  net::Request request;
  request.method = operation.method;
  for (size_t i = 0; i < operation.uri.size(); ++i) {
    if (operation.uri[i] != '{') {
      request.target += operation.uri[i];
      continue;
    }
    request.target += "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012";
    request.target += operation.first_label_holds.empty() ? "%3Aagent%2F" : "%3Asession%2F";
    request.target += "ABCDEF1234";
    i = operation.uri.find('}', i);
  }
  for (const std::string_view name : operation.required_query) {
    request.target += request.target.find('?') == std::string::npos ? '?' : '&';
    request.target += std::string(name) + "=1";
  }
  for (const std::string_view name : operation.required_headers) request.headers.Add(name, "1");
  request.headers.Add("authorization", "AWS4-HMAC-SHA256 Credential=A/1/r/bedrock/aws4_request");
  return request;
}

TEST(Routes, EveryOperationOfBedrockIsFound) {
  const Router router(kServices);
  int count = 0;
  for (const Service* const service : kServices) {
    for (const Operation& operation : service->operations) {
      const net::Request request = RequestFor(operation);
      const auto match = router.Find(request);
      ASSERT_TRUE(match) << service->name << " " << operation.name << " " << request.target;
      EXPECT_EQ(match->service->name, service->name) << request.target;
      EXPECT_EQ(match->operation->name, operation.name) << request.target;
      ++count;
    }
  }
  EXPECT_EQ(count, 240);
}

TEST(Routes, EveryPatternCompiles) {
  std::set<const Shape*> seen;
  const std::function<void(const Shape*)> visit = [&](const Shape* shape) {
    if (!shape || !seen.insert(shape).second) return;
    if (shape->constraint) {
      EXPECT_TRUE(PatternCompiles(*shape->constraint))
          << shape->name << ": " << shape->constraint->re2_pattern;
    }
    for (uint32_t i = 0; i < shape->member_count; ++i) visit(shape->members[i].shape);
  };
  for (const Service* const service : kServices) {
    for (const Operation& operation : service->operations) {
      visit(operation.input);
      visit(operation.output);
    }
  }
  EXPECT_GT(seen.size(), 100u);
}

}  // namespace
}  // namespace bedplate::wire
