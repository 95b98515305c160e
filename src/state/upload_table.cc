#include "state/upload_table.h"

#include <soci/soci.h>

#include <algorithm>
#include <functional>
#include <map>

#include "state/commit_queue.h"
#include "state/database.h"
#include "state/object_content.h"
#include "state/object_put.h"
#include "state/version_rows.h"

namespace bedplate::state {
namespace {

std::unexpected<Error> NoSuchUpload() {
  return std::unexpected(
      Error{.fault = Fault::kNotFound,
            .message = "The specified upload does not exist. The upload ID may be invalid, or the "
                       "upload may have been aborted or completed.",
            .type = "NoSuchUpload",
            .status = 404});
}

void SelectUploads(soci::session& session, const std::string& where,
                   const std::vector<std::string>& texts,
                   const std::function<void(UploadRow&)>& each) {
  UploadRow row;
  long long started_at_ms = 0;
  soci::statement statement(session);
  statement.exchange(soci::into(row.account));
  statement.exchange(soci::into(row.region));
  statement.exchange(soci::into(row.bucket));
  statement.exchange(soci::into(row.key));
  statement.exchange(soci::into(row.upload_id));
  statement.exchange(soci::into(started_at_ms));
  statement.exchange(soci::into(row.attributes));
  statement.exchange(soci::into(row.tags));
  statement.exchange(soci::into(row.checksum_algorithm));
  statement.exchange(soci::into(row.checksum_type));
  statement.exchange(soci::into(row.encryption));
  statement.exchange(soci::into(row.kms_key));
  for (const std::string& text : texts) statement.exchange(soci::use(text));
  statement.alloc();
  statement.prepare(
      "SELECT account, region, bucket, object_key, upload_id, started_at_ms, attributes, tags, "
      "checksum_algorithm, checksum_type, encryption, kms_key FROM object_uploads WHERE " +
      where);
  statement.define_and_bind();
  statement.execute();
  while (statement.fetch()) {
    row.started_at_ms = started_at_ms;
    each(row);
  }
}

Result<UploadRow> SelectUpload(soci::session& session, const std::string& bucket,
                               const std::string& key, const std::string& upload_id) {
  std::vector<UploadRow> found;
  SelectUploads(session, "upload_id = :upload AND bucket = :bucket AND object_key = :key",
                {upload_id, bucket, key}, [&](UploadRow& row) { found.push_back(row); });
  if (found.empty()) return NoSuchUpload();
  return std::move(found.front());
}

std::vector<PartRow> SelectParts(soci::session& session, const std::string& content_id, int after,
                                 long long most) {
  std::vector<PartRow> rows;
  PartRow row;
  long long size = 0;
  long long modified = 0;
  soci::statement statement =
      (session.prepare << "SELECT part_number, size_bytes, etag, checksum, modified_at_ms FROM "
                          "object_parts WHERE content_id = :content AND part_number > :after "
                          "ORDER BY part_number LIMIT :most",
       soci::into(row.part_number), soci::into(size), soci::into(row.etag),
       soci::into(row.checksum), soci::into(modified), soci::use(content_id), soci::use(after),
       soci::use(most));
  statement.execute();
  while (statement.fetch()) {
    row.size_bytes = size;
    row.modified_at_ms = modified;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

Result<void> UploadTable::Insert(UploadRow row) {
  return queue_.Write([&](soci::session& session) -> Result<void> {
    VersionRow named;
    named.bucket = row.bucket;
    if (auto there = VersioningOf(session, named); !there) {
      return std::unexpected(there.error());
    }
    const long long started_at_ms = row.started_at_ms;
    session << "INSERT INTO object_uploads (account, region, bucket, object_key, upload_id, "
               "started_at_ms, attributes, tags, checksum_algorithm, checksum_type, encryption, "
               "kms_key) VALUES (:account, :region, :bucket, :key, :upload, :started, "
               ":attributes, :tags, :algorithm, :type, :encryption, :kms_key)",
        soci::use(named.account), soci::use(named.region), soci::use(row.bucket),
        soci::use(row.key), soci::use(row.upload_id), soci::use(started_at_ms),
        soci::use(row.attributes), soci::use(row.tags), soci::use(row.checksum_algorithm),
        soci::use(row.checksum_type), soci::use(row.encryption), soci::use(row.kms_key);
    return {};
  });
}

Result<UploadRow> UploadTable::Find(const std::string& bucket, const std::string& key,
                                    const std::string& upload_id) {
  UploadRow row;
  auto read = database_.Read([&](soci::session& session) -> Result<void> {
    auto found = SelectUpload(session, bucket, key, upload_id);
    if (!found) return std::unexpected(std::move(found.error()));
    row = std::move(*found);
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return row;
}

Result<FreedBlobs> UploadTable::PutPart(const UploadRow& upload, const PartRow& part,
                                        const std::vector<SegmentRow>& segments) {
  return Put(upload, part, segments, false);
}

Result<FreedBlobs> UploadTable::PutShared(const UploadRow& upload, const PartRow& part,
                                          const std::vector<SegmentRow>& segments) {
  return Put(upload, part, segments, true);
}

Result<FreedBlobs> UploadTable::Put(const UploadRow& upload, const PartRow& part,
                                    const std::vector<SegmentRow>& segments, bool shared) {
  FreedBlobs freed;
  auto done = queue_.Write([&](soci::session& session) -> Result<void> {
    freed.clear();
    auto there = SelectUpload(session, upload.bucket, upload.key, upload.upload_id);
    if (!there) return std::unexpected(std::move(there.error()));
    for (const SegmentRow& segment : segments) {
      if (shared && !IsNamed(session, segment.blob)) return NoSuchKey();
    }
    DeletePart(session, upload.upload_id, part.part_number, freed);
    InsertSegments(session, upload.account, upload.region, upload.upload_id, segments);
    // The part that was replaced may have been all that named a blob of the new one.
    std::erase_if(freed, [&](const std::string& blob) {
      return std::ranges::find(segments, blob, &SegmentRow::blob) != segments.end();
    });
    const long long size = part.size_bytes;
    const long long modified = part.modified_at_ms;
    session << "INSERT INTO object_parts (account, region, content_id, part_number, size_bytes, "
               "etag, checksum, modified_at_ms) VALUES (:account, :region, :content, :part, "
               ":size, :etag, :checksum, :modified)",
        soci::use(upload.account), soci::use(upload.region), soci::use(upload.upload_id),
        soci::use(part.part_number), soci::use(size), soci::use(part.etag),
        soci::use(part.checksum), soci::use(modified);
    return {};
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return freed;
}

Result<std::vector<PartRow>> UploadTable::Parts(const std::string& upload_id, int after,
                                                size_t most) {
  std::vector<PartRow> rows;
  auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows = SelectParts(session, upload_id, after, static_cast<long long>(most));
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return rows;
}

Result<ObjectWritten> UploadTable::Complete(const UploadRow& upload, VersionRow row,
                                            const std::vector<PartRow>& parts,
                                            const WriteCondition& condition) {
  ObjectWritten written;
  auto done = queue_.Write([&](soci::session& session) -> Result<void> {
    auto there = SelectUpload(session, upload.bucket, upload.key, upload.upload_id);
    if (!there) return std::unexpected(std::move(there.error()));
    std::map<int, PartRow> kept;
    for (PartRow& part : SelectParts(session, upload.upload_id, 0, 1'000'000)) {
      kept.emplace(part.part_number, std::move(part));
    }
    for (const PartRow& part : parts) {
      const auto found = kept.find(part.part_number);
      if (found == kept.end() || found->second.etag != part.etag ||
          found->second.size_bytes != part.size_bytes) {
        return Fail(Fault::kConflict, "A part was put again while the upload was completed");
      }
      kept.erase(found);
    }
    VersionRow now = row;
    auto put = PutOnTop(session, now, condition);
    if (!put) return std::unexpected(std::move(put.error()));
    written = std::move(*put);
    for (const auto& [number, part] : kept) {
      DeletePart(session, upload.upload_id, number, written.freed);
    }
    session << "DELETE FROM object_uploads WHERE upload_id = :upload", soci::use(upload.upload_id);
    return {};
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return written;
}

Result<VersionRow> UploadTable::FindComplete(const std::string& bucket, const std::string& key,
                                             const std::string& upload_id) {
  std::vector<VersionRow> found;
  auto read = database_.Read([&](soci::session& session) -> Result<void> {
    found.clear();
    SelectVersions(session, "content_id = :content AND bucket = :bucket AND object_key = :key",
                   {upload_id, bucket, key}, [&](VersionRow& row) {
                     found.push_back(row);
                     return false;
                   });
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  if (found.empty()) return NoSuchUpload();
  return std::move(found.front());
}

Result<FreedBlobs> UploadTable::Abort(const std::string& bucket, const std::string& key,
                                      const std::string& upload_id) {
  FreedBlobs freed;
  auto done = queue_.Write([&](soci::session& session) -> Result<void> {
    freed.clear();
    auto there = SelectUpload(session, bucket, key, upload_id);
    if (!there) return std::unexpected(std::move(there.error()));
    session << "DELETE FROM object_uploads WHERE upload_id = :upload", soci::use(upload_id);
    DeleteContent(session, upload_id, freed);
    return {};
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return freed;
}

Result<std::vector<UploadRow>> UploadTable::List(const Scan& scan) {
  std::string where = "bucket = :bucket";
  std::vector<std::string> texts = {scan.bucket};
  if (!scan.from.empty()) {
    where += " AND object_key >= :start";
    texts.push_back(scan.from);
  } else if (!scan.after_id.empty()) {
    where += " AND object_key >= :start AND (object_key > :again OR upload_id > :upload)";
    texts.insert(texts.end(), {scan.after_key, scan.after_key, scan.after_id});
  } else if (!scan.after_key.empty()) {
    where += " AND object_key > :start";
    texts.push_back(scan.after_key);
  }
  if (!scan.prefix.empty()) {
    where += " AND object_key >= :prefix";
    texts.push_back(scan.prefix);
    if (const std::string behind = BehindPrefix(scan.prefix); !behind.empty()) {
      where += " AND object_key < :behind";
      texts.push_back(behind);
    }
  }
  where += " ORDER BY object_key, upload_id LIMIT " + std::to_string(scan.most);
  std::vector<UploadRow> rows;
  auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows.clear();
    SelectUploads(session, where, texts, [&](UploadRow& row) { rows.push_back(row); });
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return rows;
}

Result<std::vector<UploadRow>> UploadTable::BegunBefore(const std::string& bucket,
                                                        int64_t before_ms, size_t most) {
  std::vector<UploadRow> rows;
  auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows.clear();
    SelectUploads(session,
                  "bucket = :bucket AND started_at_ms < " + std::to_string(before_ms) +
                      " ORDER BY started_at_ms LIMIT " + std::to_string(most),
                  {bucket}, [&](UploadRow& row) { rows.push_back(row); });
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return rows;
}

}  // namespace bedplate::state
