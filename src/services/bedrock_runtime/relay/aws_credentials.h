// The credentials with which Amazon Bedrock is asked: of the environment, or of a profile in the
// AWS credentials file.
//
// Errors: kModelError with a message for the log; it names files, variables and profiles, and never
// a secret. Threads: Find from any; blocks on the disk when the file has changed.
// spec: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/result.h"

namespace bedplate::services::bedrock_runtime {

struct AwsCredentials {
  std::string access_key_id{};
  std::string secret{};
  std::string session_token{};  // empty for long-term credentials
};

// The profiles of a credentials file, by name. What it holds beside them is passed over.
std::map<std::string, AwsCredentials, std::less<>> ReadProfiles(std::string_view text);

class AwsCredentialsSource {
 public:
  // `file` empty: the one that the environment names, else the one in the home folder.
  AwsCredentialsSource(Environment environment, const std::string& file);

  // `profile` empty: the environment's credentials, else those of the profile that it names, else
  // of "default". The file is read again when it has changed, as keys of sessions end.
  Result<AwsCredentials> Find(std::string_view profile);

 private:
  Result<AwsCredentials> FindProfile(std::string_view profile);

  const Environment environment_;
  const std::filesystem::path file_;
  std::mutex mutex_;  // guards what follows
  std::filesystem::file_time_type read_at_{};
  std::map<std::string, AwsCredentials, std::less<>> profiles_;
};

}  // namespace bedplate::services::bedrock_runtime
