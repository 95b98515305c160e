#include "state/object_table.h"

#include <soci/soci.h>

#include "state/commit_queue.h"
#include "state/database.h"
#include "state/object_content.h"
#include "state/object_put.h"
#include "state/version_rows.h"

namespace bedplate::state {
namespace {

// Runs work that gives a value, in a transaction.
template <class Value, class Writer, class Work>
Result<Value> Valued(Writer write, Work work) {
  Value value;
  auto done = write([&](soci::session& session) -> Result<void> {
    Result<Value> made = work(session);
    if (!made) return std::unexpected(std::move(made.error()));
    value = std::move(*made);
    return {};
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return value;
}

std::optional<VersionRow> Select(soci::session& session, const std::string& bucket,
                                 const std::string& key, const std::string& version_id) {
  return version_id.empty() ? SelectLatest(session, bucket, key)
                            : SelectVersion(session, bucket, key, version_id);
}

std::vector<SegmentRow> SelectSegments(soci::session& session, const std::string& content_id,
                                       int part_number) {
  std::vector<SegmentRow> rows;
  SegmentRow row;
  long long offset = 0;
  long long size = 0;
  const int last = part_number == 0 ? 1'000'000 : part_number;
  soci::statement statement =
      (session.prepare << "SELECT part_number, place, blob, blob_offset, size_bytes FROM "
                          "object_segments WHERE content_id = :content AND part_number >= "
                          ":first AND part_number <= :last ORDER BY part_number, place",
       soci::into(row.part_number), soci::into(row.place), soci::into(row.blob), soci::into(offset),
       soci::into(size), soci::use(content_id), soci::use(part_number), soci::use(last));
  statement.execute();
  while (statement.fetch()) {
    row.blob_offset = offset;
    row.size_bytes = size;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

Result<ObjectWritten> ObjectTable::Put(VersionRow row, const std::vector<SegmentRow>& segments,
                                       const WriteCondition& condition) {
  return Valued<ObjectWritten>([&](const Database::Work& work) { return queue_.Write(work); },
                               [&](soci::session& session) -> Result<ObjectWritten> {
                                 VersionRow now = row;
                                 auto written = PutOnTop(session, now, condition);
                                 if (!written) return written;
                                 InsertSegments(session, now.account, now.region, now.content_id,
                                                segments);
                                 return written;
                               });
}

Result<ObjectWritten> ObjectTable::Copy(VersionRow row, const VersionRow& source,
                                        const WriteCondition& condition) {
  return Valued<ObjectWritten>([&](const Database::Work& work) { return queue_.Write(work); },
                               [&](soci::session& session) -> Result<ObjectWritten> {
                                 const auto there = SelectVersion(session, source.bucket,
                                                                  source.key, source.version_id);
                                 if (!there || there->content_id != source.content_id)
                                   return NoSuchKey();
                                 VersionRow now = row;
                                 // First: the target may be the source.
                                 CopyContent(session, source.content_id, now.content_id);
                                 return PutOnTop(session, now, condition);
                               });
}

Result<ObjectDeleted> ObjectTable::Delete(VersionRow row, const WriteCondition& condition) {
  return Valued<ObjectDeleted>([&](const Database::Work& work) { return queue_.Write(work); },
                               [&](soci::session& session) -> Result<ObjectDeleted> {
                                 VersionRow now = row;
                                 const auto versioning = VersioningOf(session, now);
                                 if (!versioning) return std::unexpected(versioning.error());
                                 ObjectDeleted deleted;
                                 if (versioning->empty()) {
                                   const auto latest = SelectLatest(session, now.bucket, now.key);
                                   if (auto ok = CheckCondition(condition, latest); !ok)
                                     return std::unexpected(ok.error());
                                   if (latest) TakeAway(session, *latest, deleted.freed);
                                   return deleted;
                                 }
                                 now.delete_marker = true;
                                 now.content_id.clear();
                                 auto written = PutOnTop(session, now, condition);
                                 if (!written) return std::unexpected(written.error());
                                 return ObjectDeleted{.version_id = std::move(written->version_id),
                                                      .delete_marker = true,
                                                      .freed = std::move(written->freed)};
                               });
}

Result<ObjectDeleted> ObjectTable::DeleteVersion(const std::string& bucket, const std::string& key,
                                                 const std::string& version_id) {
  return Valued<ObjectDeleted>(
      [&](const Database::Work& work) { return queue_.Write(work); },
      [&](soci::session& session) -> Result<ObjectDeleted> {
        VersionRow named{.bucket = bucket};
        if (auto there = VersioningOf(session, named); !there) {
          return std::unexpected(there.error());
        }
        ObjectDeleted deleted{.version_id = version_id};
        if (const auto row = SelectVersion(session, bucket, key, version_id)) {
          deleted.delete_marker = row->delete_marker;
          TakeAway(session, *row, deleted.freed);
        }
        return deleted;
      });
}

Result<FreedBlobs> ObjectTable::DeleteSeen(const VersionRow& seen) {
  return Valued<FreedBlobs>(
      [&](const Database::Work& work) { return queue_.Write(work); },
      [&](soci::session& session) -> Result<FreedBlobs> {
        FreedBlobs freed;
        const auto row = SelectVersion(session, seen.bucket, seen.key, seen.version_id);
        if (row && row->version_order == seen.version_order && row->content_id == seen.content_id) {
          TakeAway(session, *row, freed);
        }
        return freed;
      });
}

Result<void> ObjectTable::PutTags(const VersionRow& row, const std::string& tags) {
  return queue_.Write([&](soci::session& session) -> Result<void> {
    const auto there = SelectVersion(session, row.bucket, row.key, row.version_id);
    if (!there) return NoSuchKey();
    const long long version_order = there->version_order;
    session << "UPDATE object_versions SET tags = :tags WHERE bucket = :bucket AND object_key = "
               ":key AND version_order = :order",
        soci::use(tags), soci::use(row.bucket), soci::use(row.key), soci::use(version_order);
    return {};
  });
}

Result<VersionRow> ObjectTable::Find(const std::string& bucket, const std::string& key,
                                     const std::string& version_id) {
  return Valued<VersionRow>([&](const Database::Work& work) { return database_.Read(work); },
                            [&](soci::session& session) -> Result<VersionRow> {
                              auto row = Select(session, bucket, key, version_id);
                              if (!row) return NoSuchKey();
                              return std::move(*row);
                            });
}

Result<ObjectTable::Whole> ObjectTable::FindWhole(const std::string& bucket, const std::string& key,
                                                  const std::string& version_id, int part_number) {
  return Valued<Whole>([&](const Database::Work& work) { return database_.Read(work); },
                       [&](soci::session& session) -> Result<Whole> {
                         auto row = Select(session, bucket, key, version_id);
                         if (!row) return NoSuchKey();
                         auto segments = SelectSegments(session, row->content_id, part_number);
                         return Whole{.row = std::move(*row), .segments = std::move(segments)};
                       });
}

Result<std::vector<SegmentRow>> ObjectTable::Segments(const std::string& content_id,
                                                      int part_number) {
  return Valued<std::vector<SegmentRow>>(
      [&](const Database::Work& work) { return database_.Read(work); },
      [&](soci::session& session) -> Result<std::vector<SegmentRow>> {
        return SelectSegments(session, content_id, part_number);
      });
}

Result<std::vector<VersionRow>> ObjectTable::List(const Scan& scan) {
  std::string where = "bucket = :bucket";
  std::vector<std::string> texts = {scan.bucket};
  if (!scan.from.empty()) {
    where += " AND object_key >= :start";
    texts.push_back(scan.from);
  } else if (!scan.after.empty() && scan.after_order != 0) {
    // The rest of that key, then what is behind it.
    where += " AND object_key >= :start AND (object_key > :again OR version_order < " +
             std::to_string(scan.after_order) + ")";
    texts.insert(texts.end(), {scan.after, scan.after});
  } else if (!scan.after.empty()) {
    where += " AND object_key > :start";
    texts.push_back(scan.after);
  }
  if (!scan.prefix.empty()) {
    where += " AND object_key >= :prefix";
    texts.push_back(scan.prefix);
    if (const std::string behind = BehindPrefix(scan.prefix); !behind.empty()) {
      where += " AND object_key < :behind";
      texts.push_back(behind);
    }
  }
  if (scan.latest) where += " AND latest = 1 AND delete_marker = 0";
  where += scan.latest ? " ORDER BY object_key" : " ORDER BY object_key, version_order DESC";
  where += " LIMIT " + std::to_string(scan.most);
  return Valued<std::vector<VersionRow>>(
      [&](const Database::Work& work) { return database_.Read(work); },
      [&](soci::session& session) -> Result<std::vector<VersionRow>> {
        std::vector<VersionRow> rows;
        SelectVersions(session, where, texts, [&](VersionRow& row) {
          rows.push_back(row);
          return true;
        });
        return rows;
      });
}

Result<bool> ObjectTable::IsNamed(const std::string& blob) {
  return Valued<bool>(
      [&](const Database::Work& work) { return database_.Read(work); },
      [&](soci::session& session) -> Result<bool> { return state::IsNamed(session, blob); });
}

}  // namespace bedplate::state
