// BindingTable: what users bound to models of the catalog, one row for each id or pattern.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bedplate::state {

class Database;

struct BindingRow {
  std::string account;
  std::string region;
  std::string pattern;
  std::string kind;              // what answers; the words are the models module's own
  std::string location;          // a file, a URL or a model's id
  std::string upstream_model;    // its name at `location`, or empty
  std::string api_key_variable;  // environment variable with the key for `location`, or empty
  std::string projector;         // a file beside that at `location`, or empty
  std::string draft;             // likewise
  int use = 0;                   // what `location` is for; the numbers are the models module's own
  int64_t created_at_ms = 0;     // since the Unix epoch
};

class BindingTable {
 public:
  // `database` outlives the table.
  explicit BindingTable(Database& database) : database_(database) {}

  // Durable when it returns. Takes the place of the row of the same (account, region, pattern).
  Result<void> Put(const BindingRow& row);
  // kNotFound when there is none.
  Result<void> Delete(const std::string& account, const std::string& region,
                      const std::string& pattern);
  // Every row, ordered by account, region and pattern.
  Result<std::vector<BindingRow>> All();

 private:
  Database& database_;
};

}  // namespace bedplate::state
