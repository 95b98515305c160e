// BucketTable: buckets and what was said of them.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/object_rows.h"

namespace bedplate::state {

class Database;

struct BucketRow {
  std::string account;
  std::string region;
  std::string bucket;
  int64_t created_at_ms = 0;
  std::string versioning;  // "", "Enabled" or "Suspended"
};

struct BucketSettingRow {
  std::string bucket;
  std::string setting;
  std::string document;
};

class BucketTable {
 public:
  // `database` outlives the table.
  explicit BucketTable(Database& database) : database_(database) {}

  // kConflict when there is one of that name, whoever has it; kQuota when the account has
  // `buckets_max` already.
  Result<void> Insert(const BucketRow& row, size_t buckets_max);
  // kNotFound; kConflict when it holds versions of objects. Its uploads go with it.
  Result<FreedBlobs> Delete(const std::string& bucket);
  Result<void> SetVersioning(const std::string& bucket, const std::string& versioning);
  // An empty document takes the setting away. kNotFound when there is no such bucket.
  Result<void> PutSetting(const BucketSettingRow& row);
  Result<std::vector<BucketRow>> All();
  Result<std::vector<BucketSettingRow>> AllSettings();

 private:
  Database& database_;
};

}  // namespace bedplate::state
