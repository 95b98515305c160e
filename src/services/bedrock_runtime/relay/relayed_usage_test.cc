#include "services/bedrock_runtime/relay/relayed_usage.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "wire/event_stream.h"

namespace bedplate::services::bedrock_runtime {
namespace {

std::string Frame(std::string_view type, std::string_view payload) {
  std::string frame;
  EXPECT_TRUE(wire::event_stream::AppendEvent(frame, type, "application/json", payload));
  return frame;
}

std::string Chunk(std::string_view json) {
  std::string payload = R"({"bytes":")";
  AppendBase64(payload, json);
  return Frame("chunk", payload + R"(","p":"abc"})");
}

TEST(RelayedUsageTest, ConverseSaysItInItsBodyAndInTheMetadataOfItsStream) {
  const std::string usage =
      R"({"inputTokens":7,"outputTokens":3,"totalTokens":60,"cacheReadInputTokens":40,)"
      R"("cacheWriteInputTokens":10})";
  const std::string body = fmt::format(R"({{"output":{{}},"usage":{}}})", usage);
  for (const auto& read : {UsageOfAnswer(body), UsageOfFrame(Frame("metadata", body))}) {
    ASSERT_TRUE(read);
    EXPECT_EQ(read->input_tokens, 7);
    EXPECT_EQ(read->output_tokens, 3);
    EXPECT_EQ(read->cache_read_tokens, 40);
    EXPECT_EQ(read->cache_write_tokens, 10);
  }
}

TEST(RelayedUsageTest, InvokeModelSaysItInHeadersAndInItsLastChunk) {
  net::Headers headers;
  headers.Add("X-Amzn-Bedrock-Input-Token-Count", "7");
  ASSERT_TRUE(UsageOfHeaders(headers));
  EXPECT_EQ(UsageOfHeaders(headers)->output_tokens, 0) << "an embedding has none";
  headers.Add("X-Amzn-Bedrock-Output-Token-Count", "3");
  EXPECT_EQ(UsageOfHeaders(headers)->input_tokens, 7);
  EXPECT_EQ(UsageOfHeaders(headers)->output_tokens, 3);

  const auto read = UsageOfFrame(
      Chunk(R"({"type":"message_stop","amazon-bedrock-invocationMetrics":)"
            R"({"inputTokenCount":7,"outputTokenCount":3,"cacheReadInputTokenCount":5}})"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->input_tokens, 7);
  EXPECT_EQ(read->output_tokens, 3);
  EXPECT_EQ(read->cache_read_tokens, 5);
}

TEST(RelayedUsageTest, WhatSaysNothingOrCannotBeIsNoUsage) {
  EXPECT_FALSE(UsageOfAnswer("{}"));
  EXPECT_FALSE(UsageOfAnswer("no JSON"));
  EXPECT_FALSE(UsageOfAnswer(R"({"usage":{"outputTokens":3}})"));
  EXPECT_FALSE(UsageOfAnswer(R"({"usage":{"inputTokens":-7,"outputTokens":3}})"));
  EXPECT_FALSE(UsageOfAnswer(R"({"usage":{"inputTokens":7,"outputTokens":2147483648}})"));
  EXPECT_FALSE(UsageOfAnswer(R"({"usage":{"inputTokens":"7","outputTokens":3}})"));
  EXPECT_FALSE(UsageOfAnswer(R"({"usage":[7,3]})"));
  net::Headers headers;
  EXPECT_FALSE(UsageOfHeaders(headers));
  headers.Add("X-Amzn-Bedrock-Input-Token-Count", "7a");
  EXPECT_FALSE(UsageOfHeaders(headers));
  EXPECT_FALSE(UsageOfFrame(""));
  EXPECT_FALSE(UsageOfFrame(Frame("messageStop", R"({"usage":{"inputTokens":7}})")));
  EXPECT_FALSE(UsageOfFrame(Chunk(R"({"type":"message_stop"})")));
  EXPECT_FALSE(UsageOfFrame(Frame("chunk", R"({"bytes":"%"})")));
}

}  // namespace
}  // namespace bedplate::services::bedrock_runtime
