// ResponseTable: the responses of the OpenAI API that the server keeps for their callers.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace bedplate::state {

class Database;

struct ResponseRow {
  std::string account{};
  std::string region{};
  std::string response_id{};
  int64_t created_at_ms = 0;  // since the Unix epoch
  std::string response{};     // its JSON
  std::string items{};        // a JSON array: the conversation's items up to it and its own
};

class ResponseTable {
 public:
  // `database` outlives the table.
  explicit ResponseTable(Database& database) : database_(database) {}

  struct Bounds {
    int64_t kept_since_ms = 0;  // what is older goes, of every account
    uint64_t bytes_max = 0;     // of an account in a region; the oldest go
  };
  // Durable when it returns.
  Result<void> Insert(const ResponseRow& row, const Bounds& bounds);
  // kNotFound when there is none, or it is older than that.
  Result<ResponseRow> Find(const std::string& account, const std::string& region,
                           const std::string& response_id, int64_t kept_since_ms);
  // kNotFound when there is none.
  Result<void> Delete(const std::string& account, const std::string& region,
                      const std::string& response_id);

 private:
  Database& database_;
};

}  // namespace bedplate::state
