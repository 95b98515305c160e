#include "state/revisions.h"

#include <soci/soci.h>

#include <string>

#include "state/database.h"

namespace bedplate::state {

Result<int64_t> Revision(Database& database) {
  long long revision = 0;
  const auto read = database.Read([&](soci::session& session) -> Result<void> {
    session << "SELECT SUM(revision) FROM revisions", soci::into(revision);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return revision;
}

void CountChange(soci::session& session, std::string_view topic) {
  const std::string name(topic);
  session << "UPDATE revisions SET revision = revision + 1 WHERE topic = :topic", soci::use(name);
}

}  // namespace bedplate::state
