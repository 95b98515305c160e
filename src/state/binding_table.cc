#include "state/binding_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include "base/limits.h"
#include "state/database.h"
#include "state/revisions.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

constexpr std::string_view kTopic = "bindings";

}  // namespace

Result<void> BindingTable::Put(const BindingRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const RowKey key{.table = "bindings",
                     .column = "pattern",
                     .account = row.account,
                     .region = row.region,
                     .value = row.pattern};
    DeleteRow(session, key);
    if (auto room = CheckRoom(session, key, limits::kBindingsMax, "bindings"); !room) return room;
    // The column is named for the first use there was beside text.
    const int use = row.use;
    const long long created_at_ms = row.created_at_ms;
    session << "INSERT INTO bindings (account, region, pattern, kind, location, upstream_model, "
               "api_key_variable, projector, draft, embeddings, created_at_ms) VALUES (:account, "
               ":region, :pattern, :kind, :location, :upstream_model, :api_key_variable, "
               ":projector, :draft, :embeddings, :created_at_ms)",
        soci::use(row.account), soci::use(row.region), soci::use(row.pattern), soci::use(row.kind),
        soci::use(row.location), soci::use(row.upstream_model), soci::use(row.api_key_variable),
        soci::use(row.projector), soci::use(row.draft), soci::use(use), soci::use(created_at_ms);
    CountChange(session, kTopic);
    return {};
  });
}

Result<void> BindingTable::Delete(const std::string& account, const std::string& region,
                                  const std::string& pattern) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const RowKey key{.table = "bindings",
                     .column = "pattern",
                     .account = account,
                     .region = region,
                     .value = pattern};
    if (!DeleteRow(session, key)) {
      return Fail(Fault::kNotFound, fmt::format("nothing was bound to {} by command", pattern));
    }
    CountChange(session, kTopic);
    return {};
  });
}

Result<std::vector<BindingRow>> BindingTable::All() {
  std::vector<BindingRow> rows;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows.clear();
    BindingRow row;
    long long created_at_ms = 0;
    soci::statement statement =
        (session.prepare
             << "SELECT account, region, pattern, kind, location, upstream_model, "
                "api_key_variable, projector, draft, embeddings, created_at_ms FROM bindings "
                "ORDER BY account, region, pattern",
         soci::into(row.account), soci::into(row.region), soci::into(row.pattern),
         soci::into(row.kind), soci::into(row.location), soci::into(row.upstream_model),
         soci::into(row.api_key_variable), soci::into(row.projector), soci::into(row.draft),
         soci::into(row.use), soci::into(created_at_ms));
    statement.execute();
    while (statement.fetch()) {
      row.created_at_ms = created_at_ms;
      rows.push_back(row);
    }
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return rows;
}

}  // namespace bedplate::state
