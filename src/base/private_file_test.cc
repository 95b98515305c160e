#include "base/private_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/temporary_folder.h"

namespace bedplate {
namespace {

class PrivateFileTest : public testing::Test {
 protected:
  mode_t Mode() const {
    struct stat status{};
    EXPECT_EQ(stat(path_.c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "secret";
};

TEST_F(PrivateFileTest, IsMadeOnceForItsOwnerAlone) {
  EXPECT_FALSE(ReadPrivateFile(path_, 100)->has_value());
  EXPECT_TRUE(*MakePrivateFile(path_, "first"));
  EXPECT_EQ(Mode(), 0600u);
  EXPECT_FALSE(*MakePrivateFile(path_, "second"));
  EXPECT_EQ(**ReadPrivateFile(path_, 100), "first");
  EXPECT_EQ(*ReadOrMakePrivateFile(path_, [] { return "third"; }, 100), "first");
  // No drafts are left behind.
  const auto files = std::filesystem::directory_iterator(folder_.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(PrivateFileTest, RefusesWhatOthersMayRead) {
  ASSERT_TRUE(MakePrivateFile(path_, "text"));
  for (const mode_t mode : {0640u, 0604u, 0620u, 0644u, 0601u}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    const auto read = ReadPrivateFile(path_, 100);
    ASSERT_FALSE(read) << mode;
    EXPECT_TRUE(read.error().message.contains("open to other users")) << read.error().message;
    EXPECT_TRUE(read.error().message.contains(path_.string()));
  }
  ASSERT_EQ(chmod(path_.c_str(), 0400), 0);
  EXPECT_TRUE(ReadPrivateFile(path_, 100));
}

TEST_F(PrivateFileTest, RefusesWhatIsTooLargeOrNoFile) {
  ASSERT_TRUE(MakePrivateFile(path_, "12345"));
  EXPECT_TRUE(ReadPrivateFile(path_, 5));
  EXPECT_FALSE(ReadPrivateFile(path_, 4));
  EXPECT_FALSE(ReadPrivateFile(folder_.path(), 100));
  const auto pipe = folder_.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(ReadPrivateFile(pipe, 100));
  EXPECT_FALSE(MakePrivateFile(folder_.path() / "none" / "file", "text"));
}

TEST_F(PrivateFileTest, AllThatMakeItGetTheFirstText) {
  std::vector<std::string> texts(8);
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < texts.size(); ++i) {
      threads.emplace_back([&, i] {
        texts[i] = *ReadOrMakePrivateFile(path_, [i] { return std::to_string(i); }, 100);
      });
    }
  }
  for (const std::string& text : texts) EXPECT_EQ(text, texts[0]);
}

}  // namespace
}  // namespace bedplate
