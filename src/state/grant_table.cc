#include "state/grant_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "state/database.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

constexpr std::string_view kColumns =
    "account, region, key_id, grant_id, name, grantee, grantee_service, retiring, "
    "retiring_service, operations, constraints, issuing_account, created_at_ms";

// Reads all rows of a statement that is given what it takes by `bind`.
template <class Bind>
std::vector<GrantRow> ReadRows(soci::session& session, const std::string& rest, const Bind& bind) {
  std::vector<GrantRow> rows;
  GrantRow row;
  long long created = 0;
  soci::statement statement(session);
  statement.exchange(soci::into(row.account));
  statement.exchange(soci::into(row.region));
  statement.exchange(soci::into(row.key_id));
  statement.exchange(soci::into(row.grant_id));
  statement.exchange(soci::into(row.name));
  statement.exchange(soci::into(row.grantee));
  statement.exchange(soci::into(row.grantee_service));
  statement.exchange(soci::into(row.retiring));
  statement.exchange(soci::into(row.retiring_service));
  statement.exchange(soci::into(row.operations));
  statement.exchange(soci::into(row.constraints));
  statement.exchange(soci::into(row.issuing_account));
  statement.exchange(soci::into(created));
  bind(statement);
  statement.alloc();
  statement.prepare(fmt::format("SELECT {} FROM kms_grants WHERE {}", kColumns, rest));
  statement.define_and_bind();
  statement.execute();
  while (statement.fetch()) {
    row.created_at_ms = created;
    rows.push_back(row);
  }
  return rows;
}

bool IsSameGrant(const GrantRow& a, const GrantRow& b) {
  return a.name == b.name && a.grantee == b.grantee && a.grantee_service == b.grantee_service &&
         a.retiring == b.retiring && a.retiring_service == b.retiring_service &&
         a.operations == b.operations && a.constraints == b.constraints &&
         a.issuing_account == b.issuing_account;
}

void InsertRow(soci::session& session, const GrantRow& row) {
  const long long created = row.created_at_ms;
  session << fmt::format(
      "INSERT INTO kms_grants ({}) VALUES (:account, :region, :key, :id, :name, :grantee, "
      ":grantee_service, :retiring, :retiring_service, :operations, :constraints, :issuer, "
      ":created)",
      kColumns),
      soci::use(row.account), soci::use(row.region), soci::use(row.key_id), soci::use(row.grant_id),
      soci::use(row.name), soci::use(row.grantee), soci::use(row.grantee_service),
      soci::use(row.retiring), soci::use(row.retiring_service), soci::use(row.operations),
      soci::use(row.constraints), soci::use(row.issuing_account), soci::use(created);
}

}  // namespace

std::vector<GrantRow> ReadGrants(soci::session& session, const std::string& account,
                                 const std::string& region, const std::string& key_id) {
  return ReadRows(session, "account = :a AND region = :r AND key_id = :k ORDER BY grant_id",
                  [&](soci::statement& statement) {
                    statement.exchange(soci::use(account));
                    statement.exchange(soci::use(region));
                    statement.exchange(soci::use(key_id));
                  });
}

Result<std::string> GrantTable::Insert(const GrantRow& row) {
  std::string kept;
  const auto written = database_.Write([&](soci::session& session) -> Result<void> {
    kept = row.grant_id;
    if (!HasRow(session, {.table = "kms_keys",
                          .column = "key_id",
                          .account = row.account,
                          .region = row.region,
                          .value = row.key_id})) {
      return Fail(Fault::kNotFound, fmt::format("There is no key {}.", row.key_id));
    }
    if (!row.name.empty()) {
      const auto grants = ReadGrants(session, row.account, row.region, row.key_id);
      const auto same = std::ranges::find_if(
          grants, [&](const GrantRow& other) { return IsSameGrant(row, other); });
      if (same != grants.end()) {
        kept = same->grant_id;
        return {};
      }
    }
    long long count = 0;
    session << "SELECT COUNT(*) FROM kms_grants WHERE account = :a AND region = :r AND key_id = :k",
        soci::into(count), soci::use(row.account), soci::use(row.region), soci::use(row.key_id);
    if (static_cast<size_t>(count) >= limits::kGrantsOfKeyMax) {
      return Fail(Fault::kQuota, fmt::format("The key {} has {} grants, the most there can be.",
                                             row.key_id, count));
    }
    InsertRow(session, row);
    return {};
  });
  if (!written) return std::unexpected(written.error());
  return kept;
}

Result<void> GrantTable::Delete(const GrantRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    soci::statement statement =
        (session.prepare << "DELETE FROM kms_grants WHERE account = :account AND region = :region "
                            "AND key_id = :key AND grant_id = :id",
         soci::use(row.account), soci::use(row.region), soci::use(row.key_id),
         soci::use(row.grant_id));
    statement.execute(true);
    if (statement.get_affected_rows() > 0) return {};
    return Fail(Fault::kNotFound, fmt::format("There is no grant {}.", row.grant_id));
  });
}

Result<std::vector<GrantRow>> GrantTable::Retirable(const Retiring& by, const std::string& after,
                                                    size_t most) {
  std::vector<GrantRow> rows;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    const auto limit = static_cast<long long>(most);
    rows = ReadRows(session,
                    "retiring = :p AND retiring_service = :s AND region = :r AND grant_id > :after "
                    "AND (account = :a OR :any = '') ORDER BY grant_id LIMIT :most",
                    [&](soci::statement& statement) {
                      statement.exchange(soci::use(by.principal));
                      statement.exchange(soci::use(by.service));
                      statement.exchange(soci::use(by.region));
                      statement.exchange(soci::use(after));
                      statement.exchange(soci::use(by.account));
                      statement.exchange(soci::use(by.account));
                      statement.exchange(soci::use(limit));
                    });
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return rows;
}

}  // namespace bedplate::state
