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

// A body that arrives in pieces of a few bytes.
class TricklingBody final : public net::BodyReader {
 public:
  explicit TricklingBody(std::string bytes) : bytes_(std::move(bytes)) {}
  net::Task<Result<std::string_view>> Next() override {
    const auto piece = std::string_view(bytes_).substr(at_, 7);
    at_ += piece.size();
    co_return piece;
  }

 private:
  std::string bytes_;
  size_t at_ = 0;
};

std::string Said(std::string_view type, std::string_view payload) {
  std::string frame;
  EXPECT_TRUE(event_stream::AppendEvent(frame, type, "application/json", payload));
  return frame;
}

Outcome Talk(SampleServer& server, const std::string& frames) {
  net::Request request;
  request.method = "POST";
  request.target = "/talk/Ann";
  TricklingBody body(frames);
  InputEvents events(body, std::nullopt);
  return server.Serve(request, {}, &events);
}

TEST(InputEventStream, HandsEventsToTheHandlerAsTheyCome) {
  SampleServer server;
  const Outcome outcome =
      Talk(server, Said("word", R"({"text":"one"})") + Said("word", R"({"text":"two","more":1})"));
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(outcome.error_type, "");
  EXPECT_EQ(outcome.events, 2u);
  EXPECT_EQ(server.handler.talked_to, "Ann");
  EXPECT_THAT(server.handler.words, testing::ElementsAre("one", "two"));
  EXPECT_EQ(Decode(server.responder.response.body).back().payload, R"({"count":2})");
}

TEST(InputEventStream, AHandlerMayEndBeforeTheClientDoes) {
  SampleServer server;
  const Outcome outcome = Talk(server, Said("bye", "{}") + Said("word", R"({"text":"late"})"));
  EXPECT_EQ(outcome.error_type, "");
  EXPECT_TRUE(server.handler.words.empty());
}

TEST(InputEventStream, WhatIsNoEventEndsTheStreamAndSaysWhatIsWrong) {
  const std::string one = Said("word", R"({"text":"one"})");
  const auto refusal = [&](const std::string& next) {
    SampleServer server;
    const Outcome outcome = Talk(server, one + next);
    EXPECT_EQ(outcome.error_type, "ValidationException") << outcome.error_message;
    EXPECT_EQ(Decode(server.responder.response.body).back().type, "validationException");
    EXPECT_THAT(server.handler.words, testing::ElementsAre("one"));
    return outcome.error_message;
  };
  using testing::HasSubstr;
  EXPECT_THAT(refusal(Said("shout", "{}")), HasSubstr(":event-type of word, bye, found 'shout'"));
  EXPECT_THAT(refusal(Said("word", R"({"text":5})")),
              HasSubstr("The event word can't be read: Expected a string, found a number"));
  EXPECT_THAT(refusal(Said("word", "")), HasSubstr("The event word can't be read"));
  EXPECT_THAT(refusal(Said("word", "{}")), HasSubstr("Value null at 'word.text'"));
  EXPECT_THAT(refusal(Said("word", R"({"text":"far too long a word"})")),
              HasSubstr("at 'word.text' failed to satisfy constraint"));
  std::string exception;
  ASSERT_TRUE(event_stream::AppendException(exception, "word", "application/json", "{}"));
  EXPECT_THAT(refusal(exception), HasSubstr(":message-type event, found 'exception'"));
  EXPECT_THAT(refusal(std::string(64, 'x')), HasSubstr("The event stream is not valid"));
  EXPECT_THAT(refusal(one.substr(0, one.size() - 1)), HasSubstr("cut in the middle of an event"));
}

TEST(InputEventStream, AnErrorInTheFirstEventIsAnHttpError) {
  SampleServer server;
  EXPECT_EQ(Talk(server, Said("shout", "{}")).status, 400);
}

}  // namespace
}  // namespace bedplate::wire
