// A counter for each topic that grows with every change by any process, so that another process
// notices a change without reading the rows.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace soci {
class session;  // NOLINT(readability-identifier-naming): the name is SOCI's
}

namespace bedplate::state {

class Database;

// Of all topics together: a number that grows with every change; cheap to ask for every second.
Result<int64_t> Revision(Database& database);

// Part of the transaction that changes rows of `topic`, one that a migration made.
void CountChange(soci::session& session, std::string_view topic);

}  // namespace bedplate::state
