// What the tables of accounts have in common: rows of an account and region under a key.
//
// Parts of a transaction; block on the database. Table and column are names in the code, never a
// caller's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace soci {
class session;  // NOLINT(readability-identifier-naming): the name is SOCI's
}

namespace bedplate::state {

struct RowKey {
  std::string_view table;
  std::string_view column;  // what tells the rows of one account and region apart
  const std::string& account;
  const std::string& region;
  const std::string& value;
};

// Whether there was such a row; there is none then.
bool DeleteRow(soci::session& session, const RowKey& key);
bool HasRow(soci::session& session, const RowKey& key);

// kQuota, naming `what`, when the account has `most` rows in the table already.
Result<void> CheckRoom(soci::session& session, const RowKey& key, size_t most,
                       std::string_view what);

}  // namespace bedplate::state
