// ProfileTable: the inference profiles that accounts made.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/tag_table.h"

namespace bedplate::state {

struct ProfileRow {
  std::string account;
  std::string region;
  std::string profile_id;
  std::string name;
  std::string description;  // or empty
  std::string source;       // the ARN that the caller gave
  std::string model_id;
  std::string client_token;   // of the request that made it, or empty
  int64_t created_at_ms = 0;  // since the Unix epoch
};

class ProfileTable {
 public:
  // `database` outlives the table.
  explicit ProfileTable(Database& database) : database_(database) {}

  // Durable, with the tags of `arn`, when it returns: the row, or the one that an earlier request
  // with the same client token made. kQuota when there are as many as there can be, kTooManyTags.
  Result<ProfileRow> Insert(const ProfileRow& row, const std::string& arn, const Tags& tags);
  // With the tags of `resource`, which is the profile. kNotFound when there is none.
  Result<void> Delete(const TaggedResource& resource, const std::string& profile_id);
  // Every row, in the order of their making.
  Result<std::vector<ProfileRow>> All();

 private:
  Database& database_;
};

}  // namespace bedplate::state
