// Bad input: the type of the error and the words that name the member.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/wire/sample_service.h"

namespace bedplate::wire {
namespace {

using testing::HasSubstr;

Outcome PutBody(std::string_view body, std::string target = "/things/abc/parts/x",
                std::string_view limit = {}) {
  SampleServer server;
  net::Request request;
  request.method = "POST";
  request.target = std::move(target);
  if (!limit.empty()) request.headers.Add("x-limit", limit);
  Outcome outcome = server.Serve(request, body);
  EXPECT_EQ(server.handler.calls, outcome.error_type.empty() ? 1 : 0);
  EXPECT_EQ(server.responder.answers, 1);
  return outcome;
}

TEST(Decoding, WhatDoesNotFitIsRefusedAndNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"name": 5})", "Expected a string, found a number, at 'name'"},
      {R"({"name": {"a": 1}})", "Expected a string, found an object, at 'name'"},
      {R"({"count": "5"})", "Expected a 32-bit integer, found a string, at 'count'"},
      {R"({"count": 1.5})", "Expected a 32-bit integer, found 1.5, at 'count'"},
      {R"({"count": 3000000000})", "Expected a 32-bit integer, found 3000000000, at 'count'"},
      {R"({"big": 1e30})", "Expected a 64-bit integer, found 1e30, at 'big'"},
      {R"({"weight": 1e400})", "Expected a double-precision number, found 1e400, at 'weight'"},
      {R"({"ratio": 1e39})", "Expected a single-precision number, found 1e39, at 'ratio'"},
      {R"({"weight": "much"})", "Expected a number, found a string, at 'weight'"},
      {R"({"flag": "true"})", "Expected a boolean, found a string, at 'flag'"},
      {R"({"data": "A"})", "Expected base64 text, found other text, at 'data'"},
      {R"({"at": "yesterday"})", "Expected a timestamp, found yesterday, at 'at'"},
      {R"({"at": 1e300})", "Expected a timestamp, found 1e300, at 'at'"},
      {R"({"iso": "2024-13-01T00:00:00Z"})", "at 'iso'"},
      {R"({"tree": []})", "Expected an object, found a list, at 'tree'"},
      {R"({"choices": {}})", "Expected a list, found an object, at 'choices'"},
      {R"({"choices": [{"text":"a"}, {"tree": {"children": [{"label": 1}]}}]})",
       "Expected a string, found a number, at "
       "'choices.2.member.tree.children.1.member.label'"},
      {R"({"choices": [null]})", "Expected a value, found null, at 'choices.1.member'"},
      {R"({"labels": {"k": 1}})", "Expected a string, found a number, at 'labels.k'"},
      {R"({"name": "a" "count": 1})", "The body is not valid JSON: Expected ',' or '}'"},
      {R"({"name": "a", "name": "b"})", "Key 'name' stands twice"},
      {R"({"tree": {"label": "a)", "The body is not valid JSON"},
      {R"([1])", "Expected an object, found a list"},
      {R"(nul)", "The body is not valid JSON"},
      {R"({} x)", "Something after the value"},
      {"{\"name\": \"\xFF\"}", "not UTF-8"},
  };
  for (const auto& [body, words] : cases) {
    const Outcome outcome = PutBody(body);
    EXPECT_EQ(outcome.status, 400) << body;
    EXPECT_EQ(outcome.error_type, "SerializationException") << body;
    EXPECT_THAT(outcome.error_message, HasSubstr(words)) << body;
  }
}

TEST(Decoding, DepthIsBounded) {
  std::string deep = R"({"name":"n","tree":)";
  for (int i = 0; i < 1000; ++i) deep += R"({"label":"x","twin":)";
  const Outcome outcome = PutBody(deep);
  EXPECT_EQ(outcome.error_type, "SerializationException");
  EXPECT_THAT(outcome.error_message, HasSubstr("Nesting of more than"));
}

TEST(Decoding, PartsOfTheUriAndHeadersAreNamedToo) {
  EXPECT_THAT(PutBody("{}", "/things/abc/parts/x?dry-run=maybe").error_message,
              HasSubstr("Expected true or false, found 'maybe', at 'dryRun'"));
  EXPECT_THAT(PutBody("{}", "/things/abc/parts/x?since=now").error_message,
              HasSubstr("Expected a timestamp, found 'now', at 'since'"));
  EXPECT_THAT(PutBody("{}", "/things/%zz/parts/x").error_message,
              HasSubstr("Expected percent-encoded UTF-8, found '%zz', at 'thingId'"));
  EXPECT_THAT(PutBody("{}", "/things/%ff/parts/x").error_message, HasSubstr("at 'thingId'"));
  EXPECT_THAT(PutBody("{}", "/things/abc/parts/x", "many").error_message,
              HasSubstr("Expected a 32-bit integer, found 'many', at 'limit'"));
}

TEST(Validation, SpeaksAsAwsDoes) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"{}", "/things/abc/parts/x",
       "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member "
       "must not be null"},
      {R"({"name": ""})", "/things/abc/parts/x",
       "1 validation error detected: Value '' at 'name' failed to satisfy constraint: Member must "
       "have length greater than or equal to 1"},
      {R"({"name": "äöüäöüäöüäö"})", "/things/abc/parts/x",
       "1 validation error detected: Value 'äöüäöüäöüäö' at 'name' failed to satisfy constraint: "
       "Member must have length less than or equal to 10"},
      {R"({"name": "n"})", "/things/A/parts/x",
       "2 validation errors detected: Value 'A' at 'thingId' failed to satisfy constraint: Member "
       "must have length greater than or equal to 3; Value 'A' at 'thingId' failed to satisfy "
       "constraint: Member must satisfy regular expression pattern: [a-z][a-z0-9:/-]*"},
      {R"({"name": "n", "ratio": 1.5})", "/things/abc/parts/x",
       "1 validation error detected: Value '1.5' at 'ratio' failed to satisfy constraint: Member "
       "must have value less than or equal to 1"},
      {R"({"name": "n", "color": "GREEN"})", "/things/abc/parts/x",
       "1 validation error detected: Value 'GREEN' at 'color' failed to satisfy constraint: Member "
       "must satisfy enum value set: [RED, light-blue, 5m]"},
      {R"({"name": "n", "choices": [{"text":""},{"text":""},{"text":""},{"text":""}]})",
       "/things/abc/parts/x",
       "1 validation error detected: Value at 'choices' failed to satisfy constraint: Member must "
       "have length less than or equal to 3"},
      {R"({"name": "n", "secret": "short"})", "/things/abc/parts/x",
       "1 validation error detected: Value at 'secret' failed to satisfy constraint: Member must "
       "have length greater than or equal to 8"},
      {R"({"name": "n", "tree": {"children": [{"label": ""}]}})", "/things/abc/parts/x",
       "2 validation errors detected: Value '' at 'tree.children.1.member.label' failed to satisfy "
       "constraint: Member must have length greater than or equal to 1; Value null at "
       "'tree.label' failed to satisfy constraint: Member must not be null"},
      {R"({"name": "n", "labels": {"too long": "ok", "k": ""}})", "/things/abc/parts/x",
       "2 validation errors detected: Value '' at 'labels.k.member' failed to satisfy constraint: "
       "Member must have length greater than or equal to 1; Value 'too long' at 'labels' failed to "
       "satisfy constraint: Map keys must satisfy constraint: [Member must have length less than "
       "or equal to 4]"},
      {R"({"name": "n", "choices": [{}]})", "/things/abc/parts/x",
       "The Choice object at choices.0 must set one of the following keys: text, number, tree."},
      {R"({"name": "n", "choice": {"text": "a", "number": 1}})", "/things/abc/parts/x",
       "The Choice object at choice must set only one of the following keys: text, number, tree."},
  };
  for (const auto& [body, target, words] : cases) {
    const Outcome outcome = PutBody(body, target);
    EXPECT_EQ(outcome.status, 400) << body;
    EXPECT_EQ(outcome.error_type, "ValidationException") << body;
    EXPECT_EQ(outcome.error_message, words) << body;
  }
}

TEST(Validation, RangesOfHeadersAreChecked) {
  EXPECT_EQ(
      PutBody(R"({"name":"n"})", "/things/abc/parts/x", "0").error_message,
      "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member "
      "must have value greater than or equal to 1");
  EXPECT_EQ(PutBody(R"({"name":"n"})", "/things/abc/parts/x", "100").error_type, "");
}

TEST(Validation, ManyFailuresAreCountedAndTenAreTold) {
  std::string body = R"({"name":"n","tree":{"label":"r","children":[)";
  for (int i = 0; i < 1000; ++i) body += i == 0 ? "{}" : ",{}";
  const Outcome outcome = PutBody(body + "]}}");
  EXPECT_THAT(outcome.error_message, HasSubstr("1000 validation errors detected: "));
  EXPECT_THAT(outcome.error_message, HasSubstr("tree.children.10.member.label"));
  EXPECT_THAT(outcome.error_message, HasSubstr("; and 990 more"));
  EXPECT_LT(outcome.error_message.size(), 2000u);
}

TEST(Validation, LongValuesAreCut) {
  const std::string name(100'000, 'x');
  EXPECT_LT(PutBody("{\"name\":\"" + name + "\"}").error_message.size(), 500u);
}

}  // namespace
}  // namespace bedplate::wire
