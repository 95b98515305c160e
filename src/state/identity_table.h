// IdentityTable: accounts, and the users, groups, roles and policies of each. What a body says is
// the account module's; secrets come here sealed.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bedplate::state {

class Database;

struct AccountRow {
  std::string account;
  std::string name;  // for people, or empty
  std::string root;  // sealed credentials
  int64_t created_at_ms = 0;
};

struct IdentityRow {
  std::string kind;  // "user", "role", ...
  std::string name;  // that no other of the kind has in the account
  std::string body;  // JSON; empty: the row is to go
};

// When a key or role was used last.
struct UseRow {
  std::string account;
  std::string id;
  int64_t used_at_ms = 0;
  std::string service;
  std::string region;
};

class IdentityTable {
 public:
  struct Loaded {
    int64_t revision = 0;
    std::vector<AccountRow> accounts{};                             // in the order of their making
    std::vector<std::pair<std::string, IdentityRow>> identities{};  // with their accounts
    std::vector<UseRow> uses{};
  };

  // `database` outlives the table.
  explicit IdentityTable(Database& database) : database_(database) {}

  // All of it, as of one moment.
  Result<Loaded> Load();
  // Grows with every change of an account or identity by any process.
  Result<int64_t> Revision();
  // All rows or none; durable when it returns. The revision that it made.
  Result<int64_t> Put(const std::string& account, const std::vector<IdentityRow>& rows);
  // Durable when it returns. kConflict when there is such an account.
  Result<void> Insert(const AccountRow& row);
  // The latest uses, in place of those known before.
  Result<void> PutUses(const std::vector<UseRow>& rows);

 private:
  Database& database_;
};

}  // namespace bedplate::state
