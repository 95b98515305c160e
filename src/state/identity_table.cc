#include "state/identity_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include "state/database.h"
#include "state/revisions.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

constexpr std::string_view kTopic = "identities";
// Identities are of no region.
const std::string kNoRegion;

int64_t TopicRevision(soci::session& session) {
  long long revision = 0;
  session << "SELECT revision FROM revisions WHERE topic = 'identities'", soci::into(revision);
  return revision;
}

void ReadAccounts(soci::session& session, std::vector<AccountRow>& rows) {
  AccountRow row;
  long long created_at_ms = 0;
  soci::statement statement =
      (session.prepare << "SELECT account, name, root, created_at_ms FROM accounts "
                          "ORDER BY created_at_ms, account",
       soci::into(row.account), soci::into(row.name), soci::into(row.root),
       soci::into(created_at_ms));
  statement.execute();
  while (statement.fetch()) {
    row.created_at_ms = created_at_ms;
    rows.push_back(row);
  }
}

void ReadIdentities(soci::session& session, IdentityTable::Loaded& loaded) {
  std::string account;
  IdentityRow row;
  soci::statement statement =
      (session.prepare << "SELECT account, kind, name, body FROM identities "
                          "ORDER BY account, kind, name",
       soci::into(account), soci::into(row.kind), soci::into(row.name), soci::into(row.body));
  statement.execute();
  while (statement.fetch()) loaded.identities.emplace_back(account, row);
}

void ReadUses(soci::session& session, std::vector<UseRow>& rows) {
  UseRow row;
  long long used_at_ms = 0;
  soci::statement statement =
      (session.prepare << "SELECT account, id, used_at_ms, used_service, used_region "
                          "FROM identity_uses ORDER BY account, id",
       soci::into(row.account), soci::into(row.id), soci::into(used_at_ms), soci::into(row.service),
       soci::into(row.region));
  statement.execute();
  while (statement.fetch()) {
    row.used_at_ms = used_at_ms;
    rows.push_back(row);
  }
}

void PutIdentity(soci::session& session, const std::string& account, const IdentityRow& row) {
  session << "DELETE FROM identities WHERE account = :account AND region = :region AND "
             "kind = :kind AND name = :name",
      soci::use(account), soci::use(kNoRegion), soci::use(row.kind), soci::use(row.name);
  if (row.body.empty()) return;
  session << "INSERT INTO identities (account, region, kind, name, body) VALUES (:account, "
             ":region, :kind, :name, :body)",
      soci::use(account), soci::use(kNoRegion), soci::use(row.kind), soci::use(row.name),
      soci::use(row.body);
}

}  // namespace

Result<IdentityTable::Loaded> IdentityTable::Load() {
  Loaded loaded;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    loaded = {.revision = TopicRevision(session)};
    ReadAccounts(session, loaded.accounts);
    ReadIdentities(session, loaded);
    ReadUses(session, loaded.uses);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return loaded;
}

Result<int64_t> IdentityTable::Revision() {
  int64_t revision = 0;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    revision = TopicRevision(session);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return revision;
}

Result<int64_t> IdentityTable::Put(const std::string& account,
                                   const std::vector<IdentityRow>& rows) {
  int64_t revision = 0;
  const auto written = database_.Write([&](soci::session& session) -> Result<void> {
    for (const IdentityRow& row : rows) PutIdentity(session, account, row);
    CountChange(session, kTopic);
    revision = TopicRevision(session);
    return {};
  });
  if (!written) return std::unexpected(written.error());
  return revision;
}

Result<void> IdentityTable::Insert(const AccountRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const RowKey key{.table = "accounts",
                     .column = "account",
                     .account = row.account,
                     .region = kNoRegion,
                     .value = row.account};
    if (HasRow(session, key)) {
      return Fail(Fault::kConflict, fmt::format("There is an account {} already.", row.account));
    }
    const long long created_at_ms = row.created_at_ms;
    session << "INSERT INTO accounts (account, region, name, root, created_at_ms) VALUES "
               "(:account, :region, :name, :root, :created)",
        soci::use(row.account), soci::use(kNoRegion), soci::use(row.name), soci::use(row.root),
        soci::use(created_at_ms);
    CountChange(session, kTopic);
    return {};
  });
}

Result<void> IdentityTable::PutUses(const std::vector<UseRow>& rows) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    for (const UseRow& row : rows) {
      session << "DELETE FROM identity_uses WHERE account = :account AND region = :region AND "
                 "id = :id",
          soci::use(row.account), soci::use(kNoRegion), soci::use(row.id);
      const long long used_at_ms = row.used_at_ms;
      session << "INSERT INTO identity_uses (account, region, id, used_at_ms, used_service, "
                 "used_region) VALUES (:account, :region, :id, :used, :service, :used_region)",
          soci::use(row.account), soci::use(kNoRegion), soci::use(row.id), soci::use(used_at_ms),
          soci::use(row.service), soci::use(row.region);
    }
    return {};
  });
}

}  // namespace bedplate::state
