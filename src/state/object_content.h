// Content of objects in transactions: what segments say of blobs.
//
// Parts of a transaction; block on the database.
#pragma once

#include <string>
#include <vector>

#include "state/object_rows.h"

namespace soci {
class session;  // NOLINT(readability-identifier-naming): the name is SOCI's
}

namespace bedplate::state {

void InsertSegments(soci::session& session, const std::string& account, const std::string& region,
                    const std::string& content_id, const std::vector<SegmentRow>& segments);

// Whether any segment is of the blob.
bool IsNamed(soci::session& session, const std::string& blob);

// Takes content, or one part of it, away with its parts' rows; adds to `freed` the blobs that
// nothing names any more.
void DeleteContent(soci::session& session, const std::string& content_id, FreedBlobs& freed);
void DeletePart(soci::session& session, const std::string& content_id, int part_number,
                FreedBlobs& freed);

// Gives `to` the segments and parts that `from` has.
void CopyContent(soci::session& session, const std::string& from, const std::string& to);

}  // namespace bedplate::state
