#include "state/policy_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include "state/database.h"
#include "state/revisions.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

constexpr std::string_view kTopic = "resource_policies";

RowKey KeyOf(const std::string& account, const std::string& region, const std::string& arn) {
  return {.table = "resource_policies",
          .column = "resource_arn",
          .account = account,
          .region = region,
          .value = arn};
}

}  // namespace

void DeletePolicy(soci::session& session, const TaggedResource& resource) {
  if (DeleteRow(session, KeyOf(resource.account, resource.region, resource.arn))) {
    CountChange(session, kTopic);
  }
}

Result<void> PolicyTable::Put(const PolicyRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    DeleteRow(session, KeyOf(row.account, row.region, row.resource_arn));
    session << "INSERT INTO resource_policies (account, region, resource_arn, policy) VALUES "
               "(:account, :region, :arn, :policy)",
        soci::use(row.account), soci::use(row.region), soci::use(row.resource_arn),
        soci::use(row.policy);
    CountChange(session, kTopic);
    return {};
  });
}

Result<void> PolicyTable::Delete(const PolicyRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    if (!DeleteRow(session, KeyOf(row.account, row.region, row.resource_arn))) {
      return Fail(Fault::kNotFound, fmt::format("There is no policy of {}.", row.resource_arn));
    }
    CountChange(session, kTopic);
    return {};
  });
}

Result<std::vector<PolicyRow>> PolicyTable::All() {
  std::vector<PolicyRow> rows;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows.clear();
    PolicyRow row;
    soci::statement statement =
        (session.prepare << "SELECT account, region, resource_arn, policy FROM resource_policies "
                            "ORDER BY account, region, resource_arn",
         soci::into(row.account), soci::into(row.region), soci::into(row.resource_arn),
         soci::into(row.policy));
    statement.execute();
    while (statement.fetch()) rows.push_back(row);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return rows;
}

Result<void> PolicyTable::PutRetention(const RetentionRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    session << "DELETE FROM data_retention WHERE account = :account AND region = :region",
        soci::use(row.account), soci::use(row.region);
    const long long updated_at_ms = row.updated_at_ms;
    session << "INSERT INTO data_retention (account, region, mode, updated_at_ms) VALUES "
               "(:account, :region, :mode, :updated)",
        soci::use(row.account), soci::use(row.region), soci::use(row.mode),
        soci::use(updated_at_ms);
    return {};
  });
}

Result<RetentionRow> PolicyTable::Retention(const std::string& account, const std::string& region) {
  RetentionRow row{.account = account, .region = region, .mode = {}};
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    long long updated_at_ms = 0;
    session << "SELECT mode, updated_at_ms FROM data_retention WHERE account = :account AND "
               "region = :region",
        soci::into(row.mode), soci::into(updated_at_ms), soci::use(account), soci::use(region);
    if (!session.got_data()) {
      return Fail(Fault::kNotFound, "The account has said nothing of data retention.");
    }
    row.updated_at_ms = updated_at_ms;
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return row;
}

}  // namespace bedplate::state
