// The credentials of the account's root: made at the first start, kept in the data folder.
//
// Threads: LoadOrCreateRootCredentials blocks on the disk and may run in several processes at
// once; all get the same credentials.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::account {

struct RootCredentials {
  std::string account;            // 12 digits
  std::string access_key_id;      // "AKIA" and 16 of A-Z2-7
  std::string secret_access_key;  // 40 characters
  std::string bearer_key;         // "ABSK..."; goes into AWS_BEARER_TOKEN_BEDROCK
};

inline constexpr std::string_view kCredentialsFile = "credentials.json";

// For another account: random, and kept nowhere yet.
RootCredentials NewRootCredentials();

// Reads <data_folder>/credentials.json. Where it is missing, makes it (and the folder): 0600, on
// the disk before this returns, whole or not at all. A file that others may read is closed to
// them. kInternal with a message for the operator when the file cannot be made or is not one of
// ours; it is never overwritten.
Result<RootCredentials> LoadOrCreateRootCredentials(const std::filesystem::path& data_folder);

}  // namespace bedplate::account
