// ObjectTable: the versions of objects, what their content is made of, and lists of them.
//
// Keys are compared by their bytes. Blocks on the database; any thread. Errors of S3 have its names
// in Error::type: NoSuchBucket, NoSuchKey, NoSuchVersion, PreconditionFailed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/object_rows.h"

namespace bedplate::state {

class CommitQueue;
class Database;

// What the object of that key must be for a write to happen; ETags without quotation marks.
struct WriteCondition {
  std::string if_match{};      // "*": there must be one
  bool if_none_match = false;  // there must be none
  bool empty() const { return if_match.empty() && !if_none_match; }
};

struct ObjectWritten {
  std::string version_id{};  // empty in a bucket that never had versions
  FreedBlobs freed{};
};

struct ObjectDeleted {
  std::string version_id{};    // of what is gone, or of the marker that was made
  bool delete_marker = false;  // one was made, or what is gone was one
  FreedBlobs freed{};
};

class ObjectTable {
 public:
  // Both outlive the table.
  ObjectTable(Database& database, CommitQueue& queue) : database_(database), queue_(queue) {}

  // Makes `row` the latest version of its key. Account, region, order and, where the bucket keeps
  // no versions, version_id are set here.
  Result<ObjectWritten> Put(VersionRow row, const std::vector<SegmentRow>& segments,
                            const WriteCondition& condition);
  // The same with the content of another version, which must be there still.
  Result<ObjectWritten> Copy(VersionRow row, const VersionRow& source,
                             const WriteCondition& condition);
  // What S3 does when no version is named: with versions, a marker of `row` is put on top.
  Result<ObjectDeleted> Delete(VersionRow row, const WriteCondition& condition);
  // For good. Nothing happens when there is no such version.
  Result<ObjectDeleted> DeleteVersion(const std::string& bucket, const std::string& key,
                                      const std::string& version_id);
  // Takes the version away if it is still there, as it was seen.
  Result<FreedBlobs> DeleteSeen(const VersionRow& row);
  Result<void> PutTags(const VersionRow& row, const std::string& tags);

  // The latest version, which may be a delete marker, when `version_id` is empty; kNotFound.
  Result<VersionRow> Find(const std::string& bucket, const std::string& key,
                          const std::string& version_id);
  // With its segments, of one moment; those of the part alone when `part_number` is not 0.
  struct Whole {
    VersionRow row;
    std::vector<SegmentRow> segments;
  };
  Result<Whole> FindWhole(const std::string& bucket, const std::string& key,
                          const std::string& version_id, int part_number);
  // In order. Of the part alone when `part_number` is not 0.
  Result<std::vector<SegmentRow>> Segments(const std::string& content_id, int part_number);

  // Versions in order of keys, the newest of a key first, `most` at a time. `after` is a key;
  // of that key only what is older than `after_order` (0: nothing). `latest` alone: others and
  // delete markers are left out.
  struct Scan {
    std::string bucket{};
    std::string prefix{};
    std::string after{};
    int64_t after_order = 0;
    std::string
        from{};  // the first key may be this, where it is not empty; then `after` is not used
    bool latest = true;
    size_t most = 0;
  };
  Result<std::vector<VersionRow>> List(const Scan& scan);

  // Whether any segment names the blob.
  Result<bool> IsNamed(const std::string& blob);

 private:
  Database& database_;
  CommitQueue& queue_;
};

}  // namespace bedplate::state
