#include "state/router_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>

#include "base/limits.h"
#include "state/database.h"
#include "state/policy_table.h"
#include "state/revisions.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

constexpr std::string_view kTopic = "prompt_routers";

bool IsOf(const RouterRow& row, const RouterRow& other) {
  return row.account == other.account && row.region == other.region;
}

// They are few (limits::kPromptRoutersMax), so those wanted are found among all.
std::vector<RouterRow> ReadAll(soci::session& session) {
  std::vector<RouterRow> rows;
  RouterRow row;
  long long created_at_ms = 0;
  soci::statement statement =
      (session.prepare << "SELECT account, region, router_id, name, description, models, "
                          "fallback_model, quality_difference, client_token, created_at_ms "
                          "FROM prompt_routers ORDER BY created_at_ms, router_id",
       soci::into(row.account), soci::into(row.region), soci::into(row.router_id),
       soci::into(row.name), soci::into(row.description), soci::into(row.models),
       soci::into(row.fallback_model), soci::into(row.quality_difference),
       soci::into(row.client_token), soci::into(created_at_ms));
  statement.execute();
  while (statement.fetch()) {
    row.created_at_ms = created_at_ms;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

Result<RouterRow> RouterTable::Insert(const RouterRow& row, const std::string& arn,
                                      const Tags& tags) {
  RouterRow kept = row;
  auto written = database_.Write([&](soci::session& session) -> Result<void> {
    kept = row;
    const auto rows = ReadAll(session);
    const auto earlier = std::ranges::find_if(rows, [&](const RouterRow& other) {
      return IsOf(other, row) && other.client_token == row.client_token;
    });
    if (!row.client_token.empty() && earlier != rows.end()) {
      kept = *earlier;
      return {};
    }
    const RowKey key{.table = "prompt_routers",
                     .column = "name",
                     .account = row.account,
                     .region = row.region,
                     .value = row.name};
    if (HasRow(session, key)) {
      return Fail(Fault::kConflict,
                  fmt::format("There is a prompt router named '{}' already.", row.name));
    }
    if (auto room = CheckRoom(session, key, limits::kPromptRoutersMax, "prompt routers"); !room)
      return room;
    const long long created_at_ms = row.created_at_ms;
    session << "INSERT INTO prompt_routers (account, region, router_id, name, description, "
               "models, fallback_model, quality_difference, client_token, created_at_ms) VALUES "
               "(:account, :region, :id, :name, :description, :models, :fallback, :difference, "
               ":token, :created)",
        soci::use(row.account), soci::use(row.region), soci::use(row.router_id),
        soci::use(row.name), soci::use(row.description), soci::use(row.models),
        soci::use(row.fallback_model), soci::use(row.quality_difference),
        soci::use(row.client_token), soci::use(created_at_ms);
    CountChange(session, kTopic);
    return PutTags(session, {.account = row.account, .region = row.region, .arn = arn}, tags);
  });
  if (!written) return std::unexpected(std::move(written.error()));
  return kept;
}

Result<void> RouterTable::Delete(const TaggedResource& resource, const std::string& router_id) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const RowKey key{.table = "prompt_routers",
                     .column = "router_id",
                     .account = resource.account,
                     .region = resource.region,
                     .value = router_id};
    if (!DeleteRow(session, key)) {
      return Fail(Fault::kNotFound, fmt::format("There is no prompt router {}.", router_id));
    }
    DeleteTags(session, resource);
    DeletePolicy(session, resource);
    CountChange(session, kTopic);
    return {};
  });
}

Result<std::vector<RouterRow>> RouterTable::All() {
  std::vector<RouterRow> rows;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows = ReadAll(session);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return rows;
}

}  // namespace bedplate::state
