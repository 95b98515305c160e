#include "runtime/read_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/base64.h"

namespace bedplate::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Jpeg() {
  std::ifstream file(SAMPLE_JPEG, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

Conversation Showing(size_t images) {
  Conversation conversation;
  Message& message = conversation.messages.emplace_back();
  for (size_t i = 0; i < images; ++i) {
    message.content.emplace_back(ImageBlock{.format = "jpeg", .bytes = Jpeg()});
  }
  return conversation;
}

class ReadImagesTest : public ::testing::Test {
 protected:
  // Its end is noted as `name`, or why it failed.
  void Begin(net::Task<Result<void>> task, std::string name) {
    boost::asio::co_spawn(reactor_, std::move(task),
                          [this, name](const std::exception_ptr& thrown, const Result<void>& read) {
                            EXPECT_EQ(thrown, nullptr);
                            ended_.push_back(read ? name : read.error().message);
                          });
  }

  ByteBudget memory_{1 << 30};
  ImageProgram program_{IMAGES_PROGRAM, {"PATH=/usr/bin"}, memory_};
  boost::asio::io_context reactor_;
  net::BlockingPool pool_{1};  // ends first: its thread may still be telling the reactor
  std::vector<std::string> ended_;
};

TEST_F(ReadImagesTest, RequestsTakeTurnsImageByImage) {
  Conversation many = Showing(4);
  Conversation one = Showing(1);
  ByteBudget::Share held_of_many;
  ByteBudget::Share held_of_one;
  Begin(ReadImages(program_, pool_, many, held_of_many), "many");
  Begin(ReadImages(program_, pool_, one, held_of_one), "one");
  reactor_.run();
  EXPECT_THAT(ended_, ElementsAre("one", "many"));
  for (const ContentBlock& block : many.messages[0].content) {
    EXPECT_EQ(std::get<ImageBlock>(block).format, kPixelFormat);
  }
}

TEST_F(ReadImagesTest, ABodysImagesAreReadAndItsFaultsAreInTheWordsOfBodies) {
  models::Model model;
  model.binding = models::LocalWeights{.file = "/w.gguf", .projector = "/p.gguf"};
  std::string good = "data:image/jpeg;base64,";
  AppendBase64(good, Jpeg());
  const auto body = [](const std::string& url) {
    return R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":")" +
           url + R"("}}]}]})";
  };
  std::string read = body(good);
  std::string refused = body(good.substr(0, 200));
  std::string plain = R"({"messages":[]})";
  ByteBudget::Share held[3];
  Begin(ReadImages(program_, pool_, model, read, held[0]), "read");
  reactor_.run();
  reactor_.restart();
  Begin(ReadImages(program_, pool_, model, refused, held[1]), "refused");
  Begin(ReadImages(program_, pool_, model, plain, held[2]), "plain");
  reactor_.run();
  EXPECT_THAT(read, HasSubstr("data:image/x-portable-pixmap;base64,UDYKMjggMjgK"));
  EXPECT_THAT(ended_, ElementsAre("read", HasSubstr("Malformed input request"), "plain"));
  EXPECT_EQ(held[2].bytes(), 0U);
}

}  // namespace
}  // namespace bedplate::runtime
