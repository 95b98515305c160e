// The rows of buckets' objects: versions, their content, uploads and parts.
//
// Plain values. Times are milliseconds since the Unix epoch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bedplate::state {

struct VersionRow {
  std::string account{};  // the bucket's
  std::string region{};
  std::string bucket{};
  std::string key{};
  int64_t version_order = 0;
  std::string version_id{};
  bool latest = true;
  bool delete_marker = false;
  std::string content_id{};  // empty for a delete marker
  int64_t size_bytes = 0;
  std::string etag{};
  int64_t modified_at_ms = 0;
  std::string attributes{};
  std::string tags{};
  std::string checksum_algorithm{};
  std::string checksum_type{};
  std::string checksum{};
  int parts = 0;
  std::string encryption{};
  std::string kms_key{};
};

struct SegmentRow {
  int part_number = 1;
  int place = 0;
  std::string blob{};
  int64_t blob_offset = 0;
  int64_t size_bytes = 0;
};

struct PartRow {
  int part_number = 0;
  int64_t size_bytes = 0;
  std::string etag{};
  std::string checksum{};
  int64_t modified_at_ms = 0;
};

struct UploadRow {
  std::string account{};
  std::string region{};
  std::string bucket{};
  std::string key{};
  std::string upload_id{};
  int64_t started_at_ms = 0;
  std::string attributes{};
  std::string tags{};
  std::string checksum_algorithm{};
  std::string checksum_type{};
  std::string encryption{};
  std::string kms_key{};
};

// Files that no row names any more; to be removed once the transaction is on the disk.
using FreedBlobs = std::vector<std::string>;

}  // namespace bedplate::state
