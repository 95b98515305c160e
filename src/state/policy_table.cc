#include "state/policy_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include "state/database.h"
#include "state/revisions.h"

namespace bedplate::state {
namespace {

constexpr std::string_view kTopic = "resource_policies";

// How many there were: 0 or 1.
long long Remove(soci::session& session, const std::string& account, const std::string& region,
                 const std::string& arn) {
  soci::statement statement =
      (session.prepare << "DELETE FROM resource_policies WHERE account = :account AND "
                          "region = :region AND resource_arn = :arn",
       soci::use(account), soci::use(region), soci::use(arn));
  statement.execute(true);
  return statement.get_affected_rows();
}

}  // namespace

void DeletePolicy(soci::session& session, const TaggedResource& resource) {
  if (Remove(session, resource.account, resource.region, resource.arn) > 0) {
    CountChange(session, kTopic);
  }
}

Result<void> PolicyTable::Put(const PolicyRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    Remove(session, row.account, row.region, row.resource_arn);
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
    if (Remove(session, row.account, row.region, row.resource_arn) == 0) {
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
