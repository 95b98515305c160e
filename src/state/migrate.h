// The schema's history: numbered SQL files (migrations/NNNN_name.sql), compiled in, applied in
// order, each in the transaction that records it. A file that was ever released never changes.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"

namespace soci {
class session;  // NOLINT(readability-identifier-naming): the name is SOCI's
}

namespace bedplate::state {

struct Migration {
  int version;  // 1, 2, 3, ... without gaps
  std::string_view name;
  std::string_view sql;
};

// The compiled-in history, oldest first.
std::span<const Migration> AllMigrations();

// Applies what `session`'s database has not seen yet. Runs inside the caller's write transaction,
// so a failure leaves the schema as it was. kValidation when the database has versions that
// `history` does not: a newer program wrote it.
Result<void> Migrate(soci::session& session, std::span<const Migration> history);

}  // namespace bedplate::state
