#include "models/protocol/upstream_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json/reader.h"
#include "models/protocol/embeddings.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Error Read(int status, std::string_view body) {
  return ReadUpstreamError(status, body, std::nullopt);
}

TEST(ReadUpstreamError, SaysInputTooLongInBedrocksWords) {
  Error error = Read(400, R"({"error":{"message":"the prompt has 9000 tokens, the limit is 8192",
                              "type":"invalid_request_error","code":"context_length_exceeded"}})");
  EXPECT_EQ(error.fault, Fault::kValidation);
  EXPECT_EQ(error.message,
            "The model returned the following errors: Input is too long for requested model. the "
            "prompt has 9000 tokens, the limit is 8192");
  // vLLM's words.
  EXPECT_THAT(
      Read(400, R"({"message":"This model's maximum context length is 4096 tokens."})").message,
      HasSubstr("Input is too long for requested model."));
}

TEST(ReadUpstreamError, MapsEachStatusToItsFault) {
  auto fault = [](int status, std::string_view body = "{}") { return Read(status, body).fault; };
  EXPECT_EQ(fault(400, R"({"error":{"message":"top_k must be positive"}})"), Fault::kValidation);
  EXPECT_EQ(fault(422), Fault::kValidation);
  EXPECT_EQ(fault(401), Fault::kModelError);
  EXPECT_EQ(fault(404), Fault::kModelError);
  EXPECT_EQ(fault(408), Fault::kModelTimeout);
  EXPECT_EQ(fault(504), Fault::kModelTimeout);
  EXPECT_EQ(fault(429), Fault::kThrottling);
  EXPECT_EQ(fault(500), Fault::kModelError);
  EXPECT_EQ(fault(503), Fault::kUnavailable);
  EXPECT_EQ(fault(503, R"({"error":{"message":"queue is full","code":"overloaded"}})"),
            Fault::kThrottling);
  EXPECT_EQ(Read(500, "").upstream_status, 500);
}

TEST(ReadUpstreamError, HandsOnTheServersWords) {
  EXPECT_EQ(Read(400, R"({"error":{"message":"top_k must be positive"}})").message,
            "The model returned the following errors: top_k must be positive");
  EXPECT_THAT(Read(500, R"({"error":"boom"})").message, HasSubstr("boom"));
  EXPECT_THAT(Read(502, "<html>").message, HasSubstr("HTTP status 502"));
}

TEST(ReadUpstreamError, BoundsForeignTextAtWholeCharacters) {
  std::string text = "x";
  for (int i = 0; i < 1000; ++i) text += "\xC3\xA9";
  Error error = Read(400, R"({"error":{"message":")" + text + R"("}})");
  EXPECT_LT(error.message.size(), 1100u);
  EXPECT_TRUE(json::IsUtf8(error.message));
}

TEST(ReadUpstreamError, TakesASensibleRetryAfterOnly) {
  EXPECT_EQ(ReadUpstreamError(429, "", "7").retry_after_s, 7);
  for (const char* text : {"", "soon", "-1", "999999", "7s"}) {
    EXPECT_FALSE(ReadUpstreamError(429, "", text).retry_after_s) << text;
  }
}

TEST(Embeddings, WriteAndRead) {
  EXPECT_EQ(WriteEmbeddingsRequest("a\"b", "m", false),
            R"({"model":"m","input":"a\"b","encoding_format":"float","normalize":false})");
  EXPECT_EQ(WriteEmbeddingsRequest("a", "m", std::nullopt),
            R"({"model":"m","input":"a","encoding_format":"float"})");
  auto embedding = ReadEmbedding(R"({"object":"list","data":[{"index":0,"embedding":
      [0.5,-1e-2,3],"object":"embedding"}],"usage":{"prompt_tokens":4,"total_tokens":4}})");
  ASSERT_TRUE(embedding) << embedding.error().message;
  EXPECT_THAT(embedding->values, ElementsAre(0.5f, -0.01f, 3.0f));
  EXPECT_EQ(embedding->prompt_tokens, 4);
}

TEST(Embeddings, RefuseWhatIsNone) {
  for (const char* body :
       {"", "{}", R"({"data":[],"usage":{"prompt_tokens":4}})", R"({"data":[{"embedding":[0.5]}]})",
        R"({"data":[{"embedding":["x"]}],"usage":{"prompt_tokens":4}})",
        R"({"data":[{"embedding":[1e99]}],"usage":{"prompt_tokens":4}})"}) {
    auto embedding = ReadEmbedding(body);
    ASSERT_FALSE(embedding) << body;
    EXPECT_EQ(embedding.error().fault, Fault::kModelError);
  }
}

}  // namespace
}  // namespace bedplate::models
