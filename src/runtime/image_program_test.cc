#include "runtime/image_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/base64.h"
#include "base/json/value.h"

namespace bedplate::runtime {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

ImageProgram Program(ByteBudget& memory) { return {IMAGES_PROGRAM, {"PATH=/usr/bin"}, memory}; }

Result<void> DecodeAll(const ImageProgram& program, ImageReading& reading) {
  while (!reading.done()) {
    if (auto decoded = program.DecodeNext(reading); !decoded) return decoded;
  }
  return {};
}

Result<void> ReadAll(const ImageProgram& program, Conversation& conversation,
                     ByteBudget::Share& held) {
  auto reading = program.Begin(conversation, held);
  if (!reading) return std::unexpected(reading.error());
  if (auto decoded = DecodeAll(program, *reading); !decoded) return decoded;
  ImageProgram::Put(std::move(*reading), conversation);
  return {};
}

// Within a budget that all of a test's images fit into.
Result<void> ReadAll(Conversation& conversation) {
  ByteBudget memory(1 << 30);
  ByteBudget::Share held;
  return ReadAll(Program(memory), conversation, held);
}

Result<void> ReadAll(const models::Model& model, std::string& body) {
  ByteBudget memory(1 << 30);
  ByteBudget::Share held;
  const ImageProgram program = Program(memory);
  auto begun = program.Begin(model, body, held);
  if (!begun) return std::unexpected(begun.error());
  if (*begun == nullptr) return {};
  if (auto decoded = DecodeAll(program, (*begun)->reading); !decoded) return decoded;
  body = ImageProgram::Put(**begun);
  return {};
}

std::string Jpeg() {
  std::ifstream file(SAMPLE_JPEG, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

models::Model Seeing() {
  models::Model model;
  model.facts.id = "a.b";
  model.binding = models::LocalWeights{.file = "/w.gguf", .projector = "/p.gguf"};
  return model;
}

Conversation Showing(const std::vector<ImageBlock>& images) {
  Conversation conversation;
  Message& message = conversation.messages.emplace_back();
  message.content.emplace_back(TextBlock{.text = "look"});
  for (const ImageBlock& image : images) message.content.emplace_back(image);
  return conversation;
}

std::string RefusalOf(const std::vector<ImageBlock>& images) {
  Conversation conversation = Showing(images);
  const auto read = ReadAll(conversation);
  if (read) return "";
  EXPECT_EQ(read.error().fault, Fault::kValidation);
  return read.error().message;
}

// The head of a file that says so many pixels.
std::string GifOf(uint32_t width, uint32_t height) {
  std::string head = "GIF89a";
  for (const uint32_t side : {width, height}) {
    head += static_cast<char>(side & 0xFF);
    head += static_cast<char>(side >> 8);
  }
  return head + std::string(16, '\0');
}

TEST(ImageProgram, PixelsTakeTheFilesPlace) {
  Conversation conversation = Showing({{.format = "jpeg", .bytes = Jpeg()}});
  ASSERT_EQ(FirstImage(conversation), "messages.0.content.1.image");
  const auto read = ReadAll(conversation);
  ASSERT_TRUE(read) << read.error().message;
  const auto& image = std::get<ImageBlock>(conversation.messages[0].content[1]);
  EXPECT_EQ(image.format, kPixelFormat);
  EXPECT_TRUE(image.bytes.starts_with("P6\n28 28\n255\n"));
  EXPECT_EQ(image.bytes.size(), 13U + 28 * 28 * 3);
}

TEST(ImageProgram, ImagesOfToolResultsAreReadToo) {
  Conversation conversation = Showing({});
  ToolResultBlock result;
  result.content.emplace_back(ImageBlock{.format = "jpeg", .bytes = Jpeg()});
  conversation.messages[0].content.emplace_back(std::move(result));
  EXPECT_EQ(FirstImage(conversation), "messages.0.content.1.toolResult.content.0.image");
  ASSERT_TRUE(ReadAll(conversation));
  const auto& read = std::get<ToolResultBlock>(conversation.messages[0].content[1]).content[0];
  EXPECT_EQ(std::get<ImageBlock>(read).format, kPixelFormat);
}

TEST(ImageProgram, WhatIsWrongIsNamed) {
  std::string cut = Jpeg();
  cut.resize(cut.size() / 2);
  EXPECT_THAT(RefusalOf({{.format = "jpeg", .bytes = Jpeg()}, {.format = "jpeg", .bytes = cut}}),
              HasSubstr("The image at messages.0.content.2.image can't be read as jpeg: it is "
                        "damaged or cut off"));
  EXPECT_THAT(RefusalOf({{.format = "png", .bytes = Jpeg()}}),
              HasSubstr("messages.0.content.1.image is not a png image"));
  EXPECT_THAT(RefusalOf({{.format = "gif", .bytes = GifOf(9'000, 9'000)}}),
              HasSubstr("damaged or cut off"));
}

TEST(ImageProgram, AllOfARequestAreBounded) {
  const ImageBlock large{.format = "gif", .bytes = GifOf(10'000, 10'000)};
  EXPECT_THAT(RefusalOf({large, large}),
              HasSubstr("messages.0.content.2.image, of 10000 by 10000 pixels, have 200000000"));
  EXPECT_THAT(RefusalOf(std::vector<ImageBlock>(101, {.format = "jpeg", .bytes = Jpeg()})),
              HasSubstr("101 images"));
}

TEST(ImageProgram, AMissingProgramIsNoFaultOfTheImage) {
  Conversation conversation = Showing({{.format = "jpeg", .bytes = Jpeg()}});
  ByteBudget memory(1 << 30);
  for (const ImageProgram& program : {ImageProgram("/nowhere", {}, memory), ImageProgram()}) {
    ByteBudget::Share held;
    EXPECT_EQ(ReadAll(program, conversation, held).error().fault, Fault::kUnavailable);
  }
}

TEST(ImageProgram, NobodyWaits) {
  ByteBudget memory(1 << 30);
  ByteBudget::Share held;
  std::stop_source stop;
  stop.request_stop();
  Conversation conversation = Showing({{.format = "jpeg", .bytes = Jpeg()}});
  auto reading = Program(memory).Begin(conversation, held);
  ASSERT_TRUE(reading);
  const auto read = Program(memory).DecodeNext(*reading, stop.get_token());
  EXPECT_EQ(read.error().fault, Fault::kUnavailable);
}

TEST(ImageProgram, PixelsAreCountedAsLongAsTheyAreHeld) {
  const uint64_t bytes = uint64_t{28} * 28 * (3 + 2 * 4);
  ByteBudget memory(2 * bytes);
  const auto read = [&](ByteBudget::Share& held) {
    Conversation conversation = Showing({{.format = "jpeg", .bytes = Jpeg()}});
    return ReadAll(Program(memory), conversation, held);
  };
  ByteBudget::Share first;
  EXPECT_TRUE(read(first));
  EXPECT_EQ(memory.taken(), bytes);
  {
    ByteBudget::Share second;
    EXPECT_TRUE(read(second));
    ByteBudget::Share third;
    const auto refused = read(third);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::kThrottling);
    EXPECT_EQ(refused.error().retry_after_s, 1);
    EXPECT_THAT(refused.error().message,
                AllOf(HasSubstr("limits.bodies_bytes_max"), HasSubstr(std::to_string(bytes))));
    EXPECT_EQ(memory.taken(), 2 * bytes);
  }
  ByteBudget::Share again;
  EXPECT_TRUE(read(again));
}

TEST(ImageProgram, PixelsThatNeverFitAreNotToBeSentAgain) {
  ByteBudget memory(uint64_t{28} * 28 * 11 - 1);
  Conversation conversation = Showing({{.format = "jpeg", .bytes = Jpeg()}});
  ByteBudget::Share held;
  const auto refused = Program(memory).Begin(conversation, held);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kValidation);
  EXPECT_EQ(refused.error().message,
            "The request's images take 8624 bytes as pixels, and what all requests hold may take "
            "8623 bytes together (the server's setting limits.bodies_bytes_max). Send fewer or "
            "smaller images.");
  EXPECT_EQ(memory.taken(), 0);
}

TEST(ImageProgram, PixelsThatAreScaledAwayAreNotCounted) {
  ByteBudget memory(0);
  Conversation conversation = Showing({{.format = "gif", .bytes = GifOf(8'000, 8'000)}});
  ByteBudget::Share held;
  const auto refused = Program(memory).Begin(conversation, held);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr(std::to_string(1'536 * 1'536 * 11)));
}

std::string Body(const std::string& url) {
  return R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":[)"
         R"({"type":"text","text":"data:image/png;base64,no"},)"
         R"({"type":"image_url","image_url":{"url":")" +
         url + R"("}}]}],"temperature":0})";
}

TEST(ImageProgram, ABodysImagesAreReadInTheirPlace) {
  std::string url = "data:image/jpeg;base64,";
  AppendBase64(url, Jpeg());
  std::string body = Body(url);
  EXPECT_TRUE(MayHaveImages(body));
  const auto read = ReadAll(Seeing(), body);
  ASSERT_TRUE(read) << read.error().message;
  const auto parsed = json::Value::Parse(body);
  ASSERT_TRUE(parsed);
  EXPECT_NE(parsed->Find("temperature"), nullptr);
  EXPECT_THAT(body, HasSubstr("data:image/png;base64,no"));
  EXPECT_THAT(body, HasSubstr("data:image/x-portable-pixmap;base64,UDYKMjggMjgK"));
}

TEST(ImageProgram, ABodyIsRefusedByTheNumberOfItsImage) {
  std::string cut = "data:image/jpeg;base64,";
  AppendBase64(cut, Jpeg().substr(0, 900));
  const std::pair<std::string, std::string> cases[] = {
      {cut, "Malformed input request: The image at place 1 of the request can't be read as jpeg"},
      {"https://example.com/a.png", "Image 1 of the request is no data URL"},
      {"data:image/tiff;base64,AAAA", "Image 1 of the request is no data URL"},
      {"data:image/x-portable-pixmap;base64,AAAA", "Image 1 of the request is no data URL"},
      {"data:image/png;base64,A", "Image 1 of the request is no data URL"}};
  for (const auto& [url, says] : cases) {
    std::string body = Body(url);
    const auto read = ReadAll(Seeing(), body);
    ASSERT_FALSE(read) << url;
    EXPECT_THAT(read.error().message, HasSubstr(says));
  }
}

TEST(ImageProgram, BodiesWithoutImagesStayAsTheyAre) {
  for (const char* text :
       {"{", R"({"messages":1,"image_url":2})", R"({"messages":[{"content":""}]})"}) {
    std::string body = text;
    EXPECT_TRUE(ReadAll(Seeing(), body));
    EXPECT_EQ(body, text);
  }
}

TEST(ImageProgram, AModelWithoutEyesIsAskedOnlyWhatHasImages) {
  models::Model blind = Seeing();
  std::get<models::LocalWeights>(blind.binding).projector.clear();
  // A tool's argument may have that name.
  const std::string text = R"({"messages":[{"role":"user","content":"x"}],"tools":[{"function":)"
                           R"({"parameters":{"properties":{"image_url":{"type":"string"}}}}}]})";
  std::string body = text;
  EXPECT_TRUE(MayHaveImages(body));
  EXPECT_TRUE(ReadAll(blind, body));
  EXPECT_EQ(body, text);
  for (std::string shown :
       {Body("data:image/png;base64,AAAA"),
        std::string(R"({"messages":[0,{"content":[0,{"image\u005furl":{"url":"x"}}]}]})")}) {
    EXPECT_TRUE(MayHaveImages(shown));
    const auto read = ReadAll(blind, shown);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("at messages.1.content.1"));
  }
}

TEST(ImageProgram, OnlyModelsHereNeedPixels) {
  models::Model model;
  model.facts.id = "a.b";
  EXPECT_FALSE(*NeedsPixels(model, "there"));
  model.binding = models::RemoteUpstream{};
  EXPECT_FALSE(*NeedsPixels(model, "there"));
  model.binding = models::LocalWeights{.file = "/a", .projector = "/b"};
  EXPECT_TRUE(*NeedsPixels(model, "there"));
  model.binding = models::LocalWeights{.file = "/a"};
  EXPECT_THAT(NeedsPixels(model, "there").error().message, HasSubstr("there: the weights"));
}

}  // namespace
}  // namespace bedplate::runtime
