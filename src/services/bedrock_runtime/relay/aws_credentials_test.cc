#include "services/bedrock_runtime/relay/aws_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace bedplate::services::bedrock_runtime {
namespace {

using testing::HasSubstr;

TEST(ReadProfiles, TakesKeysByProfile) {
  const auto profiles = ReadProfiles(
      "# a comment\naws_access_key_id = nobody's\n\n[default]\r\naws_access_key_id = A1\r\n"
      "aws_secret_access_key=s/+=1\nregion = eu-west-1\n[ dev ]\naws_access_key_id=A2\n"
      "  aws_secret_access_key = s2  \naws_session_token = t==\n# aws_session_token = x\n");
  ASSERT_EQ(profiles.size(), 2U);
  EXPECT_EQ(profiles.at("default").access_key_id, "A1");
  EXPECT_EQ(profiles.at("default").secret, "s/+=1");
  EXPECT_EQ(profiles.at("default").session_token, "");
  EXPECT_EQ(profiles.at("dev").secret, "s2");
  EXPECT_EQ(profiles.at("dev").session_token, "t==");
}

class AwsCredentialsTest : public testing::Test {
 protected:
  AwsCredentialsTest() { Write("[default]\naws_access_key_id=F1\naws_secret_access_key=s\n"); }
  ~AwsCredentialsTest() override { std::filesystem::remove(file_); }

  void Write(std::string_view text) {
    std::ofstream(file_) << text;
    // Two changes within the clock's grain are one to it.
    const auto at = std::filesystem::file_time_type::clock::now() + std::chrono::seconds(++writes_);
    std::filesystem::last_write_time(file_, at);
  }

  const std::filesystem::path file_ =
      std::filesystem::path(testing::TempDir()) / ("aws_credentials_" + std::to_string(getpid()));
  int writes_ = 0;
};

TEST_F(AwsCredentialsTest, TakesTheEnvironmentBeforeTheFile) {
  AwsCredentialsSource source(
      {{"AWS_ACCESS_KEY_ID", "E1"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}},
      file_.string());
  EXPECT_EQ(source.Find("")->access_key_id, "E1");
  EXPECT_EQ(source.Find("")->session_token, "t");
  EXPECT_EQ(source.Find("default")->access_key_id, "F1");
}

TEST_F(AwsCredentialsTest, TakesTheProfileThatIsNamed) {
  Write(
      "[default]\naws_access_key_id=F1\naws_secret_access_key=s\n"
      "[dev]\naws_access_key_id=F2\naws_secret_access_key=s\n[half]\naws_access_key_id=F3\n");
  EXPECT_EQ(AwsCredentialsSource({}, file_.string()).Find("")->access_key_id, "F1");
  AwsCredentialsSource source(
      {{"AWS_PROFILE", "dev"}, {"AWS_SHARED_CREDENTIALS_FILE", file_.string()}}, "");
  EXPECT_EQ(source.Find("")->access_key_id, "F2");
  EXPECT_THAT(source.Find("half").error().message, HasSubstr("no keys for the profile half"));
  EXPECT_THAT(source.Find("none").error().message, HasSubstr("no keys for the profile none"));
}

TEST_F(AwsCredentialsTest, ReadsTheFileAgainWhenItChanged) {
  AwsCredentialsSource source({}, file_.string());
  EXPECT_EQ(source.Find("")->access_key_id, "F1");
  Write("[default]\naws_access_key_id=F9\naws_secret_access_key=s\n");
  EXPECT_EQ(source.Find("")->access_key_id, "F9");
  std::filesystem::remove(file_);
  EXPECT_THAT(source.Find("").error().message, HasSubstr(file_.string()));
}

}  // namespace
}  // namespace bedplate::services::bedrock_runtime
