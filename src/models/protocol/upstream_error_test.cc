#include "models/protocol/upstream_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json/reader.h"
#include "models/protocol/embeddings.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
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
  const EmbeddingsRequest one{.texts = {"a\"b"}, .normalize = false};
  EXPECT_EQ(WriteEmbeddingsRequest(one, "m", true),
            R"({"model":"m","input":"a\"b","encoding_format":"base64","normalize":false,)"
            R"("truncate":"none"})");
  const EmbeddingsRequest two{
      .texts = {"a", "b"}, .truncation = Truncation::kStart, .tokens_max = 9};
  EXPECT_EQ(WriteEmbeddingsRequest(two, "m", true),
            R"({"model":"m","input":["a","b"],"encoding_format":"base64","normalize":true,)"
            R"("truncate":"start","max_tokens":9})");
  EXPECT_EQ(WriteEmbeddingsRequest(two, "m", false),
            R"({"model":"m","input":["a","b"],"encoding_format":"float"})");
  auto embedding = ReadEmbeddings(R"({"object":"list","data":[{"index":0,"embedding":
      [0.5,-1e-2,3],"object":"embedding"}],"usage":{"prompt_tokens":4,"total_tokens":4}})",
                                  1);
  ASSERT_TRUE(embedding) << embedding.error().message;
  EXPECT_THAT(embedding->vectors, ElementsAre(ElementsAre(0.5f, -0.01f, 3.0f)));
  EXPECT_EQ(embedding->prompt_tokens, 4);
  // 0.5 and -2 in little-endian bytes.
  auto base64 = ReadEmbeddings(
      R"({"data":[{"index":0,"embedding":"AAAAPwAAAMA="}],"usage":{"prompt_tokens":4}})", 1);
  ASSERT_TRUE(base64) << base64.error().message;
  EXPECT_THAT(base64->vectors, ElementsAre(ElementsAre(0.5f, -2.0f)));
}

TEST(Embeddings, StandInTheOrderOfTheirTexts) {
  auto read = [](std::string_view data) {
    auto embeddings =
        ReadEmbeddings(R"({"usage":{"prompt_tokens":4},"data":)" + std::string(data) + "}", 2);
    return embeddings ? embeddings->vectors : std::vector<std::vector<float>>();
  };
  EXPECT_THAT(read(R"([{"index":1,"embedding":[1]},{"index":0,"embedding":[0]}])"),
              ElementsAre(ElementsAre(0.0f), ElementsAre(1.0f)));
  EXPECT_THAT(read(R"([{"embedding":[0]},{"embedding":[1]}])"),
              ElementsAre(ElementsAre(0.0f), ElementsAre(1.0f)));
  for (const char* data :
       {R"([{"embedding":[0]}])", R"([{"embedding":[0]},{"embedding":[1]},{"embedding":[2]}])",
        R"([{"index":1,"embedding":[1]},{"index":1,"embedding":[0]}])",
        R"([{"index":-1,"embedding":[1]},{"index":0,"embedding":[0]}])"}) {
    EXPECT_THAT(read(data), IsEmpty()) << data;
  }
}

TEST(Embeddings, RefuseWhatIsNone) {
  for (const char* body :
       {"", "{}", R"({"data":[],"usage":{"prompt_tokens":4}})", R"({"data":[{"embedding":[0.5]}]})",
        R"({"data":[{"embedding":["x"]}],"usage":{"prompt_tokens":4}})",
        R"({"data":[{"embedding":[1e99]}],"usage":{"prompt_tokens":4}})",
        R"({"data":[{"embedding":"AAAAPw"}],"usage":{"prompt_tokens":4}})",
        R"({"data":[{"embedding":"AAAA"}],"usage":{"prompt_tokens":4}})",
        R"({"data":[{"embedding":"AADAfw=="}],"usage":{"prompt_tokens":4}})"}) {
    auto embedding = ReadEmbeddings(body, 1);
    ASSERT_FALSE(embedding) << body;
    EXPECT_EQ(embedding.error().fault, Fault::kModelError);
  }
}

TEST(Normalize, MakesLengthOne) {
  std::vector<float> values = {3, 4};
  Normalize(values);
  EXPECT_FLOAT_EQ(values[0], 0.6f);
  EXPECT_FLOAT_EQ(values[1], 0.8f);
  std::vector<float> zeros = {0, 0};
  Normalize(zeros);
  EXPECT_EQ(zeros[0], 0);
}

}  // namespace
}  // namespace bedplate::models
