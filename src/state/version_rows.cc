#include "state/version_rows.h"

#include <soci/soci.h>

namespace bedplate::state {
namespace {

constexpr const char* kColumns =
    "account, region, bucket, object_key, version_order, version_id, latest, delete_marker, "
    "content_id, size_bytes, etag, modified_at_ms, attributes, tags, checksum_algorithm, "
    "checksum_type, checksum, parts, encryption, kms_key";

// A row with the types that SOCI moves.
struct Columns {
  VersionRow row;
  long long version_order = 0;
  int latest = 0;
  int delete_marker = 0;
  long long size_bytes = 0;
  long long modified_at_ms = 0;

  void Settle() {
    row.version_order = version_order;
    row.latest = latest != 0;
    row.delete_marker = delete_marker != 0;
    row.size_bytes = size_bytes;
    row.modified_at_ms = modified_at_ms;
  }
};

}  // namespace

void SelectVersions(soci::session& session, const std::string& where,
                    const std::vector<std::string>& texts,
                    const std::function<bool(VersionRow&)>& each) {
  Columns columns;
  VersionRow& row = columns.row;
  soci::statement statement(session);
  statement.exchange(soci::into(row.account));
  statement.exchange(soci::into(row.region));
  statement.exchange(soci::into(row.bucket));
  statement.exchange(soci::into(row.key));
  statement.exchange(soci::into(columns.version_order));
  statement.exchange(soci::into(row.version_id));
  statement.exchange(soci::into(columns.latest));
  statement.exchange(soci::into(columns.delete_marker));
  statement.exchange(soci::into(row.content_id));
  statement.exchange(soci::into(columns.size_bytes));
  statement.exchange(soci::into(row.etag));
  statement.exchange(soci::into(columns.modified_at_ms));
  statement.exchange(soci::into(row.attributes));
  statement.exchange(soci::into(row.tags));
  statement.exchange(soci::into(row.checksum_algorithm));
  statement.exchange(soci::into(row.checksum_type));
  statement.exchange(soci::into(row.checksum));
  statement.exchange(soci::into(row.parts));
  statement.exchange(soci::into(row.encryption));
  statement.exchange(soci::into(row.kms_key));
  for (const std::string& text : texts) statement.exchange(soci::use(text));
  statement.alloc();
  statement.prepare(std::string("SELECT ") + kColumns + " FROM object_versions WHERE " + where);
  statement.define_and_bind();
  statement.execute();
  while (statement.fetch()) {
    columns.Settle();
    if (!each(row)) return;
  }
}

std::optional<VersionRow> SelectLatest(soci::session& session, const std::string& bucket,
                                       const std::string& key) {
  std::optional<VersionRow> found;
  SelectVersions(session, "bucket = :bucket AND object_key = :key AND latest = 1", {bucket, key},
                 [&](VersionRow& row) {
                   found = row;
                   return false;
                 });
  return found;
}

std::optional<VersionRow> SelectVersion(soci::session& session, const std::string& bucket,
                                        const std::string& key, const std::string& version_id) {
  std::optional<VersionRow> found;
  SelectVersions(session, "bucket = :bucket AND object_key = :key AND version_id = :version",
                 {bucket, key, version_id}, [&](VersionRow& row) {
                   found = row;
                   return false;
                 });
  return found;
}

std::string BehindPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

void InsertVersion(soci::session& session, const VersionRow& row) {
  const long long version_order = row.version_order;
  const long long size_bytes = row.size_bytes;
  const long long modified_at_ms = row.modified_at_ms;
  const int latest = row.latest ? 1 : 0;
  const int delete_marker = row.delete_marker ? 1 : 0;
  session << std::string("INSERT INTO object_versions (") + kColumns +
                 ") VALUES (:account, :region, :bucket, :key, :order, :version, :latest, :marker, "
                 ":content, :size, :etag, :modified, :attributes, :tags, :algorithm, :type, "
                 ":checksum, :parts, :encryption, :kms_key)",
      soci::use(row.account), soci::use(row.region), soci::use(row.bucket), soci::use(row.key),
      soci::use(version_order), soci::use(row.version_id), soci::use(latest),
      soci::use(delete_marker), soci::use(row.content_id), soci::use(size_bytes),
      soci::use(row.etag), soci::use(modified_at_ms), soci::use(row.attributes),
      soci::use(row.tags), soci::use(row.checksum_algorithm), soci::use(row.checksum_type),
      soci::use(row.checksum), soci::use(row.parts), soci::use(row.encryption),
      soci::use(row.kms_key);
}

void DeleteVersionRow(soci::session& session, const VersionRow& row) {
  const long long version_order = row.version_order;
  session << "DELETE FROM object_versions WHERE bucket = :bucket AND object_key = :key AND "
             "version_order = :order",
      soci::use(row.bucket), soci::use(row.key), soci::use(version_order);
}

void SetLatest(soci::session& session, const VersionRow& row, bool latest) {
  const long long version_order = row.version_order;
  const int value = latest ? 1 : 0;
  session << "UPDATE object_versions SET latest = :latest WHERE bucket = :bucket AND object_key = "
             ":key AND version_order = :order",
      soci::use(value), soci::use(row.bucket), soci::use(row.key), soci::use(version_order);
}

}  // namespace bedplate::state
