// The rows of object_versions, as statements read and write them.
//
// Internal to the tables of objects; parts of a transaction.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "state/object_rows.h"

namespace soci {
class session;  // NOLINT(readability-identifier-naming): the name is SOCI's
}

namespace bedplate::state {

// One whole row for each version that `where` finds ("bucket = :bucket AND ..."), whose parameters
// are `texts` in the order they stand there. Ends early when `each` says false.
void SelectVersions(soci::session& session, const std::string& where,
                    const std::vector<std::string>& texts,
                    const std::function<bool(VersionRow&)>& each);

std::optional<VersionRow> SelectLatest(soci::session& session, const std::string& bucket,
                                       const std::string& key);
std::optional<VersionRow> SelectVersion(soci::session& session, const std::string& bucket,
                                        const std::string& key, const std::string& version_id);

// The least text that is behind all that begin with `prefix`; empty when there is none.
std::string BehindPrefix(std::string prefix);

void InsertVersion(soci::session& session, const VersionRow& row);
void DeleteVersionRow(soci::session& session, const VersionRow& row);
void SetLatest(soci::session& session, const VersionRow& row, bool latest);

}  // namespace bedplate::state
