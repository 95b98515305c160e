// Multipart uploads: objects put in parts, and made whole by rows alone.
//
// Errors are S3's. Threads: any; calls block on the disk and the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "account/objects/local_store.h"

namespace bedplate::account::objects {

inline constexpr int kPartNumberMax = 10'000;
inline constexpr uint64_t kPartBytesMin = 5 << 20;  // of all parts but the last

// What the caller says of a part that an object is to be made of.
struct NamedPart {
  int part_number = 0;
  std::string etag{};      // without quotation marks
  std::string checksum{};  // base64; empty where it says nothing
};

class Uploads {
 public:
  // `object_bytes_max` is the setting limits.object_bytes_max. `store` outlives this.
  Uploads(LocalStore& store, uint64_t object_bytes_max)
      : store_(store), object_bytes_max_(object_bytes_max) {}

  // Of the algorithm's own type, where `type` is empty: FULL_OBJECT or COMPOSITE.
  Result<state::UploadRow> Start(PutRequest request, const Encryption& encryption,
                                 Checksum algorithm, const std::string& type);
  Result<state::UploadRow> Find(const std::string& bucket, const std::string& key,
                                const std::string& upload_id);
  // A writer for a part of it.
  Result<std::unique_ptr<ContentWriter>> BeginPart(const state::UploadRow& upload,
                                                   Checksum algorithm);
  Result<state::PartRow> PutPart(const state::UploadRow& upload, int part_number,
                                 ContentWriter& content);
  // The bytes [offset, offset + size) of another object.
  Result<state::PartRow> CopyPart(const state::UploadRow& upload, int part_number,
                                  LocalStore::Opened& source, uint64_t offset, uint64_t size);
  // MalformedXML, InvalidPart, InvalidPartOrder, EntityTooSmall, EntityTooLarge, BadDigest. An
  // upload that is complete already is that object again. `checksum`: of the whole, as the caller
  // has it, or empty.
  struct Completion {
    std::vector<NamedPart> parts{};
    std::string checksum{};
    std::string checksum_type{};
    std::optional<int64_t> size_bytes{};
    state::WriteCondition condition{};
  };
  Result<Written> Complete(const std::string& bucket, const std::string& key,
                           const std::string& upload_id, const Completion& completion);
  Result<void> Abort(const std::string& bucket, const std::string& key,
                     const std::string& upload_id);
  Result<std::vector<state::PartRow>> Parts(const std::string& content_id, int after, size_t most);

 private:
  Result<std::vector<state::PartRow>> Match(const state::UploadRow& upload,
                                            const std::vector<NamedPart>& named);
  Result<Version> Whole(const state::UploadRow& upload, const std::vector<state::PartRow>& parts,
                        const Completion& completion);

  LocalStore& store_;
  const uint64_t object_bytes_max_;
};

// kms and the key of an upload, as its parts are encrypted.
Encryption EncryptionOf(const state::UploadRow& upload);

}  // namespace bedplate::account::objects
