#include "account/keys/root_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "base/private_file.h"
#include "base/testing/temporary_folder.h"

namespace bedplate::account::keys {
namespace {

const std::string kHex(64, 'a');
constexpr std::string_view kBytes =
    "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
    "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa";

class RootKeyTest : public testing::Test {
 protected:
  RootKeySource Own() const { return {.own_file = folder_.path() / "root.key"}; }
  RootKeySource Command(std::string command) const {
    return {.own_file = folder_.path() / "root.key",
            .command = std::move(command),
            .environment = {{"GIVEN", kHex}}};
  }
  static std::string Why(const RootKeySource& source) {
    const auto key = RootKey::Load(source);
    return key ? "" : key.error().message;
  }

  TemporaryFolder folder_;
};

TEST_F(RootKeyTest, IsMadeOnceAndFoundAgain) {
  const auto made = RootKey::Load(Own());
  ASSERT_TRUE(made);
  struct stat status{};
  ASSERT_EQ(stat(Own().own_file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  auto again = Own();
  again.fingerprint = made->fingerprint();
  const auto found = RootKey::Load(again);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->Open(made->Seal("text", "place"), "place")->bytes(), "text");
}

TEST_F(RootKeyTest, AFileOpenToOthersIsRefused) {
  ASSERT_TRUE(RootKey::Load(Own()));
  ASSERT_EQ(chmod(Own().own_file.c_str(), 0644), 0);
  EXPECT_TRUE(Why(Own()).contains("open to other users")) << Why(Own());
}

TEST_F(RootKeyTest, OneThatWasThereIsNotMadeAnew) {
  auto source = Own();
  source.fingerprint = "0011223344556677";
  EXPECT_TRUE(Why(source).contains("is not there")) << Why(source);
  EXPECT_FALSE(std::filesystem::exists(source.own_file));
}

TEST_F(RootKeyTest, AnotherOneIsRefusedPlainly) {
  auto source = Command("printenv GIVEN");
  ASSERT_TRUE(RootKey::Load(source));
  source.fingerprint = "0011223344556677";
  EXPECT_TRUE(Why(source).contains("is not the one that this server's keys are sealed under"));
}

TEST_F(RootKeyTest, ACommandGivesItAsHexOrBase64) {
  const std::string fingerprint = RootKey(kBytes).fingerprint();
  EXPECT_EQ(RootKey::Load(Command("printenv GIVEN"))->fingerprint(), fingerprint);
  EXPECT_EQ(RootKey::Load(Command("echo '  qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo= '"))
                ->fingerprint(),
            fingerprint);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "root.key"));
}

TEST_F(RootKeyTest, ACommandThatFailsIsNoKey) {
  EXPECT_TRUE(Why(Command("echo secret; exit 3")).contains("failed (status 3)"));
  EXPECT_FALSE(Why(Command("echo secret; exit 3")).contains("secret"));
  EXPECT_TRUE(Why(Command("true")).contains("gives no root key"));
  EXPECT_TRUE(Why(Command("echo abcdef")).contains("gives no root key"));
  EXPECT_FALSE(Why(Command("echo abcdef")).contains("abcdef"));
  EXPECT_TRUE(Why(Command("yes")).contains("wrote more than a key"));
  EXPECT_TRUE(Why(Command("/none/such")).contains("failed"));
}

TEST_F(RootKeyTest, AFileOfTheOperatorsIsReadAndNeverMade) {
  RootKeySource source = Own();
  source.file = (folder_.path() / "mine").string();
  EXPECT_TRUE(Why(source).contains("is not there"));
  ASSERT_TRUE(MakePrivateFile(source.file, kHex + "\n"));
  EXPECT_EQ(RootKey::Load(source)->fingerprint(), RootKey(kBytes).fingerprint());
  source.command = "true";
  EXPECT_TRUE(Why(source).contains("both set"));
}

TEST_F(RootKeyTest, ASealedTextOpensInItsPlaceAlone) {
  const RootKey key(kBytes);
  std::string sealed = key.Seal("text", "here");
  EXPECT_EQ(key.Open(sealed, "here")->bytes(), "text");
  EXPECT_FALSE(key.Open(sealed, "there"));
  EXPECT_FALSE(RootKey(std::string(32, 'b')).Open(sealed, "here"));
  EXPECT_FALSE(key.Open("", "here"));
  sealed[3] = static_cast<char>(sealed[3] ^ 1);
  EXPECT_FALSE(key.Open(sealed, "here"));
  EXPECT_NE(key.Seal("text", "here"), key.Seal("text", "here"));
}

}  // namespace
}  // namespace bedplate::account::keys
