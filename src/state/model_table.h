// ModelTable: the models that users added, one row each.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bedplate::state {

class Database;

struct ModelRow {
  std::string account;
  std::string region;
  std::string model_id;
  std::string kind;              // what answers it; the words are the models module's own
  std::string location;          // a file or a URL
  std::string upstream_model;    // its name at `location`; empty for a file
  std::string api_key_variable;  // environment variable with the key for `location`, or empty
  std::string projector;         // a file beside that at `location`, or empty
  std::string draft;             // likewise
  std::string details;           // JSON object with what is shown about the model
  int64_t created_at_ms = 0;     // since the Unix epoch
};

class ModelTable {
 public:
  // `database` outlives the table.
  explicit ModelTable(Database& database) : database_(database) {}

  // Durable when it returns. kConflict when (account, region, model_id) exists.
  Result<void> Insert(const ModelRow& row);
  // kNotFound when there is none.
  Result<void> Delete(const std::string& account, const std::string& region,
                      const std::string& model_id);
  // Every row, ordered by account, region and id.
  Result<std::vector<ModelRow>> All();

 private:
  Database& database_;
};

}  // namespace bedplate::state
