#include "state/endpoint_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>

#include "base/limits.h"
#include "state/database.h"
#include "state/revisions.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

constexpr std::string_view kTopic = "model_endpoints";

bool IsOf(const EndpointRow& row, const EndpointRow& other) {
  return row.account == other.account && row.region == other.region;
}

// They are few (limits::kModelEndpointsMax), so those wanted are found among all.
std::vector<EndpointRow> ReadAll(soci::session& session) {
  std::vector<EndpointRow> rows;
  EndpointRow row;
  int registered = 0;
  int compatible = 0;
  long long created_at_ms = 0;
  long long updated_at_ms = 0;
  soci::statement statement =
      (session.prepare << "SELECT account, region, name, source, url, model, config, registered, "
                          "compatible, message, client_token, update_token, created_at_ms, "
                          "updated_at_ms FROM model_endpoints ORDER BY created_at_ms, name",
       soci::into(row.account), soci::into(row.region), soci::into(row.name),
       soci::into(row.source), soci::into(row.url), soci::into(row.model), soci::into(row.config),
       soci::into(registered), soci::into(compatible), soci::into(row.message),
       soci::into(row.client_token), soci::into(row.update_token), soci::into(created_at_ms),
       soci::into(updated_at_ms));
  statement.execute();
  while (statement.fetch()) {
    row.registered = registered != 0;
    row.compatible = compatible != 0;
    row.created_at_ms = created_at_ms;
    row.updated_at_ms = updated_at_ms;
    rows.push_back(row);
  }
  return rows;
}

Result<void> InsertNew(soci::session& session, const EndpointRow& row, const std::string& arn,
                       const Tags& tags) {
  const RowKey key{.table = "model_endpoints",
                   .column = "name",
                   .account = row.account,
                   .region = row.region,
                   .value = row.name};
  if (HasRow(session, key)) {
    return Fail(Fault::kConflict, fmt::format("There is an endpoint {} already.", row.name));
  }
  if (auto room = CheckRoom(session, key, limits::kModelEndpointsMax, "model endpoints"); !room)
    return room;
  const int registered = row.registered ? 1 : 0;
  const int compatible = row.compatible ? 1 : 0;
  const long long created_at_ms = row.created_at_ms;
  const long long updated_at_ms = row.updated_at_ms;
  session << "INSERT INTO model_endpoints (account, region, name, source, url, model, config, "
             "registered, compatible, message, client_token, update_token, created_at_ms, "
             "updated_at_ms) VALUES (:account, :region, :name, :source, :url, :model, :config, "
             ":registered, :compatible, :message, :token, :update, :created, :updated)",
      soci::use(row.account), soci::use(row.region), soci::use(row.name), soci::use(row.source),
      soci::use(row.url), soci::use(row.model), soci::use(row.config), soci::use(registered),
      soci::use(compatible), soci::use(row.message), soci::use(row.client_token),
      soci::use(row.update_token), soci::use(created_at_ms), soci::use(updated_at_ms);
  CountChange(session, kTopic);
  return PutTags(session, {.account = row.account, .region = row.region, .arn = arn}, tags);
}

void Overwrite(soci::session& session, const EndpointRow& row) {
  const int registered = row.registered ? 1 : 0;
  const int compatible = row.compatible ? 1 : 0;
  const long long updated_at_ms = row.updated_at_ms;
  session << "UPDATE model_endpoints SET source = :source, url = :url, model = :model, "
             "config = :config, registered = :registered, compatible = :compatible, "
             "message = :message, update_token = :token, updated_at_ms = :updated "
             "WHERE account = :account AND region = :region AND name = :name",
      soci::use(row.source), soci::use(row.url), soci::use(row.model), soci::use(row.config),
      soci::use(registered), soci::use(compatible), soci::use(row.message),
      soci::use(row.update_token), soci::use(updated_at_ms), soci::use(row.account),
      soci::use(row.region), soci::use(row.name);
  CountChange(session, kTopic);
}

}  // namespace

Result<EndpointRow> EndpointTable::Insert(const EndpointRow& row, const std::string& arn,
                                          const Tags& tags) {
  EndpointRow kept = row;
  auto written = database_.Write([&](soci::session& session) -> Result<void> {
    const auto rows = ReadAll(session);
    const auto earlier = std::ranges::find_if(rows, [&](const EndpointRow& other) {
      return IsOf(other, row) && other.client_token == row.client_token;
    });
    if (row.client_token.empty() || earlier == rows.end()) {
      return InsertNew(session, row, arn, tags);
    }
    kept = *earlier;
    return {};
  });
  if (!written) return std::unexpected(std::move(written.error()));
  return kept;
}

// The three together tell registered servers from endpoints that were made: the model of one that
// was made is only what follows '#' in its source, that of a registered one is all of it. Its
// configuration does not tell, as it can be updated.
Result<EndpointRow> EndpointTable::Register(const EndpointRow& row, const std::string& arn) {
  EndpointRow kept = row;
  auto written = database_.Write([&](soci::session& session) -> Result<void> {
    const auto rows = ReadAll(session);
    const auto earlier = std::ranges::find_if(rows, [&](const EndpointRow& other) {
      return IsOf(other, row) && other.source == row.source && other.url == row.url &&
             other.model == row.model;
    });
    if (earlier == rows.end()) return InsertNew(session, row, arn, {});
    kept = *earlier;
    if (kept.registered) return {};
    kept.registered = true;
    kept.updated_at_ms = row.updated_at_ms;
    Overwrite(session, kept);
    return {};
  });
  if (!written) return std::unexpected(std::move(written.error()));
  return kept;
}

Result<EndpointRow> EndpointTable::Change(const EndpointKey& key, const Edit& edit) {
  EndpointRow kept;
  auto written = database_.Write([&](soci::session& session) -> Result<void> {
    auto rows = ReadAll(session);
    const auto found = std::ranges::find_if(rows, [&](const EndpointRow& row) {
      return row.account == key.account && row.region == key.region && row.name == key.name;
    });
    if (found == rows.end()) {
      return Fail(Fault::kNotFound, fmt::format("There is no endpoint {}.", key.name));
    }
    kept = std::move(*found);
    const auto changed = edit(kept);
    if (!changed) return std::unexpected(changed.error());
    if (*changed) Overwrite(session, kept);
    return {};
  });
  if (!written) return std::unexpected(std::move(written.error()));
  return kept;
}

Result<void> EndpointTable::PutState(const EndpointRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const int compatible = row.compatible ? 1 : 0;
    session << "UPDATE model_endpoints SET compatible = :compatible, message = :message WHERE "
               "account = :account AND region = :region AND name = :name",
        soci::use(compatible), soci::use(row.message), soci::use(row.account),
        soci::use(row.region), soci::use(row.name);
    return {};
  });
}

Result<void> EndpointTable::Delete(const TaggedResource& resource, const std::string& name) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const RowKey key{.table = "model_endpoints",
                     .column = "name",
                     .account = resource.account,
                     .region = resource.region,
                     .value = name};
    if (!DeleteRow(session, key)) {
      return Fail(Fault::kNotFound, fmt::format("There is no endpoint {}.", name));
    }
    DeleteTags(session, resource);
    CountChange(session, kTopic);
    return {};
  });
}

Result<std::vector<EndpointRow>> EndpointTable::All() {
  std::vector<EndpointRow> rows;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows = ReadAll(session);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return rows;
}

}  // namespace bedplate::state
