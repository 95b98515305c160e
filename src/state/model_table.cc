#include "state/model_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include "base/limits.h"
#include "state/database.h"
#include "state/revisions.h"

namespace bedplate::state {
namespace {

constexpr std::string_view kTopic = "added_models";

}  // namespace

Result<void> ModelTable::Insert(const ModelRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    long long same = 0;
    session << "SELECT COUNT(*) FROM added_models "
               "WHERE account = :account AND region = :region AND model_id = :model_id",
        soci::into(same), soci::use(row.account), soci::use(row.region), soci::use(row.model_id);
    if (same > 0) {
      return Fail(Fault::kConflict, fmt::format("the model {} exists already", row.model_id));
    }
    long long all = 0;
    session << "SELECT COUNT(*) FROM added_models WHERE account = :account AND region = :region",
        soci::into(all), soci::use(row.account), soci::use(row.region);
    if (static_cast<size_t>(all) >= limits::kAddedModelsMax) {
      return Fail(Fault::kQuota,
                  fmt::format("there are {} added models already, the most there can be", all));
    }
    const long long created_at_ms = row.created_at_ms;
    session << "INSERT INTO added_models (account, region, model_id, kind, location, "
               "upstream_model, api_key_variable, details, created_at_ms) VALUES (:account, "
               ":region, :model_id, :kind, :location, :upstream_model, :api_key_variable, "
               ":details, :created_at_ms)",
        soci::use(row.account), soci::use(row.region), soci::use(row.model_id), soci::use(row.kind),
        soci::use(row.location), soci::use(row.upstream_model), soci::use(row.api_key_variable),
        soci::use(row.details), soci::use(created_at_ms);
    CountChange(session, kTopic);
    return {};
  });
}

Result<void> ModelTable::Delete(const std::string& account, const std::string& region,
                                const std::string& model_id) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    soci::statement statement =
        (session.prepare << "DELETE FROM added_models WHERE account = :account AND "
                            "region = :region AND model_id = :model_id",
         soci::use(account), soci::use(region), soci::use(model_id));
    statement.execute(true);
    if (statement.get_affected_rows() == 0) {
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
                            "api_key_variable, details, created_at_ms FROM added_models "
                            "ORDER BY account, region, model_id",
         soci::into(row.account), soci::into(row.region), soci::into(row.model_id),
         soci::into(row.kind), soci::into(row.location), soci::into(row.upstream_model),
         soci::into(row.api_key_variable), soci::into(row.details), soci::into(created_at_ms));
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
