#include "state/response_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <iterator>

#include "state/database.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

std::unexpected<Error> NoSuchResponse(const std::string& id) {
  return Fail(Fault::kNotFound, fmt::format("Response with id '{}' not found.", id));
}

}  // namespace

Result<void> ResponseTable::Insert(const ResponseRow& row, const Bounds& bounds) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const long long created_at_ms = row.created_at_ms;
    const long long oldest = bounds.kept_since_ms;
    const long long bytes = std::ssize(row.response) + std::ssize(row.items);
    const auto bytes_max = static_cast<long long>(bounds.bytes_max);
    session << "DELETE FROM stored_responses WHERE created_at_ms < :oldest", soci::use(oldest);
    session << "INSERT INTO stored_responses (account, region, response_id, created_at_ms, "
               "bytes, response, items) VALUES (:account, :region, :id, :created_at_ms, :bytes, "
               ":response, :items)",
        soci::use(row.account), soci::use(row.region), soci::use(row.response_id),
        soci::use(created_at_ms), soci::use(bytes), soci::use(row.response), soci::use(row.items);
    // The newest that are no larger together stay.
    session << "DELETE FROM stored_responses WHERE account = :account AND region = :region AND "
               "response_id IN (SELECT response_id FROM (SELECT response_id, SUM(bytes) OVER "
               "(ORDER BY created_at_ms DESC, response_id) AS together FROM stored_responses WHERE "
               "account = :same_account AND region = :same_region) AS sums WHERE together > :most)",
        soci::use(row.account), soci::use(row.region), soci::use(row.account),
        soci::use(row.region), soci::use(bytes_max);
    return {};
  });
}

Result<ResponseRow> ResponseTable::Find(const std::string& account, const std::string& region,
                                        const std::string& response_id, int64_t kept_since_ms) {
  ResponseRow row{.account = account, .region = region, .response_id = response_id};
  auto read = database_.Read([&](soci::session& session) -> Result<void> {
    long long created_at_ms = 0;
    session << "SELECT created_at_ms, response, items FROM stored_responses WHERE "
               "account = :account AND region = :region AND response_id = :id",
        soci::into(created_at_ms), soci::into(row.response), soci::into(row.items),
        soci::use(account), soci::use(region), soci::use(response_id);
    if (!session.got_data() || created_at_ms < kept_since_ms) return NoSuchResponse(response_id);
    row.created_at_ms = created_at_ms;
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return row;
}

Result<void> ResponseTable::Delete(const std::string& account, const std::string& region,
                                   const std::string& response_id) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const RowKey key{.table = "stored_responses",
                     .column = "response_id",
                     .account = account,
                     .region = region,
                     .value = response_id};
    if (!DeleteRow(session, key)) return NoSuchResponse(response_id);
    return {};
  });
}

}  // namespace bedplate::state
