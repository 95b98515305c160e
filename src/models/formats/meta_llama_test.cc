#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFamily = "meta-llama";
constexpr const char* kBody = R"({"prompt":"Hi"})";

TEST(MetaLlama, AsksWithEverySetting) {
  EXPECT_EQ(Asked(kFamily, R"({"prompt":"Hi","max_gen_len":100,"temperature":0.5,"top_p":0.9})"),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":100,)"
            R"("temperature":0.5,"top_p":0.9,"stream":false})");
  EXPECT_EQ(Asked(kFamily, kBody),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":512,)"
            R"("stream":false})");
  EXPECT_EQ(Asked(kFamily, R"({"prompt":"Hi","max_gen_len":100})", NativeUse::kCountTokens),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}]})");
}

TEST(MetaLlama, ReadsTheTurnsOfItsTemplates) {
  const std::string turns =
      R"("messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"},)"
      R"({"role":"assistant","content":"Yo"},{"role":"user","content":"Bye"}])";
  EXPECT_THAT(
      Asked(kFamily,
            R"({"prompt":"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe kind.)"
            R"(<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>)"
            R"(<|start_header_id|>assistant<|end_header_id|>\n\nYo<|eot_id|>)"
            R"(<|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|>)"
            R"(<|start_header_id|>assistant<|end_header_id|>\n\n"})"),
      HasSubstr(turns));
  EXPECT_THAT(
      Asked(kFamily, R"({"prompt":"<|begin_of_text|><|header_start|>system<|header_end|>Be kind.)"
                     R"(<|eot|>\n<|header_start|>user<|header_end|>Hi<|eot|>\n)"
                     R"(<|header_start|>assistant<|header_end|>Yo<|eot|>\n)"
                     R"(<|header_start|>user<|header_end|>Bye<|eot|>\n)"
                     R"(<|header_start|>assistant<|header_end|>"})"),
      HasSubstr(turns));
  EXPECT_THAT(Asked(kFamily, R"({"prompt":"<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHi [/INST] )"
                             R"(Yo </s><s>[INST] Bye [/INST]"})"),
              HasSubstr(turns));
  // A tool's result has no call here to belong to.
  EXPECT_THAT(Asked(kFamily, R"({"prompt":"<|start_header_id|>user<|end_header_id|>Hi<|eot_id|>)"
                             R"(<|start_header_id|>ipython<|end_header_id|>12<|eot_id|>)"
                             R"(<|start_header_id|>assistant<|end_header_id|>"})"),
              HasSubstr(R"("messages":[{"role":"user","content":"<|start_header_id|>user)"));
}

constexpr const char* kImage =
    R"({"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw=="}})";

TEST(MetaLlama, PutsImagesWhereTheirMarksAre) {
  const std::string image = kImage;
  EXPECT_THAT(Asked(kFamily, R"({"prompt":"[INST] See <|image|>? [/INST]","images":["iVBORw=="]})"),
              HasSubstr(R"("content":[{"type":"text","text":"See "},)" + image +
                        R"(,{"type":"text","text":"?"}])"));
  EXPECT_THAT(Asked(kFamily, R"({"prompt":"[INST] A [/INST] B [INST] See? [/INST]",)"
                             R"("images":["iVBORw==","iVBORw=="]})"),
              HasSubstr(R"({"role":"user","content":[)" + image + "," + image +
                        R"(,{"type":"text","text":"See?"}])"));
  EXPECT_THAT(Refusal(kFamily, R"({"prompt":"<|image|><|image|>","images":["iVBORw=="]})"),
              HasSubstr("#/images: the prompt's questions have not as many marks <|image|> as "
                        "there are images, 1"));
  EXPECT_THAT(Refusal(kFamily, R"({"prompt":"<|image|>","images":["aGk="]})"),
              HasSubstr("#/images: a value is not base64 of a PNG"));
  EXPECT_THAT(Refusal(kFamily, R"({"prompt":"<|image|>","images":["?"]})"),
              HasSubstr("#/images: a value is not base64"));
}

TEST(MetaLlama, RefusesByMember) {
  EXPECT_EQ(Refusal(kFamily, R"({"messages":[],"max_gen_len":0,"temperature":2,"top_k":5})"),
            "Malformed input request: #: required key [prompt] not found"
            "#/max_gen_len: 0 is not greater or equal to 1"
            "#/temperature: 2 is not less or equal to 1"
            "#: extraneous key [messages] is not permitted"
            "#: extraneous key [top_k] is not permitted, please reformat your input and try "
            "again.");
  EXPECT_THAT(Refusal(kFamily, R"({"prompt":""})"),
              HasSubstr("#/prompt: expected minLength: 1, actual: 0"));
}

TEST(MetaLlama, Answers) {
  EXPECT_EQ(Answered(kFamily, kBody,
                     {.text = "Yo", .usage = {.prompt_tokens = 5, .completion_tokens = 2}}),
            R"({"generation":"Yo","prompt_token_count":5,"generation_token_count":2,)"
            R"("stop_reason":"stop"})");
  auto answer = [](FinishReason reason) {
    return Answered(kFamily, kBody, {.text = "Yo", .finish = {.reason = reason}});
  };
  using enum FinishReason;
  EXPECT_THAT(answer(kLength), HasSubstr(R"("stop_reason":"length")"));
  EXPECT_THAT(answer(kMalformedToolCall), HasSubstr("can't be read"));
}

TEST(MetaLlama, Streams) {
  EXPECT_THAT(Streamed(kFamily, kBody, HelloEvents("length")),
              ElementsAre(R"({"generation":"Hello","prompt_token_count":null,)"
                          R"("generation_token_count":null,"stop_reason":null})",
                          R"({"generation":"","prompt_token_count":5,"generation_token_count":2,)"
                          R"("stop_reason":"length",)" +
                              std::string(kTestMetrics)));
  // A server that counts all the way.
  EXPECT_THAT(Streamed(kFamily, kBody,
                       {R"({"choices":[{"delta":{"content":"Hello"}}],)"
                        R"("usage":{"prompt_tokens":5,"completion_tokens":1}})"})
                  .front(),
              HasSubstr(R"("prompt_token_count":5,"generation_token_count":1)"));
}

}  // namespace
}  // namespace bedplate::models
