// Event streams: frames, the head, and errors before and after the first event.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/wire/sample_service.h"
#include "wire/event_stream.h"

namespace bedplate::wire {
namespace {

struct Event {
  std::string type;  // of event, exception or error
  std::string message_type;
  std::string content_type;
  std::string payload;
  std::string error_message;
};

std::vector<Event> Decode(const std::string& bytes) {
  event_stream::FrameDecoder decoder;
  decoder.Push(bytes);
  std::vector<Event> events;
  for (event_stream::Frame frame; decoder.Next(frame).value();) {
    std::string type(frame.Text(":event-type"));
    type += frame.Text(":exception-type");
    type += frame.Text(":error-code");
    events.push_back({type, std::string(frame.Text(":message-type")),
                      std::string(frame.Text(":content-type")), std::string(frame.payload),
                      std::string(frame.Text(":error-message"))});
    if (type == "raw") {
      const auto* part = frame.Find("part");
      EXPECT_TRUE(part && std::get<int32_t>(*part) == 3);
    }
  }
  EXPECT_EQ(decoder.pending_bytes(), 0u);
  return events;
}

Outcome Watch(SampleServer& server, std::string_view fail = "no") {
  net::Request request;
  request.method = "POST";
  request.target = "/watch";
  return server.Serve(request, "{\"fail\":\"" + std::string(fail) + "\"}");
}

TEST(EventStream, SendsHeadAndEvents) {
  SampleServer server;
  const Outcome outcome = Watch(server);
  EXPECT_EQ(outcome.status, 200);
  EXPECT_TRUE(outcome.streamed);
  EXPECT_EQ(outcome.events, 2u);
  EXPECT_EQ(outcome.error_type, "");
  const auto& headers = server.responder.response.headers;
  EXPECT_EQ(headers.Find("content-type"), "application/vnd.amazon.eventstream");
  EXPECT_EQ(headers.Find("x-kind"), "ticks");
  EXPECT_EQ(headers.Find("x-amzn-requestid"), "request-1");
  EXPECT_TRUE(server.responder.finished);
  const auto events = Decode(server.responder.response.body);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type, "tick");
  EXPECT_EQ(events[0].message_type, "event");
  EXPECT_EQ(events[0].content_type, "application/json");
  EXPECT_EQ(events[0].payload, R"({"count":7})");
  EXPECT_EQ(events[1].type, "raw");
  EXPECT_EQ(events[1].content_type, "application/octet-stream");
  EXPECT_EQ(events[1].payload, std::string("\0bytes", 6));
}

TEST(EventStream, AnErrorBeforeTheFirstEventIsAnHttpError) {
  SampleServer server;
  const Outcome outcome = Watch(server, "before");
  EXPECT_EQ(outcome.status, 429);
  EXPECT_FALSE(outcome.streamed);
  EXPECT_EQ(outcome.error_type, "ThrottlingException");
  EXPECT_EQ(server.responder.answers, 1);
}

TEST(EventStream, AModelledErrorLaterIsAnExceptionEvent) {
  SampleServer server;
  const Outcome outcome = Watch(server, "modelled");
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(outcome.error_type, "ThrottlingException");
  EXPECT_TRUE(server.responder.finished);
  const auto events = Decode(server.responder.response.body);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[2].type, "throttlingException");
  EXPECT_EQ(events[2].message_type, "exception");
  EXPECT_EQ(events[2].payload, R"({"message":"Slow down"})");
}

TEST(EventStream, AnErrorThatOnlyTheStreamDeclaresIsAnExceptionEventToo) {
  SampleServer server;
  EXPECT_EQ(Watch(server, "stream").error_type, "ModelStreamErrorException");
  const auto events = Decode(server.responder.response.body);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[2].type, "modelStreamErrorException");
  EXPECT_EQ(events[2].message_type, "exception");
}

TEST(EventStream, AFaultWithoutAnExceptionOfItsOwnBecomesTheOneThatFits) {
  SampleServer model;
  EXPECT_EQ(Watch(model, "model").error_type, "ModelStreamErrorException");
  auto events = Decode(model.responder.response.body);
  EXPECT_EQ(events.back().type, "modelStreamErrorException");
  EXPECT_EQ(events.back().payload, R"({"message":"It died","originalStatusCode":502})");
  SampleServer missing;
  EXPECT_EQ(Watch(missing, "missing").error_type, "ValidationException");
  events = Decode(missing.responder.response.body);
  EXPECT_EQ(events.back().type, "validationException");
  EXPECT_EQ(events.back().message_type, "exception");
}

TEST(EventStream, AnErrorTheStreamDoesNotDeclareIsAnErrorFrame) {
  SampleServer server;
  Watch(server, "other");
  const auto events = Decode(server.responder.response.body);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[2].type, "InternalServerException");
  EXPECT_EQ(events[2].message_type, "error");
  EXPECT_EQ(events[2].error_message, "It broke");
}

TEST(EventStream, AnEventWithNoMemberSetIsABugAndEndsTheStream) {
  SampleServer server;
  const Outcome outcome = Watch(server, "two");
  EXPECT_EQ(outcome.error_type, "InternalServerException");
  EXPECT_EQ(Decode(server.responder.response.body).back().message_type, "error");
}

TEST(EventStream, AStreamWithoutEventsStillOpens) {
  SampleServer server;
  EXPECT_EQ(Watch(server, "empty").status, 200);
  EXPECT_TRUE(server.responder.finished);
  EXPECT_EQ(server.responder.response.headers.Find("content-type"),
            "application/vnd.amazon.eventstream");
}

TEST(EventStream, AClientThatLeavesEndsTheHandler) {
  SampleServer server;
  server.responder.client_left = true;
  const Outcome outcome = Watch(server);
  EXPECT_EQ(outcome.error_type, "ServiceUnavailableException");
  EXPECT_FALSE(server.responder.finished);
}

}  // namespace
}  // namespace bedplate::wire
