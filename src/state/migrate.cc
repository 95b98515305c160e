#include "state/migrate.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <string>

#include "base/clock.h"
#include "base/log.h"

namespace bedplate::state {
namespace {

// SOCI runs one statement a call. The migration files are ours: a semicolon at the end of a line
// ends a statement and nothing else.
void RunScript(soci::session& session, std::string_view sql) {
  while (!sql.empty()) {
    const size_t end = sql.find(";\n");
    const std::string statement(sql.substr(0, end));
    if (statement.find_first_not_of(" \n") != std::string::npos) session << statement;
    if (end == std::string_view::npos) return;
    sql.remove_prefix(end + 2);
  }
}

}  // namespace

Result<void> Migrate(soci::session& session, std::span<const Migration> history) {
  session << "CREATE TABLE IF NOT EXISTS schema_versions ("
             "version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, "
             "applied_at_s BIGINT NOT NULL)";
  long long current = 0;
  session << "SELECT COALESCE(MAX(version), 0) FROM schema_versions", soci::into(current);
  const long long known = history.empty() ? 0 : history.back().version;
  if (current > known) {
    return Fail(Fault::kValidation,
                fmt::format("it was written by a newer Bedplate: its schema is version {} and this "
                            "program knows up to {}. Run that newer version, or choose another "
                            "data.folder",
                            current, known));
  }
  for (const Migration& migration : history) {
    if (migration.version <= current) continue;
    RunScript(session, migration.sql);
    const std::string name(migration.name);
    const long long applied_at_s =
        std::chrono::floor<std::chrono::seconds>(SystemClock().Now()).time_since_epoch().count();
    session << "INSERT INTO schema_versions (version, name, applied_at_s) VALUES (:v, :n, :t)",
        soci::use(migration.version), soci::use(name), soci::use(applied_at_s);
    log::Debug("state", "schema migrated",
               {{"version", migration.version}, {"name", migration.name}});
  }
  return {};
}

}  // namespace bedplate::state
