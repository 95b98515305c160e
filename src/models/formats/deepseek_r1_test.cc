#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFamily = "deepseek-r1";
constexpr const char* kBody = R"({"prompt":"Hi"})";
constexpr const char* kThinkBody =
    R"({"prompt":"<｜begin▁of▁sentence｜><｜User｜>Hi<｜Assistant｜><think>\n"})";

TEST(DeepSeekR1, AsksWithEverySetting) {
  EXPECT_EQ(Asked(kFamily, R"({"prompt":"Hi","max_tokens":100,"temperature":0.5,"top_p":0.9,)"
                           R"("stop":["x"]})"),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":100,)"
            R"("temperature":0.5,"top_p":0.9,"stop":["x"],"stream":false})");
}

TEST(DeepSeekR1, ReadsTheTurnsOfItsTemplate) {
  const std::string turns =
      R"("messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"},)"
      R"({"role":"assistant","content":"Yo"},{"role":"user","content":"Bye"}])";
  EXPECT_THAT(Asked(kFamily, R"({"prompt":"<｜begin▁of▁sentence｜>Be kind.<｜User｜>Hi)"
                             R"(<｜Assistant｜>Yo<｜end▁of▁sentence｜><｜User｜>Bye)"
                             R"(<｜Assistant｜><think>\n"})"),
              HasSubstr(turns));
  EXPECT_THAT(Asked(kFamily, R"({"prompt":"\n<|begin_of_sentence|><|System|>Be kind.<|User|>Hi)"
                             R"(<|Assistant|>Yo<|User|>Bye<|Assistant|>\n\n"})"),
              HasSubstr(turns));
}

TEST(DeepSeekR1, RefusesByMember) {
  EXPECT_EQ(Refusal(kFamily, R"({"max_tokens":32769,"messages":[]})"),
            "Malformed input request: #: required key [prompt] not found"
            "#/max_tokens: 32769 is not less or equal to 32768"
            "#: extraneous key [messages] is not permitted, please reformat your input and try "
            "again.");
}

TEST(DeepSeekR1, AnswersWithItsThoughtsInTheText) {
  EXPECT_EQ(Answered(kFamily, kBody, {.text = "Yo"}),
            R"({"choices":[{"text":"Yo","stop_reason":"stop"}]})");
  const ChatAnswer thought{.text = "Yo", .reasoning = {{.text = "Hm."}}};
  EXPECT_EQ(Answered(kFamily, kBody, thought),
            R"({"choices":[{"text":"<think>\nHm.\n</think>\n\nYo","stop_reason":"stop"}]})");
  EXPECT_EQ(Answered(kFamily, kThinkBody, thought),
            R"({"choices":[{"text":"Hm.\n</think>\n\nYo","stop_reason":"stop"}]})");
  EXPECT_EQ(Answered(kFamily, kThinkBody,
                     {.reasoning = {{.text = "Hm"}}, .finish = {.reason = FinishReason::kLength}}),
            R"({"choices":[{"text":"Hm","stop_reason":"length"}]})");
}

TEST(DeepSeekR1, Streams) {
  std::vector<std::string> events = HelloEvents();
  events.insert(events.begin(), {R"({"choices":[{"delta":{"reasoning_content":"H"}}]})",
                                 R"({"choices":[{"delta":{"reasoning_content":"m."}}]})"});
  const std::string last =
      R"({"choices":[{"text":"","stop_reason":"stop"}],)" + std::string(kTestMetrics);
  const std::string middle = R"({"choices":[{"text":"m.","stop_reason":null}]})";
  const std::string answer = R"({"choices":[{"text":"\n</think>\n\nHello","stop_reason":null}]})";
  EXPECT_THAT(Streamed(kFamily, kBody, events),
              ElementsAre(R"({"choices":[{"text":"<think>\nH","stop_reason":null}]})", middle,
                          answer, last));
  EXPECT_THAT(
      Streamed(kFamily, kThinkBody, events),
      ElementsAre(R"({"choices":[{"text":"H","stop_reason":null}]})", middle, answer, last));
}

}  // namespace
}  // namespace bedplate::models
