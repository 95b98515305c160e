#include "engine/server/image_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "engine/server/completion_request.h"

namespace bedplate::engine {
namespace {

using ::testing::HasSubstr;

std::string Url(std::string_view data) {
  std::string url = "data:image/x-portable-pixmap;base64,";
  AppendBase64(url, data);
  return url;
}

TEST(ImageData, ReadsAPixmap) {
  const auto image = ReadImageUrl(Url("P6\n2 1\n255\nabcdef"));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->width, 2U);
  EXPECT_EQ(image->height, 1U);
  EXPECT_EQ(image->pixels, "abcdef");
}

TEST(ImageData, RefusesWhatIsNone) {
  for (const std::string_view data :
       {"", "P6", "P6\n", "P6\n2", "P6\n2 1\n255", "P6\n2 1\n255\nabcde", "P6\n2 1\n255\nabcdefg",
        "P5\n2 1\n255\nab", "P6\n-2 1\n255\nabcdef", "P6\n2 1\n65535\nabcdef", "P6\n0 1\n255\n",
        "P6\n1 0\n255\n", "P6\n4294967296 1\n255\n", "P6\n4294967295 4294967295\n255\n",
        "P6\n8193 1\n255\n", "P6 2 1 255 abcdef"}) {
    EXPECT_FALSE(ReadImageUrl(Url(data))) << data;
  }
  EXPECT_FALSE(ReadImageUrl("data:image/png;base64,AAAA"));
  EXPECT_FALSE(ReadImageUrl("data:image/x-portable-pixmap;base64,A"));
  EXPECT_FALSE(ReadImageUrl(""));
}

TEST(ImageData, DigestsAreOfSizeAndPixels) {
  const RgbImage wide{.width = 2, .height = 1, .pixels = "abcdef"};
  const RgbImage high{.width = 1, .height = 2, .pixels = "abcdef"};
  const RgbImage other{.width = 2, .height = 1, .pixels = "abcdeg"};
  EXPECT_EQ(DigestOf(wide), DigestOf(RgbImage(wide)));
  EXPECT_NE(DigestOf(wide), DigestOf(high));
  EXPECT_NE(DigestOf(wide), DigestOf(other));
}

Result<CompletionRequest> Parse(const std::string& content, std::string_view role = "user") {
  const std::string body =
      R"({"messages":[{"role":")" + std::string(role) + R"(","content":)" + content + "}]}";
  return ParseCompletionRequest(body, CompletionKind::kChat, {});
}

std::string ImagePart(const std::string& more = "") {
  return R"({"type":"image_url","image_url":{"url":")" + Url("P6\n1 1\n255\nabc") + "\"}" + more +
         "}";
}

TEST(ImageParts, AnImageIsPartOfTheTextAroundIt) {
  const auto request = Parse(R"([{"type":"text","text":"a"},{"type":"text","text":"b"},)" +
                             ImagePart() + R"(,{"type":"text","text":"c"},)" + ImagePart() + "]");
  ASSERT_TRUE(request) << request.error().message;
  const auto& message = std::get<Conversation>(request->prompt)[0];
  ASSERT_EQ(message.images.size(), 2U);
  ASSERT_EQ(message.texts.size(), 2U);
  EXPECT_EQ(message.texts[0], "a");
  EXPECT_EQ(message.texts[1], "b" + message.images[0].mark + "c" + message.images[1].mark);
  EXPECT_EQ(message.images[1].image.pixels, "abc");
}

TEST(ImageParts, ACachePointBehindAnImageIsBehindIt) {
  const auto request = Parse("[" + ImagePart(R"(,"cache_control":{"type":"ephemeral"})") +
                             R"(,{"type":"text","text":"c"}])");
  ASSERT_TRUE(request) << request.error().message;
  const auto& message = std::get<Conversation>(request->prompt)[0];
  ASSERT_EQ(message.texts.size(), 2U);
  ASSERT_EQ(message.cache_marks.size(), 1U);
  EXPECT_EQ(message.cache_marks[0].texts, 1U);
}

TEST(ImageParts, OnlyTheUserShowsImages) {
  const auto request = Parse("[" + ImagePart() + "]", "assistant");
  ASSERT_FALSE(request);
  EXPECT_THAT(request.error().message, HasSubstr("messages[0].content[0].type"));
}

TEST(ImageParts, WhatIsWrongIsNamed) {
  const auto wrong = [](const std::string& part) {
    const auto request = Parse("[" + part + "]");
    return request ? "" : request.error().message;
  };
  EXPECT_THAT(wrong(R"({"type":"image_url"})"), HasSubstr("messages[0].content[0].image_url"));
  EXPECT_THAT(wrong(R"({"type":"image_url","image_url":{}})"), HasSubstr("image_url.url"));
  EXPECT_THAT(wrong(R"({"type":"image_url","image_url":{"url":"http://x/y.png"}})"),
              HasSubstr("messages[0].content[0].image_url.url: expected a data URL"));
  EXPECT_THAT(wrong(R"({"type":"video_url"})"), HasSubstr("\"image_url\""));
}

}  // namespace
}  // namespace bedplate::engine
