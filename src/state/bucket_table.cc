#include "state/bucket_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include "state/database.h"
#include "state/object_content.h"

namespace bedplate::state {
namespace {

std::unexpected<Error> NoSuchBucket(const std::string& bucket) {
  return Fail(Fault::kNotFound, fmt::format("There is no bucket '{}'.", bucket));
}

bool Exists(soci::session& session, const std::string& bucket) {
  int found = 0;
  session << "SELECT 1 FROM object_buckets WHERE bucket = :bucket", soci::into(found),
      soci::use(bucket);
  return session.got_data();
}

}  // namespace

Result<void> BucketTable::Insert(const BucketRow& row, size_t buckets_max) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    if (Exists(session, row.bucket)) {
      return Fail(Fault::kConflict, fmt::format("There is a bucket '{}'.", row.bucket));
    }
    long long count = 0;
    session << "SELECT COUNT(*) FROM object_buckets WHERE account = :account", soci::into(count),
        soci::use(row.account);
    if (static_cast<size_t>(count) >= buckets_max) {
      return Fail(Fault::kQuota, fmt::format("The account has {} buckets.", count));
    }
    const long long created_at_ms = row.created_at_ms;
    session << "INSERT INTO object_buckets (account, region, bucket, created_at_ms, versioning) "
               "VALUES (:account, :region, :bucket, :created, :versioning)",
        soci::use(row.account), soci::use(row.region), soci::use(row.bucket),
        soci::use(created_at_ms), soci::use(row.versioning);
    return {};
  });
}

Result<FreedBlobs> BucketTable::Delete(const std::string& bucket) {
  FreedBlobs freed;
  auto done = database_.Write([&](soci::session& session) -> Result<void> {
    freed.clear();
    if (!Exists(session, bucket)) return NoSuchBucket(bucket);
    int found = 0;
    session << "SELECT 1 FROM object_versions WHERE bucket = :bucket LIMIT 1", soci::into(found),
        soci::use(bucket);
    if (session.got_data()) {
      return Fail(Fault::kConflict, fmt::format("The bucket '{}' is not empty.", bucket));
    }
    std::vector<std::string> uploads;
    const soci::rowset<std::string> ids =
        (session.prepare << "SELECT upload_id FROM object_uploads WHERE bucket = :bucket",
         soci::use(bucket));
    for (const std::string& id : ids) uploads.push_back(id);
    for (const std::string& id : uploads) DeleteContent(session, id, freed);
    for (const char* const table : {"object_uploads", "object_bucket_settings", "object_buckets"}) {
      session << fmt::format("DELETE FROM {} WHERE bucket = :bucket", table), soci::use(bucket);
    }
    return {};
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return freed;
}

Result<void> BucketTable::SetVersioning(const std::string& bucket, const std::string& versioning) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    if (!Exists(session, bucket)) return NoSuchBucket(bucket);
    session << "UPDATE object_buckets SET versioning = :versioning WHERE bucket = :bucket",
        soci::use(versioning), soci::use(bucket);
    return {};
  });
}

Result<void> BucketTable::PutSetting(const BucketSettingRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    if (!Exists(session, row.bucket)) return NoSuchBucket(row.bucket);
    session << "DELETE FROM object_bucket_settings WHERE bucket = :bucket AND setting = :setting",
        soci::use(row.bucket), soci::use(row.setting);
    if (row.document.empty()) return {};
    session << "INSERT INTO object_bucket_settings (account, region, bucket, setting, document) "
               "SELECT account, region, bucket, :setting, :document FROM object_buckets WHERE "
               "bucket = :bucket",
        soci::use(row.setting), soci::use(row.document), soci::use(row.bucket);
    return {};
  });
}

Result<std::vector<BucketRow>> BucketTable::All() {
  std::vector<BucketRow> rows;
  auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows.clear();
    BucketRow row;
    long long created_at_ms = 0;
    soci::statement statement =
        (session.prepare << "SELECT account, region, bucket, created_at_ms, versioning FROM "
                            "object_buckets ORDER BY bucket",
         soci::into(row.account), soci::into(row.region), soci::into(row.bucket),
         soci::into(created_at_ms), soci::into(row.versioning));
    statement.execute();
    while (statement.fetch()) {
      row.created_at_ms = created_at_ms;
      rows.push_back(row);
    }
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return rows;
}

Result<std::vector<BucketSettingRow>> BucketTable::AllSettings() {
  std::vector<BucketSettingRow> rows;
  auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows.clear();
    BucketSettingRow row;
    soci::statement statement =
        (session.prepare << "SELECT bucket, setting, document FROM object_bucket_settings",
         soci::into(row.bucket), soci::into(row.setting), soci::into(row.document));
    statement.execute();
    while (statement.fetch()) rows.push_back(row);
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return rows;
}

}  // namespace bedplate::state
