// LocalStore: the objects of this server's own buckets, in its data folder.
//
// What was acknowledged is whole on the disk; what was not is never seen. Two writers to one key:
// the one whose row came last wins, whole. Who may do what is decided before.
//
// Errors are S3's. Threads: any; calls block on the disk and the database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/objects/attributes.h"
#include "account/objects/buckets.h"
#include "account/objects/content.h"
#include "account/objects/listing.h"
#include "base/clock.h"
#include "base/result.h"
#include "state/commit_queue.h"
#include "state/object_table.h"
#include "state/upload_table.h"

namespace bedplate::account::objects {

using Version = state::VersionRow;

// How an object is to be encrypted.
struct Encryption {
  bool kms = false;
  std::string kms_key{};  // as the caller names it; empty with kms: AWS's own key
  std::string context{};  // canonical JSON of further context; empty for none
  std::map<std::string, std::string> pairs{};  // the same, read
};

struct PutRequest {
  std::string bucket{};
  std::string key{};
  Attributes attributes{};
  Tags tags{};
  state::WriteCondition condition{};
};

struct Written {
  std::string version_id{};  // empty in a bucket that never had versions
  Version version{};
};

class LocalStore {
 public:
  static constexpr uint64_t kCopyBytesMax = 5ull << 30;

  struct Options {
    std::filesystem::path folder;          // is made when it is missing
    std::string region;                    // of the server
    keys::Envelopes* envelopes = nullptr;  // null: no SSE-KMS
  };
  // All outlive this.
  static Result<std::unique_ptr<LocalStore>> Open(Options options, state::Database& database,
                                                  Buckets& buckets, const Clock& clock);

  Buckets& buckets() { return buckets_; }
  bool has_kms() const { return folder_->has_kms(); }

  // A writer for content of `key`, which is nobody's before it is put. NoSuchBucket.
  Result<std::unique_ptr<ContentWriter>> Begin(const std::string& bucket, const std::string& key,
                                               const Encryption& encryption, Checksum algorithm);
  // Makes finished content the latest version of its key.
  Result<Written> Put(PutRequest request, ContentWriter& content);

  // The latest version (it may be a delete marker), or the one named. NoSuchBucket, NoSuchKey,
  // NoSuchVersion.
  Result<Version> Find(const std::string& bucket, const std::string& key,
                       const std::string& version_id);
  // The same, of objects alone: for delete markers NoSuchKey, or MethodNotAllowed where one is
  // named.
  Result<Version> FindObject(const std::string& bucket, const std::string& key,
                             const std::string& version_id);
  struct Opened {
    Version version;
    std::unique_ptr<ContentReader> content;
  };
  // The content of what FindObject gives.
  Result<Opened> Open(const std::string& bucket, const std::string& key,
                      const std::string& version_id, int part_number = 0);

  Result<state::ObjectDeleted> Delete(const std::string& bucket, const std::string& key,
                                      const std::string& version_id,
                                      const state::WriteCondition& condition = {});
  Result<void> PutTags(const Version& version, const Tags& tags);

  // What the request says about the new version; `source` gives the content, and what `algorithm`
  // says that it must have as checksum (kNone: what the source has).
  Result<Written> Copy(const Version& source, PutRequest request, const Encryption& encryption,
                       Checksum algorithm);

  Result<ListPage<Version>> List(const ListRequest& request, bool versions);
  Result<ListPage<state::UploadRow>> ListUploads(const ListRequest& request);

  // Removes files that nobody needs: what a killed process left.
  Result<size_t> Sweep();

  // For uploads.h and lifecycle.h.
  BlobFolder& folder() { return *folder_; }
  state::ObjectTable& table() { return table_; }
  state::UploadTable& uploads() { return uploads_; }
  int64_t NowMs() const;
  Version VersionOf(PutRequest request) const;

 private:
  LocalStore(std::unique_ptr<BlobFolder> folder, state::Database& database, Buckets& buckets,
             const Clock& clock)
      : folder_(std::move(folder)),
        queue_(database),
        table_(database, queue_),
        uploads_(database, queue_),
        buckets_(buckets),
        clock_(clock) {}
  Result<Written> Rewrite(const Version& source, PutRequest request, const Encryption& encryption,
                          Checksum algorithm);

  std::unique_ptr<BlobFolder> folder_;
  state::CommitQueue queue_;
  state::ObjectTable table_;
  state::UploadTable uploads_;
  Buckets& buckets_;
  const Clock& clock_;
};

// "AES256" or "aws:kms", as versions and uploads have it.
std::string_view NameOf(const Encryption& encryption);
// A name that nobody can guess, for versions and uploads: 32 letters and digits.
std::string NewVersionId();

// Reads `source` whole, a piece at a time, into `take`.
Result<void> Pour(ContentReader& source, uint64_t offset, uint64_t size,
                  const std::function<Result<void>(std::string_view)>& take);

}  // namespace bedplate::account::objects
