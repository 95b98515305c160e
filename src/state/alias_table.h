// AliasTable: second names of keys.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bedplate::state {

class Database;

struct AliasRow {
  std::string account{};
  std::string region{};
  std::string name{};  // "alias/..."
  std::string key_id{};
  int64_t created_at_ms = 0;  // since the Unix epoch
  int64_t updated_at_ms = 0;
};

class AliasTable {
 public:
  // `database` outlives the table.
  explicit AliasTable(Database& database) : database_(database) {}

  // Durable when it returns. kConflict when the name is taken, kNotFound when there is no such key,
  // kQuota when the key has as many as there can be.
  Result<void> Insert(const AliasRow& row);
  // Points it to another key, and tells which it named before. kNotFound when there is no such
  // alias or key, kQuota.
  Result<std::string> Update(const AliasRow& row);
  // Tells which key it named. kNotFound when there is none.
  Result<std::string> Delete(const std::string& account, const std::string& region,
                             const std::string& name);
  // The key that it names; kNotFound when there is none.
  Result<std::string> Find(const std::string& account, const std::string& region,
                           const std::string& name);
  // Those of the account behind `after` in the order of names, at most `most`: of all keys, or of
  // one.
  Result<std::vector<AliasRow>> List(const std::string& account, const std::string& region,
                                     const std::string& key_id, const std::string& after,
                                     size_t most);

 private:
  Database& database_;
};

}  // namespace bedplate::state
