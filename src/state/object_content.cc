#include "state/object_content.h"

#include <soci/soci.h>

namespace bedplate::state {
namespace {

void Free(soci::session& session, const std::vector<std::string>& blobs, FreedBlobs& freed) {
  for (const std::string& blob : blobs) {
    if (!IsNamed(session, blob)) freed.push_back(blob);
  }
}

}  // namespace

bool IsNamed(soci::session& session, const std::string& blob) {
  int found = 0;
  session << "SELECT 1 FROM object_segments WHERE blob = :blob LIMIT 1", soci::into(found),
      soci::use(blob);
  return session.got_data();
}

void InsertSegments(soci::session& session, const std::string& account, const std::string& region,
                    const std::string& content_id, const std::vector<SegmentRow>& segments) {
  if (segments.empty()) return;
  SegmentRow row;
  long long offset = 0;
  long long size = 0;
  soci::statement statement =
      (session.prepare << "INSERT INTO object_segments (account, region, content_id, part_number, "
                          "place, blob, blob_offset, size_bytes) VALUES (:account, :region, "
                          ":content, :part, :place, :blob, :offset, :size)",
       soci::use(account), soci::use(region), soci::use(content_id), soci::use(row.part_number),
       soci::use(row.place), soci::use(row.blob), soci::use(offset), soci::use(size));
  for (const SegmentRow& segment : segments) {
    row = segment;
    offset = segment.blob_offset;
    size = segment.size_bytes;
    statement.execute(true);
  }
}

void DeleteContent(soci::session& session, const std::string& content_id, FreedBlobs& freed) {
  if (content_id.empty()) return;
  std::vector<std::string> blobs;
  const soci::rowset<std::string> found =
      (session.prepare << "SELECT DISTINCT blob FROM object_segments WHERE content_id = :content",
       soci::use(content_id));
  for (const std::string& blob : found) blobs.push_back(blob);
  session << "DELETE FROM object_segments WHERE content_id = :content", soci::use(content_id);
  session << "DELETE FROM object_parts WHERE content_id = :content", soci::use(content_id);
  Free(session, blobs, freed);
}

void DeletePart(soci::session& session, const std::string& content_id, int part_number,
                FreedBlobs& freed) {
  std::vector<std::string> blobs;
  const soci::rowset<std::string> found =
      (session.prepare << "SELECT DISTINCT blob FROM object_segments WHERE content_id = :content "
                          "AND part_number = :part",
       soci::use(content_id), soci::use(part_number));
  for (const std::string& blob : found) blobs.push_back(blob);
  session << "DELETE FROM object_segments WHERE content_id = :content AND part_number = :part",
      soci::use(content_id), soci::use(part_number);
  session << "DELETE FROM object_parts WHERE content_id = :content AND part_number = :part",
      soci::use(content_id), soci::use(part_number);
  Free(session, blobs, freed);
}

void CopyContent(soci::session& session, const std::string& from, const std::string& to) {
  session << "INSERT INTO object_segments (account, region, content_id, part_number, place, blob, "
             "blob_offset, size_bytes) SELECT account, region, :target, part_number, place, blob, "
             "blob_offset, size_bytes FROM object_segments WHERE content_id = :source",
      soci::use(to), soci::use(from);
  session << "INSERT INTO object_parts (account, region, content_id, part_number, size_bytes, "
             "etag, checksum, modified_at_ms) SELECT account, region, :target, part_number, "
             "size_bytes, etag, checksum, modified_at_ms FROM object_parts WHERE content_id = "
             ":source",
      soci::use(to), soci::use(from);
}

}  // namespace bedplate::state
