// How a version becomes the latest of its key.
//
// Parts of a transaction; block on the database.
#pragma once

#include "base/result.h"
#include "state/object_table.h"

namespace soci {
class session;  // NOLINT(readability-identifier-naming): the name is SOCI's
}

namespace bedplate::state {

// Puts `row` on top of its key; its content is the caller's to write. NoSuchBucket,
// PreconditionFailed, NoSuchKey.
Result<ObjectWritten> PutOnTop(soci::session& session, VersionRow& row,
                               const WriteCondition& condition);

// Takes a version away for good, and makes the one below it the latest where it was.
void TakeAway(soci::session& session, const VersionRow& row, FreedBlobs& freed);

// The bucket's own account, region and versioning, into `row`; false when there is none.
Result<std::string> VersioningOf(soci::session& session, VersionRow& row);

Result<void> CheckCondition(const WriteCondition& condition,
                            const std::optional<VersionRow>& latest);

[[nodiscard]] std::unexpected<Error> NoSuchBucket(const std::string& bucket);
[[nodiscard]] std::unexpected<Error> NoSuchKey();

}  // namespace bedplate::state
