#include "account/identity/root_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "base/testing/temporary_folder.h"

namespace bedplate::account {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class RootCredentialsTest : public testing::Test {
 protected:
  std::filesystem::path File() const { return folder_.path() / "data" / "credentials.json"; }
  Result<RootCredentials> Load() const {
    return LoadOrCreateRootCredentials(folder_.path() / "data");
  }
  std::string Text() const {
    std::ostringstream text;
    text << std::ifstream(File()).rdbuf();
    return text.str();
  }
  void Write(std::string_view text) const {
    std::filesystem::create_directories(File().parent_path());
    std::ofstream(File()) << text;
  }
  static mode_t ModeOf(const std::filesystem::path& path) {
    struct stat status{};
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    return status.st_mode & 0777;
  }

  TemporaryFolder folder_;
};

TEST_F(RootCredentialsTest, AreMadeInTheFormsOfAws) {
  const auto made = Load();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(made->account, MatchesRegex("[1-9][0-9]{11}"));
  EXPECT_THAT(made->access_key_id, MatchesRegex("AKIA[A-Z2-7]{16}"));
  EXPECT_THAT(made->secret_access_key, MatchesRegex("[A-Za-z0-9]{40}"));
  EXPECT_THAT(made->bearer_key, MatchesRegex("ABSK[A-Za-z0-9]{96}"));
}

TEST_F(RootCredentialsTest, AreTheSameTheNextTime) {
  const auto made = Load().value();
  const auto text = Text();
  const auto again = Load().value();
  EXPECT_EQ(again.account, made.account);
  EXPECT_EQ(again.access_key_id, made.access_key_id);
  EXPECT_EQ(again.secret_access_key, made.secret_access_key);
  EXPECT_EQ(again.bearer_key, made.bearer_key);
  EXPECT_EQ(Text(), text);
}

TEST_F(RootCredentialsTest, AreNotReadableByOthersAndLeaveNoDraft) {
  ASSERT_TRUE(Load());
  EXPECT_EQ(ModeOf(File()), 0600u);
  EXPECT_EQ(ModeOf(File().parent_path()), 0700u);
  const auto entries = std::filesystem::directory_iterator(File().parent_path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST_F(RootCredentialsTest, AreClosedToOthersWhenFoundOpen) {
  ASSERT_TRUE(Load());
  std::filesystem::permissions(File(), std::filesystem::perms(0644));
  ASSERT_TRUE(Load());
  EXPECT_EQ(ModeOf(File()), 0600u);
}

TEST_F(RootCredentialsTest, AreOneSetForAllWhoStartAtOnce) {
  std::vector<std::string> keys(16);
  {
    std::vector<std::jthread> starters;
    starters.reserve(keys.size());
    for (auto& key : keys) starters.emplace_back([&] { key = Load().value().access_key_id; });
  }
  EXPECT_EQ(std::set(keys.begin(), keys.end()).size(), 1u);
}

TEST_F(RootCredentialsTest, AreNeverOverwritten) {
  for (const std::string text : {"", "{", "[]", "{\"version\":1}",
                                 R"({"account_id":"12","access_key_id":"AKIAAAAAAAAAAAAAAAAA"})"}) {
    Write(text);
    const auto loaded = Load();
    ASSERT_FALSE(loaded) << text;
    EXPECT_THAT(loaded.error().message, HasSubstr("credentials.json"));
    EXPECT_EQ(Text(), text);
  }
}

TEST_F(RootCredentialsTest, NameTheMemberThatIsWrong) {
  ASSERT_TRUE(Load());
  auto text = Text();
  text.replace(text.find("AKIA"), 4, "ASIA");
  Write(text);
  EXPECT_THAT(Load().error().message, HasSubstr("the member access_key_id is missing or not"));
}

TEST_F(RootCredentialsTest, SayWhyTheyCannotBeMade) {
  std::ofstream(folder_.path() / "data") << "a file where the folder should be";
  const auto loaded = Load();
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("Cannot create the folder"));
}

}  // namespace
}  // namespace bedplate::account
