// GrantTable: the grants of keys.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace soci {
class session;  // NOLINT(readability-identifier-naming): the name is SOCI's
}

namespace bedplate::state {

class Database;

struct GrantRow {
  std::string account{};  // the key's
  std::string region{};
  std::string key_id{};
  std::string grant_id{};
  std::string name{};              // or empty
  std::string grantee{};           // a principal, or empty
  std::string grantee_service{};   // or empty
  std::string retiring{};          // or empty
  std::string retiring_service{};  // or empty
  std::string operations{};        // JSON
  std::string constraints{};       // JSON
  std::string issuing_account{};
  int64_t created_at_ms = 0;  // since the Unix epoch
};

class GrantTable {
 public:
  // `database` outlives the table.
  explicit GrantTable(Database& database) : database_(database) {}

  // Durable when it returns: the grant's id, or that of an equal one of the same name. kNotFound
  // when there is no such key, kQuota when it has as many grants as there can be.
  Result<std::string> Insert(const GrantRow& row);
  // kNotFound when there is none.
  Result<void> Delete(const GrantRow& row);
  struct Retiring {
    std::string account{};    // of the keys; of any, where it is empty
    std::string region{};     // of the keys
    std::string principal{};  // one of these two is empty
    std::string service{};
  };
  // Grants that somebody may retire: those behind `after` (an id) in the order of ids, at most
  // `most`.
  Result<std::vector<GrantRow>> Retirable(const Retiring& by, const std::string& after,
                                          size_t most);

 private:
  Database& database_;
};

// Part of a transaction: a key's grants, in the order of their ids.
std::vector<GrantRow> ReadGrants(soci::session& session, const std::string& account,
                                 const std::string& region, const std::string& key_id);

}  // namespace bedplate::state
