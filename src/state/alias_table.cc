#include "state/alias_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <optional>
#include <utility>

#include "base/limits.h"
#include "state/database.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

constexpr std::string_view kTable = "kms_aliases";

RowKey KeyOf(const AliasRow& row) {
  return {.table = "kms_keys",
          .column = "key_id",
          .account = row.account,
          .region = row.region,
          .value = row.key_id};
}

RowKey NameOf(const AliasRow& row) {
  return {.table = kTable,
          .column = "alias_name",
          .account = row.account,
          .region = row.region,
          .value = row.name};
}

// The key is there and may have one alias more.
Result<void> CheckKey(soci::session& session, const AliasRow& row) {
  if (!HasRow(session, KeyOf(row))) {
    return Fail(Fault::kNotFound, fmt::format("There is no key {}.", row.key_id));
  }
  long long count = 0;
  session << "SELECT COUNT(*) FROM kms_aliases WHERE account = :account AND region = :region AND "
             "key_id = :key AND alias_name <> :name",
      soci::into(count), soci::use(row.account), soci::use(row.region), soci::use(row.key_id),
      soci::use(row.name);
  if (static_cast<size_t>(count) < limits::kAliasesOfKeyMax) return {};
  return Fail(Fault::kQuota,
              fmt::format("The key {} has {} aliases, the most there can be.", row.key_id, count));
}

// The key that it names; nothing when there is no such alias.
std::optional<std::string> KeyNamed(soci::session& session, const std::string& account,
                                    const std::string& region, const std::string& name) {
  std::string key_id;
  session << "SELECT key_id FROM kms_aliases WHERE account = :account AND region = :region AND "
             "alias_name = :name",
      soci::into(key_id), soci::use(account), soci::use(region), soci::use(name);
  if (!session.got_data()) return std::nullopt;
  return key_id;
}

std::unexpected<Error> NoSuchAlias(const std::string& name) {
  return Fail(Fault::kNotFound, fmt::format("There is no alias {}.", name));
}

}  // namespace

Result<void> AliasTable::Insert(const AliasRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    if (HasRow(session, NameOf(row))) {
      return Fail(Fault::kConflict, fmt::format("There is an alias {} already.", row.name));
    }
    if (auto ok = CheckKey(session, row); !ok) return ok;
    const long long created = row.created_at_ms;
    const long long updated = row.updated_at_ms;
    session << "INSERT INTO kms_aliases (account, region, alias_name, key_id, created_at_ms, "
               "updated_at_ms) VALUES (:account, :region, :name, :key, :created, :updated)",
        soci::use(row.account), soci::use(row.region), soci::use(row.name), soci::use(row.key_id),
        soci::use(created), soci::use(updated);
    return {};
  });
}

Result<std::string> AliasTable::Update(const AliasRow& row) {
  std::string earlier;
  const auto written = database_.Write([&](soci::session& session) -> Result<void> {
    auto named = KeyNamed(session, row.account, row.region, row.name);
    if (!named) return NoSuchAlias(row.name);
    earlier = std::move(*named);
    if (auto ok = CheckKey(session, row); !ok) return ok;
    const long long updated = row.updated_at_ms;
    session << "UPDATE kms_aliases SET key_id = :key, updated_at_ms = :updated WHERE "
               "account = :account AND region = :region AND alias_name = :name",
        soci::use(row.key_id), soci::use(updated), soci::use(row.account), soci::use(row.region),
        soci::use(row.name);
    return {};
  });
  if (!written) return std::unexpected(written.error());
  return earlier;
}

Result<std::string> AliasTable::Delete(const std::string& account, const std::string& region,
                                       const std::string& name) {
  std::string key_id;
  const auto written = database_.Write([&](soci::session& session) -> Result<void> {
    auto named = KeyNamed(session, account, region, name);
    if (!named) return NoSuchAlias(name);
    key_id = std::move(*named);
    DeleteRow(session, NameOf({.account = account, .region = region, .name = name}));
    return {};
  });
  if (!written) return std::unexpected(written.error());
  return key_id;
}

Result<std::string> AliasTable::Find(const std::string& account, const std::string& region,
                                     const std::string& name) {
  std::string key_id;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    auto named = KeyNamed(session, account, region, name);
    if (!named) return NoSuchAlias(name);
    key_id = std::move(*named);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return key_id;
}

Result<std::vector<AliasRow>> AliasTable::List(const std::string& account,
                                               const std::string& region, const std::string& key_id,
                                               const std::string& after, size_t most) {
  std::vector<AliasRow> rows;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows.clear();
    AliasRow row{.account = account, .region = region};
    long long created = 0;
    long long updated = 0;
    const auto limit = static_cast<long long>(most);
    soci::statement statement =
        (session.prepare << "SELECT alias_name, key_id, created_at_ms, updated_at_ms FROM "
                            "kms_aliases WHERE account = :account AND region = :region AND "
                            "alias_name > :after AND (key_id = :key OR :any = '') "
                            "ORDER BY alias_name LIMIT :most",
         soci::into(row.name), soci::into(row.key_id), soci::into(created), soci::into(updated),
         soci::use(account), soci::use(region), soci::use(after), soci::use(key_id),
         soci::use(key_id), soci::use(limit));
    statement.execute();
    while (statement.fetch()) {
      row.created_at_ms = created;
      row.updated_at_ms = updated;
      rows.push_back(row);
    }
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return rows;
}

}  // namespace bedplate::state
