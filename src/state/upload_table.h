// UploadTable: multipart uploads and their parts.
//
// Blocks on the database; any thread. Errors of S3 have its names in Error::type: NoSuchUpload,
// NoSuchBucket, PreconditionFailed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/object_rows.h"
#include "state/object_table.h"

namespace bedplate::state {

class UploadTable {
 public:
  // Both outlive the table.
  UploadTable(Database& database, CommitQueue& queue) : database_(database), queue_(queue) {}

  // Account and region are set here.
  Result<void> Insert(UploadRow row);
  // kNotFound when it is not of that bucket and key.
  Result<UploadRow> Find(const std::string& bucket, const std::string& key,
                         const std::string& upload_id);
  // Takes the place of an earlier part of that number.
  Result<FreedBlobs> PutPart(const UploadRow& upload, const PartRow& part,
                             const std::vector<SegmentRow>& segments);
  // The same with segments of blobs that other content names; NoSuchKey when nothing names one of
  // them any more.
  Result<FreedBlobs> PutShared(const UploadRow& upload, const PartRow& part,
                               const std::vector<SegmentRow>& segments);
  // In order of their numbers, at most `most` above `after`.
  Result<std::vector<PartRow>> Parts(const std::string& upload_id, int after, size_t most);
  // Makes the upload the latest version of its key, of the parts named alone. `parts` must be what
  // the upload has still, else kConflict: somebody put one again.
  Result<ObjectWritten> Complete(const UploadRow& upload, VersionRow row,
                                 const std::vector<PartRow>& parts,
                                 const WriteCondition& condition);
  // The version that an upload became, where it is complete; kNotFound.
  Result<VersionRow> FindComplete(const std::string& bucket, const std::string& key,
                                  const std::string& upload_id);
  Result<FreedBlobs> Abort(const std::string& bucket, const std::string& key,
                           const std::string& upload_id);

  // Uploads in order of keys, then ids, behind (after_key, after_id); after_id may be empty: behind
  // all of that key. The first key may be `from`, where it is not empty; then the two are not used.
  struct Scan {
    std::string bucket{};
    std::string prefix{};
    std::string after_key{};
    std::string after_id{};
    std::string from{};
    size_t most = 0;
  };
  Result<std::vector<UploadRow>> List(const Scan& scan);
  // Those begun before, of all buckets that have any.
  Result<std::vector<UploadRow>> BegunBefore(const std::string& bucket, int64_t before_ms,
                                             size_t most);

 private:
  Result<FreedBlobs> Put(const UploadRow& upload, const PartRow& part,
                         const std::vector<SegmentRow>& segments, bool shared);

  Database& database_;
  CommitQueue& queue_;
};

}  // namespace bedplate::state
