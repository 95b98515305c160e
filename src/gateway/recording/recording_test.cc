#include "gateway/recording/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/recording/recorded_event.h"
#include "gateway/recording/request_difference.h"
#include "wire/event_stream.h"

namespace bedplate::gateway {
namespace {

using testing::HasSubstr;

constexpr wire::Service kService{.name = "bedrock-runtime"};
constexpr wire::Operation kConverse{.name = "Converse", .uri = "/model/{modelId}/converse"};

RecordedRequest Describe(std::string_view body, net::Headers headers = {},
                         std::string_view model = "a.b%3A0") {
  wire::Match match{.service = &kService, .operation = &kConverse};
  match.labels.values[0] = model;
  match.labels.count = 1;
  net::Request request;
  request.headers = std::move(headers);
  return DescribeRequest(match, request, body);
}

TEST(RecordedRequest, IsTheSameHoweverItIsSpelled) {
  const std::string key = Describe(R"({"a":1,"b":{"c":[1,2],"d":"x"}})").Key();
  EXPECT_EQ(Describe("{ \"b\" : {\"d\":\"\\u0078\", \"c\": [1.0, 2e0]},\n\"a\":1}").Key(), key);
  EXPECT_EQ(Describe(R"({"a":1,"b":{"c":[1,2],"d":"x"}})",
                     {{"authorization", "AWS4-HMAC-SHA256 Credential=AKIA"},
                      {"x-amz-date", "20260101T000000Z"},
                      {"accept", "*/*"},
                      {"x-amzn-bedrock-request-metadata", "{}"},
                      {"user-agent", "x"}})
                .Key(),
            key);
  EXPECT_EQ(Describe(R"({"a":1,"b":{"c":[1,2],"d":"x"}})", {}, "a.b:0").Key(), key);
}

TEST(RecordedRequest, IsAnotherWhereAnAnswerCouldBe) {
  const std::string key = Describe(R"({"a":[1,2]})").Key();
  EXPECT_NE(Describe(R"({"a":[2,1]})").Key(), key);
  EXPECT_NE(Describe(R"({"a":["1",2]})").Key(), key);
  EXPECT_NE(Describe(R"({"a":[1,2],"b":null})").Key(), key);
  EXPECT_NE(Describe(R"({"a":[1,2]})", {}, "a.c").Key(), key);
  EXPECT_NE(Describe(R"({"a":[1,2]})", {{"x-amzn-bedrock-trace", "ENABLED"}}).Key(), key);
  EXPECT_NE(Describe("not JSON").Key(), Describe("not JSON either").Key());
}

RecordedRequest DescribeKept(std::string_view id, std::string target) {
  static constexpr wire::Service kFacade{.name = "openai-api", .facade_path = "/openai/v1"};
  static constexpr wire::Operation kGet{
      .name = "GetResponse", .method = "GET", .uri = "/responses/{responseId}"};
  wire::Match match{.service = &kFacade, .operation = &kGet};
  match.labels.values[0] = id;
  match.labels.count = 1;
  EXPECT_TRUE(IsRecorded(match));
  net::Request request;
  request.target = std::move(target);
  return DescribeRequest(match, request, "");
}

TEST(RecordedRequest, OfAKeptResponseIsItsIdAndQuery) {
  const RecordedRequest plain = DescribeKept("resp_1", "/openai/v1/responses/resp_1");
  EXPECT_EQ(plain.Subject(), "response resp_1");
  EXPECT_TRUE(plain.HasSubject());
  EXPECT_NE(DescribeKept("resp_2", "/").Key(), plain.Key());
  EXPECT_EQ(DescribeKept("resp%5F1", "/").Key(), plain.Key());
  const RecordedRequest asked = DescribeKept("resp_1", "/x?stream=true&a=b%20c&&d");
  EXPECT_NE(asked.Key(), plain.Key());
  EXPECT_EQ(asked.body->ToJson(), R"({"a":"b c","d":"","stream":"true"})");
  EXPECT_EQ(DescribeKept("resp_1", "/x?d=&a=b%20c&stream=true").Key(), asked.Key());
  EXPECT_THAT(DifferenceOf(asked, plain).text, HasSubstr("/stream is only here"));
  const Recording recording{.request = asked, .answers = {{.status = 404, .body = "{}"}}};
  const std::string text = WriteRecording(recording);
  EXPECT_THAT(text, HasSubstr("\"response_id\": \"resp_1\""));
  const auto back = ReadRecording(text);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->request.Key(), asked.Key());
}

std::string Event(std::string_view type, std::string_view payload) {
  std::string frame;
  EXPECT_TRUE(wire::event_stream::AppendEvent(frame, type, "application/json", payload));
  return frame;
}

std::string ThereAndBack(const std::string& frame) {
  const std::string text = WriteEvent(frame);
  json::Reader reader(text);
  const auto back = ReadEvent(reader);
  EXPECT_TRUE(back) << text << ": " << back.error().message;
  EXPECT_TRUE(reader.Finish()) << text;
  EXPECT_EQ(back.value_or(""), frame) << text;
  return text;
}

TEST(RecordedEvent, IsReadableAndComesBackAsItWas) {
  EXPECT_EQ(ThereAndBack(Event("contentBlockDelta", R"({"x": 1.50,"y":"ä"})")),
            R"({"event": "contentBlockDelta", "payload": {"x": 1.50,"y":"ä"}})");
  EXPECT_EQ(ThereAndBack(Event("chunk", R"({"bytes":"eyJhIjoxfQ=="})")),
            R"({"event": "chunk", "bytes": {"a":1}})");
  // Bytes that are no JSON, and members that would be lost.
  EXPECT_THAT(ThereAndBack(Event("chunk", R"({"bytes":"AAAA"})")), HasSubstr("payload"));
  EXPECT_THAT(ThereAndBack(Event("chunk", R"({"bytes":"eyJhIjoxfQ==","p":"ab"})")),
              HasSubstr("payload"));
  EXPECT_THAT(ThereAndBack(Event("x", "no JSON")), HasSubstr("frame"));
  std::string typed;
  wire::event_stream::FrameWriter writer(typed);
  writer.TypedHeader(":n", int32_t{7});
  writer.Payload() += "{}";
  ASSERT_TRUE(writer.Finish());
  EXPECT_THAT(ThereAndBack(typed), HasSubstr("frame"));
  std::string exception;
  ASSERT_TRUE(wire::event_stream::AppendException(exception, "throttlingException",
                                                  "application/json", R"({"message":"m"})"));
  EXPECT_EQ(ThereAndBack(exception),
            R"({"exception": "throttlingException", "payload": {"message":"m"}})");
  EXPECT_FALSE(IsEvent(exception));
  EXPECT_TRUE(IsEvent(Event("x", "{}")));
}

TEST(RecordedEvent, OfAFacadeIsReadableToo) {
  EXPECT_EQ(ThereAndBack("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"),
            R"({"event": "message_stop", "data": {"type":"message_stop"}})");
  EXPECT_EQ(ThereAndBack("data: {\"choices\": [1.0]}\n\n"), R"({"data": {"choices": [1.0]}})");
  EXPECT_EQ(ThereAndBack("data: [DONE]\n\n"), R"({"text": "data: [DONE]\n\n"})");
  for (const char* odd : {"data:  {}\n\n", "data: {} \n\n", "data: {}\ndata: {}\n\n", "event: \n\n",
                          "event: a\n\n", "event: \ndata: {}\n\n", "event: \"\ndata: 1\n\n"}) {
    ThereAndBack(odd);
  }
  EXPECT_TRUE(IsEvent("data: {\"choices\": []}\n\n"));
  EXPECT_TRUE(IsEvent("event: response.completed\ndata: {\"error\":null}\n\n"));
  EXPECT_FALSE(IsEvent("data: {\"error\":{}}\n\n"));
  EXPECT_FALSE(IsEvent("event: error\ndata: {}\n\n"));
}

TEST(CutIntoFrames, CutsServerSentEvents) {
  const auto events = CutIntoFrames("text/event-stream", "data: 1\n\nevent: a\ndata: 2\n\n");
  ASSERT_TRUE(events);
  EXPECT_EQ(*events, (std::vector<std::string>{"data: 1\n\n", "event: a\ndata: 2\n\n"}));
  EXPECT_FALSE(CutIntoFrames("text/event-stream", "data: 1\n\ndata: 2\n"));
}

Recording Sample() {
  Recording recording{.request = Describe(R"({"messages":[{"role":"user"}],"empty":{}})",
                                          {{"x-amzn-bedrock-trace", "ENABLED"}})};
  recording.answers.push_back({.status = 200,
                               .headers = {{"content-type", "application/json"}},
                               .body = "{\"b\": 1.0,\n\"a\":2}"});
  recording.answers.push_back({.status = 400, .body = "no JSON"});
  recording.answers.push_back({.streamed = true,
                               .frames = {Event("messageStart", R"({"role":"assistant"})"),
                                          Event("messageStop", R"({"stopReason":"end_turn"})")}});
  return recording;
}

TEST(Recording, IsReadBackAsItWasWritten) {
  const Recording sample = Sample();
  const std::string text = WriteRecording(sample);
  EXPECT_THAT(text, HasSubstr("\"operation\": \"Converse\",\n  \"model_id\": \"a.b:0\""));
  EXPECT_THAT(text,
              HasSubstr("\n      \"messages\": [\n        {\n          \"role\": \"user\"\n"));
  const auto back = ReadRecording(text);
  ASSERT_TRUE(back) << back.error().message << "\n" << text;
  EXPECT_EQ(back->request.Key(), sample.request.Key());
  EXPECT_EQ(back->answers, sample.answers);
  EXPECT_EQ(WriteRecording(*back), text);
}

TEST(Recording, RefusesWhatIsNone) {
  const auto refusal = [](std::string_view text) {
    const auto read = ReadRecording(text);
    EXPECT_FALSE(read) << text;
    return read ? "" : read.error().message;
  };
  const std::string whole = WriteRecording(Sample());
  EXPECT_THAT(refusal(whole.substr(0, whole.size() / 2)), HasSubstr("at byte"));
  EXPECT_THAT(refusal(""), HasSubstr("at byte"));
  EXPECT_THAT(refusal(R"({"name":"package"})"), HasSubstr("no member bedplate_recording"));
  EXPECT_THAT(refusal(R"({"bedplate_recording":2})"), HasSubstr("of version 2"));
  EXPECT_THAT(refusal(R"({"bedplate_recording":1,"operation":"Converse","model_id":"m",)"
                      R"("request":{"body":{}},"answers":[]})"),
              HasSubstr("no answers"));
  EXPECT_THAT(refusal(R"({"bedplate_recording":1,"operation":"Converse","model_id":"m",)"
                      R"("request":{"body":{}},"answers":[{"status":99,"body":{}}]})"),
              HasSubstr("status from 200 to 599"));
  EXPECT_THAT(
      refusal(R"({"bedplate_recording":1,"operation":"Converse","model_id":"m",)"
              R"("request":{"body":{}},"answers":[{"status":200,"events":[{"event":"x"}]}]})"),
      HasSubstr("Expected an event or exception"));
}

TEST(RequestDifference, NamesMembersAndValues) {
  const auto difference = [](std::string_view asked, std::string_view recorded) {
    return DifferenceOf(Describe(asked), Describe(recorded));
  };
  EXPECT_EQ(difference(R"({"a":1})", R"({"a":1})").members, 0U);
  EXPECT_EQ(difference(R"({"a":{"b":["x","y"]}})", R"({"a":{"b":["x","z"]}})").text,
            R"(/a/b/1 is "y" here and "z" there)");
  EXPECT_EQ(difference(R"({"a":1,"b":[1]})", R"({"c":1,"b":[1,2]})").text,
            "/a is only here; /b/1 is only there; /c is only there");
  const auto many = difference(R"([1,2,3,4,5])", R"([0,0,0,0,0])");
  EXPECT_EQ(many.members, 5U);
  EXPECT_THAT(many.text, HasSubstr("; and 2 more"));
  EXPECT_THAT(
      DifferenceOf(Describe("{}", {{"x-amzn-bedrock-trace", "ENABLED"}}), Describe("{}")).text,
      HasSubstr("x-amzn-bedrock-trace is only here"));
}

}  // namespace
}  // namespace bedplate::gateway
