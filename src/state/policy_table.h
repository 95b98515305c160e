// PolicyTable: policies of single resources, and what accounts say of keeping their data.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/tag_table.h"

namespace bedplate::state {

struct PolicyRow {
  std::string account;
  std::string region;
  std::string resource_arn;
  std::string policy;  // JSON, as it was sent
};

struct RetentionRow {
  std::string account;
  std::string region;
  std::string mode;
  int64_t updated_at_ms = 0;  // since the Unix epoch
};

class PolicyTable {
 public:
  // `database` outlives the table.
  explicit PolicyTable(Database& database) : database_(database) {}

  // Durable when it returns; takes the place of an earlier policy of the resource.
  Result<void> Put(const PolicyRow& row);
  // kNotFound when there is none.
  Result<void> Delete(const PolicyRow& row);
  // Every policy, ordered by account, region and ARN.
  Result<std::vector<PolicyRow>> All();

  // Durable when it returns; takes the place of what was said before.
  Result<void> PutRetention(const RetentionRow& row);
  // kNotFound when nothing was said.
  Result<RetentionRow> Retention(const std::string& account, const std::string& region);

 private:
  Database& database_;
};

// Part of the transaction that deletes the resource itself; no error when it has no policy.
void DeletePolicy(soci::session& session, const TaggedResource& resource);

}  // namespace bedplate::state
