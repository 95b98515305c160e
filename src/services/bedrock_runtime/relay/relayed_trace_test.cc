#include "services/bedrock_runtime/relay/relayed_trace.h"

#include <gtest/gtest.h>

#include "wire/event_stream.h"

namespace bedplate::services::bedrock_runtime {
namespace {

namespace event_stream = wire::event_stream;

constexpr std::string_view kArn = "arn:x";
constexpr std::string_view kTrace = R"("trace":{"promptRouter":{"invokedModelId":"arn:x"}})";

std::string Routed(std::string body) {
  AddRoute(body, kArn);
  return body;
}

std::string Frame(std::string_view type, std::string_view payload) {
  std::string frame;
  event_stream::FrameWriter writer(frame);
  writer.Header(":event-type", type);
  writer.TypedHeader("x", int32_t{7});
  writer.Payload() += payload;
  EXPECT_TRUE(writer.Finish());
  return frame;
}

std::string RoutedFrame(std::string frame) {
  AddRouteToFrame(frame, kArn);
  return frame;
}

TEST(RelayedTraceTest, IsPutBeforeWhatTheAnswerSays) {
  EXPECT_EQ(Routed(" { \"a\": 1.50 }\n"), " {" + std::string(kTrace) + ", \"a\": 1.50 }\n");
  EXPECT_EQ(Routed("{}"), "{" + std::string(kTrace) + "}");
  EXPECT_EQ(Routed(R"({"tool":{"trace":1}})"),
            "{" + std::string(kTrace) + R"(,"tool":{"trace":1}})");
}

TEST(RelayedTraceTest, WhatHasATraceOrCannotBeReadIsLeftAlone) {
  for (const char* body : {R"({"trace":{"guardrail":{}}})", "[]", "7", "no JSON", ""}) {
    EXPECT_EQ(Routed(body), body);
  }
}

TEST(RelayedTraceTest, OfAStreamTheMetadataHasIt) {
  EXPECT_EQ(RoutedFrame(Frame("metadata", R"({"usage":{}})")),
            Frame("metadata", "{" + std::string(kTrace) + R"(,"usage":{}})"));
  for (const std::string& frame :
       {Frame("messageStop", "{}"), Frame("metadata", R"({"trace":{}})"), std::string("x")}) {
    EXPECT_EQ(RoutedFrame(frame), frame);
  }
}

}  // namespace
}  // namespace bedplate::services::bedrock_runtime
