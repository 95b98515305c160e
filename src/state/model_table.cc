#include "state/model_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include "base/limits.h"
#include "state/database.h"
#include "state/revisions.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

constexpr std::string_view kTopic = "added_models";

}  // namespace

Result<void> ModelTable::Insert(const ModelRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const RowKey key{.table = "added_models",
                     .column = "model_id",
                     .account = row.account,
                     .region = row.region,
                     .value = row.model_id};
    if (HasRow(session, key)) {
      return Fail(Fault::kConflict, fmt::format("the model {} exists already", row.model_id));
    }
    auto room = CheckRoom(session, key, limits::kAddedModelsMax, "added models");
    if (!room) return room;
    const long long created_at_ms = row.created_at_ms;
    session << "INSERT INTO added_models (account, region, model_id, kind, location, "
               "upstream_model, api_key_variable, projector, draft, details, created_at_ms) VALUES "
               "(:account, :region, :model_id, :kind, :location, :upstream_model, "
               ":api_key_variable, :projector, :draft, :details, :created_at_ms)",
        soci::use(row.account), soci::use(row.region), soci::use(row.model_id), soci::use(row.kind),
        soci::use(row.location), soci::use(row.upstream_model), soci::use(row.api_key_variable),
        soci::use(row.projector), soci::use(row.draft), soci::use(row.details),
        soci::use(created_at_ms);
    CountChange(session, kTopic);
    return {};
  });
}

Result<void> ModelTable::Delete(const std::string& account, const std::string& region,
                                const std::string& model_id) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const RowKey key{.table = "added_models",
                     .column = "model_id",
                     .account = account,
                     .region = region,
                     .value = model_id};
    if (!DeleteRow(session, key)) {
      return Fail(Fault::kNotFound, fmt::format("there is no added model {}", model_id));
    }
    CountChange(session, kTopic);
    return {};
  });
}

Result<std::vector<ModelRow>> ModelTable::All() {
  std::vector<ModelRow> rows;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows.clear();
    ModelRow row;
    long long created_at_ms = 0;
    soci::statement statement =
        (session.prepare << "SELECT account, region, model_id, kind, location, upstream_model, "
                            "api_key_variable, projector, draft, details, created_at_ms FROM "
                            "added_models ORDER BY account, region, model_id",
         soci::into(row.account), soci::into(row.region), soci::into(row.model_id),
         soci::into(row.kind), soci::into(row.location), soci::into(row.upstream_model),
         soci::into(row.api_key_variable), soci::into(row.projector), soci::into(row.draft),
         soci::into(row.details), soci::into(created_at_ms));
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
