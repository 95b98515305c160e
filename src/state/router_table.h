// RouterTable: the prompt routers that accounts made.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/tag_table.h"

namespace bedplate::state {

struct RouterRow {
  std::string account;
  std::string region;
  std::string router_id;
  std::string name;
  std::string description;  // or empty
  std::string models;       // a JSON array of ARNs
  std::string fallback_model;
  double quality_difference = 0;  // percent
  std::string client_token;       // of the request that made it, or empty
  int64_t created_at_ms = 0;      // since the Unix epoch
};

class RouterTable {
 public:
  // `database` outlives the table.
  explicit RouterTable(Database& database) : database_(database) {}

  // Durable, with the tags of `arn`, when it returns: the row, or the one that an earlier request
  // with the same client token made. kConflict when the name is taken, kQuota when there are as
  // many as there can be, kTooManyTags.
  Result<RouterRow> Insert(const RouterRow& row, const std::string& arn, const Tags& tags);
  // With the tags of `resource`, which is the router. kNotFound when there is none.
  Result<void> Delete(const TaggedResource& resource, const std::string& router_id);
  // Every row, in the order of their making.
  Result<std::vector<RouterRow>> All();

 private:
  Database& database_;
};

}  // namespace bedplate::state
