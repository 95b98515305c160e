#include "state/key_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <utility>

#include "base/limits.h"
#include "state/database.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

RowKey KeyOf(const KeyPlace& place) {
  return {.table = "kms_keys",
          .column = "key_id",
          .account = place.account,
          .region = place.region,
          .value = place.key_id};
}

std::unexpected<Error> NoSuchKey(const KeyPlace& place) {
  return Fail(Fault::kNotFound, fmt::format("There is no key {}.", place.key_id));
}

bool ReadRow(soci::session& session, const KeyPlace& place, KeyRow& row) {
  row.place = place;
  long long version = 0;
  long long rotation_days = 0;
  long long next_rotation = 0;
  long long created = 0;
  long long deletion = 0;
  session << "SELECT spec, key_usage, manager, description, state, policy, version, rotation_days, "
             "next_rotation_at_ms, created_at_ms, deletion_at_ms FROM kms_keys WHERE "
             "account = :account AND region = :region AND key_id = :key",
      soci::into(row.spec), soci::into(row.usage), soci::into(row.manager),
      soci::into(row.description), soci::into(row.state), soci::into(row.policy),
      soci::into(version), soci::into(rotation_days), soci::into(next_rotation),
      soci::into(created), soci::into(deletion), soci::use(place.account), soci::use(place.region),
      soci::use(place.key_id);
  row.version = version;
  row.rotation_days = rotation_days;
  row.next_rotation_at_ms = next_rotation;
  row.created_at_ms = created;
  row.deletion_at_ms = deletion;
  return session.got_data();
}

void InsertRow(soci::session& session, const KeyRow& row) {
  const long long version = row.version;
  const long long rotation_days = row.rotation_days;
  const long long next_rotation = row.next_rotation_at_ms;
  const long long created = row.created_at_ms;
  const long long deletion = row.deletion_at_ms;
  session << "INSERT INTO kms_keys (account, region, key_id, spec, key_usage, manager, "
             "description, state, policy, version, rotation_days, next_rotation_at_ms, "
             "created_at_ms, deletion_at_ms) VALUES (:account, :region, :key, :spec, :usage, "
             ":manager, :description, :state, :policy, :version, :days, :next, :created, "
             ":deletion)",
      soci::use(row.place.account), soci::use(row.place.region), soci::use(row.place.key_id),
      soci::use(row.spec), soci::use(row.usage), soci::use(row.manager), soci::use(row.description),
      soci::use(row.state), soci::use(row.policy), soci::use(version), soci::use(rotation_days),
      soci::use(next_rotation), soci::use(created), soci::use(deletion);
}

void InsertVersion(soci::session& session, const KeyPlace& place, const KeyVersionRow& row) {
  const long long version = row.version;
  const long long created = row.created_at_ms;
  session << "INSERT INTO kms_key_versions (account, region, key_id, version, material_id, "
             "sealed, origin, created_at_ms) VALUES (:account, :region, :key, :version, "
             ":material, :sealed, :origin, :created)",
      soci::use(place.account), soci::use(place.region), soci::use(place.key_id),
      soci::use(version), soci::use(row.material_id), soci::use(row.sealed), soci::use(row.origin),
      soci::use(created);
}

std::vector<KeyVersionRow> ReadVersions(soci::session& session, const KeyPlace& place) {
  std::vector<KeyVersionRow> rows;
  KeyVersionRow row;
  long long version = 0;
  long long created = 0;
  soci::statement statement =
      (session.prepare << "SELECT version, material_id, sealed, origin, created_at_ms FROM "
                          "kms_key_versions WHERE account = :account AND region = :region AND "
                          "key_id = :key ORDER BY version",
       soci::into(version), soci::into(row.material_id), soci::into(row.sealed),
       soci::into(row.origin), soci::into(created), soci::use(place.account),
       soci::use(place.region), soci::use(place.key_id));
  statement.execute();
  while (statement.fetch()) {
    row.version = version;
    row.created_at_ms = created;
    rows.push_back(row);
  }
  return rows;
}

Result<std::vector<KeyPlace>> ReadPlaces(Database& database, const char* sql, int64_t now_ms) {
  std::vector<KeyPlace> places;
  const auto read = database.Read([&](soci::session& session) -> Result<void> {
    places.clear();
    KeyPlace place;
    const long long now = now_ms;
    soci::statement statement =
        (session.prepare << sql, soci::into(place.account), soci::into(place.region),
         soci::into(place.key_id), soci::use(now));
    statement.execute();
    while (statement.fetch()) places.push_back(place);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return places;
}

// Of no account and region: the material of all is sealed with one root key.
std::string ReadFingerprint(soci::session& session) {
  std::string fingerprint;
  session << "SELECT fingerprint FROM kms_root_key WHERE account = '' AND region = ''",
      soci::into(fingerprint);
  return session.got_data() ? fingerprint : std::string();
}

}  // namespace

Result<std::string> KeyTable::Insert(const NewKey& key) {
  const KeyPlace& place = key.row.place;
  std::string kept;
  const auto written = database_.Write([&](soci::session& session) -> Result<void> {
    kept = place.key_id;
    if (!key.alias.empty()) {
      std::string named;
      session << "SELECT key_id FROM kms_aliases WHERE account = :account AND region = :region "
                 "AND alias_name = :name",
          soci::into(named), soci::use(place.account), soci::use(place.region),
          soci::use(key.alias);
      if (session.got_data()) {
        kept = named;
        return {};
      }
      const long long created = key.row.created_at_ms;
      session << "INSERT INTO kms_aliases (account, region, alias_name, key_id, created_at_ms, "
                 "updated_at_ms) VALUES (:account, :region, :name, :key, :created, :updated)",
          soci::use(place.account), soci::use(place.region), soci::use(key.alias),
          soci::use(place.key_id), soci::use(created), soci::use(created);
    }
    if (auto room = CheckRoom(session, KeyOf(place), limits::kKeysMax, "keys"); !room) return room;
    InsertRow(session, key.row);
    InsertVersion(session, place, key.version);
    return PutTags(session, {.account = place.account, .region = place.region, .arn = key.arn},
                   key.tags);
  });
  if (!written) return std::unexpected(written.error());
  return kept;
}

Result<WholeKey> KeyTable::Find(const KeyPlace& place, const std::string& arn) {
  WholeKey key;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    if (!ReadRow(session, place, key.row)) return NoSuchKey(place);
    key.versions = ReadVersions(session, place);
    key.grants = ReadGrants(session, place.account, place.region, place.key_id);
    key.tags = ReadTags(session, {.account = place.account, .region = place.region, .arn = arn});
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return key;
}

Result<void> KeyTable::Update(const KeyPlace& place, const Change& change) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    KeyRow row;
    if (!ReadRow(session, place, row)) return NoSuchKey(place);
    std::optional<KeyVersionRow> version;
    if (auto changed = change(row, version); !changed) return changed;
    DeleteRow(session, KeyOf(place));
    InsertRow(session, row);
    if (version) InsertVersion(session, place, *version);
    return {};
  });
}

Result<int64_t> KeyTable::CountVersions(const KeyPlace& place, const std::string& origin) {
  long long count = 0;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    session << "SELECT COUNT(*) FROM kms_key_versions WHERE account = :account AND "
               "region = :region AND key_id = :key AND origin = :origin",
        soci::into(count), soci::use(place.account), soci::use(place.region),
        soci::use(place.key_id), soci::use(origin);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return count;
}

Result<std::vector<std::string>> KeyTable::List(const std::string& account,
                                                const std::string& region, const std::string& after,
                                                size_t most) {
  std::vector<std::string> ids;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    ids.clear();
    std::string id;
    const auto limit = static_cast<long long>(most);
    soci::statement statement =
        (session.prepare << "SELECT key_id FROM kms_keys WHERE account = :account AND "
                            "region = :region AND key_id > :after ORDER BY key_id LIMIT :most",
         soci::into(id), soci::use(account), soci::use(region), soci::use(after), soci::use(limit));
    statement.execute();
    while (statement.fetch()) ids.push_back(id);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return ids;
}

Result<std::vector<KeyPlace>> KeyTable::DueRotations(int64_t now_ms) {
  return ReadPlaces(database_,
                    "SELECT account, region, key_id FROM kms_keys WHERE state = 'Enabled' AND "
                    "rotation_days > 0 AND next_rotation_at_ms <= :now",
                    now_ms);
}

Result<std::vector<KeyPlace>> KeyTable::DueDeletions(int64_t now_ms) {
  return ReadPlaces(database_,
                    "SELECT account, region, key_id FROM kms_keys WHERE deletion_at_ms > 0 AND "
                    "deletion_at_ms <= :now",
                    now_ms);
}

Result<void> KeyTable::Delete(const KeyPlace& place, const std::string& arn, int64_t now_ms) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    KeyRow row;
    if (!ReadRow(session, place, row)) return {};
    if (row.deletion_at_ms == 0 || row.deletion_at_ms > now_ms) return {};
    DeleteRow(session, KeyOf(place));
    for (const char* table : {"kms_key_versions", "kms_aliases", "kms_grants"}) {
      DeleteRow(session, {.table = table,
                          .column = "key_id",
                          .account = place.account,
                          .region = place.region,
                          .value = place.key_id});
    }
    DeleteTags(session, {.account = place.account, .region = place.region, .arn = arn});
    return {};
  });
}

Result<std::string> KeyTable::RootFingerprint() {
  std::string fingerprint;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    fingerprint = ReadFingerprint(session);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return fingerprint;
}

Result<void> KeyTable::KeepRootFingerprint(const std::string& fingerprint) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    if (!ReadFingerprint(session).empty()) return {};
    session << "INSERT INTO kms_root_key (account, region, fingerprint) VALUES ('', '', :text)",
        soci::use(fingerprint);
    return {};
  });
}

}  // namespace bedplate::state
