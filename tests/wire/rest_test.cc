// Requests to input, output to responses: every place a member can travel in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/wire/sample_service.h"

namespace bedplate::wire {
namespace {

using testing::ElementsAre;
using testing::Pair;

net::Request Put(std::string target) {
  net::Request request;
  request.method = "POST";
  request.target = std::move(target);
  return request;
}

TEST(RestInput, ReadsLabelsQueryAndHeaders) {
  SampleServer server;
  net::Request request =
      Put("/things/a%3Ab%2Fc/parts/x/y%20z/?dry-run=true&tagKeys=one&tagKeys=two%26+three"
          "&since=2024-05-06T07%3A08%3A09Z&unknown=1");
  request.headers.Add("X-Limit", "12");
  request.headers.Add("x-dates", "Mon, 06 May 2024 07:08:09 GMT, Tue, 07 May 2024 00:00:00 GMT");
  request.headers.Add("X-Meta-Team", "finance");
  request.headers.Add("x-meta-Ticket", "FIN-1");
  const Outcome outcome = server.Serve(request, R"({"name": "n"})");
  ASSERT_EQ(outcome.error_message, "");
  const auto& input = server.handler.put;
  EXPECT_EQ(*input.thingId, "a:b/c");
  EXPECT_EQ(*input.path, "x/y z/");
  EXPECT_TRUE(*input.dryRun);
  EXPECT_THAT(*input.tagKeys, ElementsAre("one", "two& three"));
  EXPECT_EQ(input.since->seconds, 1714979289);
  EXPECT_EQ(*input.limit, 12);
  ASSERT_EQ(input.dates->size(), 2u);
  EXPECT_EQ((*input.dates)[0].seconds, 1714979289);
  EXPECT_THAT(*input.metadata, ElementsAre(Pair("team", "finance"), Pair("ticket", "FIN-1")));
}

TEST(RestInput, ReadsTheBody) {
  SampleServer server;
  const Outcome outcome = server.Serve(Put("/things/abc/parts/x"), R"({
    "unknown": {"a": [1, {"b": null}]}, "name": "näme", "color": "5m", "ratio": 0.5,
    "weight": "-Infinity", "count": 3.0, "big": 9007199254740993, "data": "AAEC",
    "at": 1714979289.25, "iso": "2024-05-06T09:08:09.5+02:00",
    "free": {"z": 1e400, "a": [null, 1.10]}, "choice": {"number": -4},
    "tree": {"label": "r", "children": [{"label": "c", "twin": {"label": "t"}}],
             "byName": {"k": {"label": "v"}}},
    "choices": [{"text": "a"}, {"tree": {"label": "b"}}], "labels": {"k": "v"},
    "flags": [true, false], "secret": null, "the-auto": "kept"})");
  ASSERT_EQ(outcome.error_message, "");
  const auto& input = server.handler.put;
  EXPECT_EQ(*input.name, "näme");
  EXPECT_TRUE(*input.color == sample::Color::k5m);
  EXPECT_EQ(*input.ratio, 0.5F);
  EXPECT_EQ(*input.weight, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(*input.count, 3);
  EXPECT_EQ(*input.big, 9007199254740993);
  EXPECT_EQ(input.data->bytes, std::string("\0\1\2", 3));
  EXPECT_EQ(input.at->nanoseconds, 250'000'000);
  EXPECT_EQ(input.iso->seconds, 1714979289);
  EXPECT_EQ(input.free->json(), R"({"z": 1e400, "a": [null, 1.10]})");
  EXPECT_EQ(*input.choice->number, -4);
  EXPECT_EQ(*(*input.tree->children)[0].twin->label, "t");
  EXPECT_EQ(*input.tree->byName->at("k").label, "v");
  EXPECT_EQ(*(*input.choices)[1].tree->label, "b");
  EXPECT_THAT(*input.flags, ElementsAre(true, false));
  EXPECT_FALSE(input.secret);
  EXPECT_EQ(*input.auto_, "kept");
}

TEST(RestInput, AMapInTheQueryTakesWhatIsLeft) {
  SampleServer server;
  net::Request request;
  request.method = "GET";
  request.target = "/blobs/b?x=1&y=%C3%A9&empty";
  EXPECT_EQ(server.Serve(request).error_message, "");
  EXPECT_THAT(*server.handler.get.all,
              ElementsAre(Pair("empty", ""), Pair("x", "1"), Pair("y", "é")));
}

TEST(RestOutput, WritesStatusHeadersAndBody) {
  SampleServer server;
  sample::PutThingResponse output;
  output.status = 202;
  output.etag = std::string("\"x\"");
  output.modified = Timestamp{1714979289, 0};
  output.words = std::vector<std::string>{"plain", "with, comma", "quo\"te"};
  output.metadata = std::map<std::string, std::string>{{"team", "finance"}};
  auto& echo = output.echo.emplace();
  echo.name = std::string("a\"b");
  echo.ratio = 0.1F;
  echo.weight = std::numeric_limits<double>::quiet_NaN();
  echo.big = INT64_MIN;
  echo.data = Blob{"\x01\x02\x03\x04"};
  echo.at = Timestamp{1714979289, 250'000'000};
  echo.iso = Timestamp{1714979289, 0};
  echo.free = Document::FromValidJson("[1.10]");
  echo.choice.emplace().text = std::string("t");
  echo.color = sample::Color::kLightBlue;
  echo.labels = std::map<std::string, std::string>{{"k", "v"}};
  echo.flags = std::vector<bool>{true, false};
  echo.choices.emplace().emplace_back().number = 1;
  server.handler.put_result = output;
  const Outcome outcome = server.Serve(Put("/things/abc/parts/x"), R"({"name":"n"})");
  const net::Response& response = server.responder.response;
  EXPECT_EQ(outcome.status, 202);
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.headers.Find("content-type"), "application/json");
  EXPECT_EQ(response.headers.Find("etag"), "\"x\"");
  EXPECT_EQ(response.headers.Find("last-modified"), "Mon, 06 May 2024 07:08:09 GMT");
  EXPECT_EQ(response.headers.Find("x-words"), "plain, \"with, comma\", \"quo\\\"te\"");
  EXPECT_EQ(response.headers.Find("x-meta-team"), "finance");
  EXPECT_EQ(response.headers.Find("x-amzn-requestid"), "request-1");
  EXPECT_EQ(response.headers.Find("x-added"), "by the handler");
  EXPECT_EQ(response.body,
            R"({"echo":{"name":"a\"b","ratio":0.1,"weight":"NaN","big":-9223372036854775808,)"
            R"("data":"AQIDBA==","at":1714979289.250,"iso":"2024-05-06T07:08:09Z","free":[1.10],)"
            R"("choice":{"text":"t"},"color":"light-blue","labels":{"k":"v"},)"
            R"("flags":[true,false],"choices":[{"number":1}]}})");
}

TEST(RestOutput, ABlobCanBeTheBodyAndAHeaderItsType) {
  SampleServer server;
  net::Request request;
  request.method = "GET";
  request.target = "/blobs/b";
  server.Serve(request);
  EXPECT_EQ(server.responder.response.body, "\x01\x02 raw");
  EXPECT_EQ(server.responder.response.headers.Find("content-type"), "image/png");
}

TEST(RestOutput, AnOperationWithoutOutputAnswersItsStatusAlone) {
  SampleServer server;
  net::Request request;
  request.method = "DELETE";
  request.target = "/ping";
  EXPECT_EQ(server.Serve(request).status, 204);
  EXPECT_EQ(server.responder.response.body, "");
}

TEST(Dispatch, AHandlerThatThrowsCostsOneRequest) {
  SampleServer server;
  server.handler.throws = true;
  net::Request request;
  request.method = "DELETE";
  request.target = "/ping";
  const Outcome outcome = server.Serve(request);
  EXPECT_EQ(outcome.status, 500);
  EXPECT_EQ(outcome.error_type, "InternalServerException");
  EXPECT_EQ(server.responder.response.body, R"({"message":"The server failed on this request"})");
  server.handler.throws = false;
  EXPECT_EQ(server.Serve(request).status, 204);
}

TEST(Dispatch, AFaultBecomesTheErrorTheOperationDeclares) {
  SampleServer server;
  server.handler.put_result = Fail(Fault::kNotFound, "No thing 'abc'");
  const Outcome outcome = server.Serve(Put("/things/abc/parts/x"), R"({"name":"n"})");
  EXPECT_EQ(outcome.status, 404);
  EXPECT_EQ(outcome.error_type, "ResourceNotFoundException");
  const net::Response& response = server.responder.response;
  EXPECT_EQ(response.headers.Find("x-amzn-errortype"), "ResourceNotFoundException");
  EXPECT_EQ(response.headers.Find("x-amzn-requestid"), "request-1");
  EXPECT_EQ(response.body, R"({"message":"No thing 'abc'"})");
}

}  // namespace
}  // namespace bedplate::wire
