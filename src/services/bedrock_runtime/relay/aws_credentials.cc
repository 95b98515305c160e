#include "services/bedrock_runtime/relay/aws_credentials.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "net/text.h"

namespace bedplate::services::bedrock_runtime {
namespace {

std::filesystem::path FileOf(const Environment& environment, const std::string& file) {
  if (!file.empty()) return file;
  if (const auto named = Find(environment, "AWS_SHARED_CREDENTIALS_FILE")) return *named;
  return std::filesystem::path(Find(environment, "HOME").value_or("/")) / ".aws/credentials";
}

std::unexpected<Error> NotUsable(std::string message) {
  return Fail(Fault::kModelError, std::move(message));
}

}  // namespace

std::map<std::string, AwsCredentials, std::less<>> ReadProfiles(std::string_view text) {
  std::map<std::string, AwsCredentials, std::less<>> profiles;
  AwsCredentials* current = nullptr;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = net::TrimBlanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line = net::TrimBlanks(line.substr(0, line.size() - 1));
    if (line.starts_with('[') && line.ends_with(']')) {
      current = &profiles[std::string(net::TrimBlanks(line.substr(1, line.size() - 2)))];
      continue;
    }
    const size_t equal = line.find('=');
    if (current == nullptr || line.starts_with('#') || equal == std::string_view::npos) continue;
    const std::string_view name = net::TrimBlanks(line.substr(0, equal));
    const std::string value(net::TrimBlanks(line.substr(equal + 1)));
    if (name == "aws_access_key_id") current->access_key_id = value;
    if (name == "aws_secret_access_key") current->secret = value;
    if (name == "aws_session_token") current->session_token = value;
  }
  return profiles;
}

AwsCredentialsSource::AwsCredentialsSource(Environment environment, const std::string& file)
    : environment_(std::move(environment)), file_(FileOf(environment_, file)) {}

Result<AwsCredentials> AwsCredentialsSource::Find(std::string_view profile) {
  if (!profile.empty()) return FindProfile(profile);
  const auto id = bedplate::Find(environment_, "AWS_ACCESS_KEY_ID");
  const auto secret = bedplate::Find(environment_, "AWS_SECRET_ACCESS_KEY");
  if (id && secret) {
    return AwsCredentials{
        .access_key_id = *id,
        .secret = *secret,
        .session_token = bedplate::Find(environment_, "AWS_SESSION_TOKEN").value_or("")};
  }
  return FindProfile(bedplate::Find(environment_, "AWS_PROFILE").value_or("default"));
}

Result<AwsCredentials> AwsCredentialsSource::FindProfile(std::string_view profile) {
  const std::lock_guard lock(mutex_);
  std::error_code error;
  const auto changed_at = std::filesystem::last_write_time(file_, error);
  if (error) {
    return NotUsable(fmt::format("the AWS credentials file {} can't be read: {}", file_.string(),
                                 error.message()));
  }
  if (changed_at != read_at_) {
    std::ifstream stream(file_, std::ios::binary);
    if (!stream) {
      return NotUsable(fmt::format("the AWS credentials file {} can't be read", file_.string()));
    }
    profiles_ = ReadProfiles(std::string((std::istreambuf_iterator<char>(stream)), {}));
    read_at_ = changed_at;
  }
  const auto found = profiles_.find(profile);
  if (found == profiles_.end() || found->second.access_key_id.empty() ||
      found->second.secret.empty()) {
    return NotUsable(fmt::format("the AWS credentials file {} has no keys for the profile {}",
                                 file_.string(), profile));
  }
  return found->second;
}

}  // namespace bedplate::services::bedrock_runtime
