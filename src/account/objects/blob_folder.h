// The folder of blobs: their names, those being written, and the removal of what nobody needs.
//
//   <folder>/store.key   the store key        <folder>/blobs/ab/ab12...   a blob
//
// Names of files are random; nothing of a bucket or key is ever in a path.
//
// Errors: as blob_file.h. Threads: any; calls block on the disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "account/objects/blob_file.h"
#include "account/objects/blob_keys.h"
#include "base/result.h"

namespace bedplate::account::objects {

class BlobFolder {
 public:
  // A blob on its way: its file goes when this does, unless it was kept.
  class Draft {
   public:
    ~Draft();
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    const std::string& blob() const { return blob_; }
    const std::string& kms_key_arn() const { return kms_key_arn_; }
    BlobWriter& writer() { return *writer_; }
    // Rows that name it are on the disk.
    void Keep() { kept_ = true; }

   private:
    friend class BlobFolder;
    Draft(BlobFolder& folder, std::string blob) : folder_(folder), blob_(std::move(blob)) {}

    BlobFolder& folder_;
    const std::string blob_;
    std::string kms_key_arn_;
    std::unique_ptr<BlobWriter> writer_;
    bool kept_ = false;
  };

  // Makes the folder when it is missing. `keys` and what it stands on outlive this.
  static Result<std::unique_ptr<BlobFolder>> Open(std::filesystem::path folder, BlobKeys keys);
  ~BlobFolder();  // when all is removed that was asked for

  // This outlives the draft.
  Result<std::unique_ptr<Draft>> Create(const BlobProtection& protection);
  // kNotFound when it is gone.
  Result<std::unique_ptr<BlobReader>> OpenBlob(const std::string& blob) const;
  // Those who have them open go on reading; the files of those that are pinned stay until they are
  // not.
  void Remove(const std::vector<std::string>& blobs);
  // The same on a thread of its own, so that nobody waits for the disk to let go of what was put
  // over; at once where too much waits already. What a killed process leaves, Sweep takes.
  void RemoveSoon(std::vector<std::string> blobs);
  // Keeps the file however often it is removed, until as many Unpin.
  void Pin(const std::string& blob);
  void Unpin(const std::string& blob);

  // Removes the files that nobody writes and that `is_named` says no row names; how many.
  Result<size_t> Sweep(const std::function<Result<bool>(const std::string&)>& is_named);

  bool has_kms() const { return keys_.has_kms(); }

 private:
  BlobFolder(std::filesystem::path folder, BlobKeys keys)
      : folder_(std::move(folder)), keys_(std::move(keys)) {}
  std::filesystem::path PathOf(const std::string& blob) const;
  bool IsHeld(const std::string& blob) const;
  void Unlink(const std::string& blob) const;
  void RemoveThem();

  const std::filesystem::path folder_;
  const BlobKeys keys_;
  mutable std::mutex mutex_;
  std::unordered_set<std::string> drafts_;
  struct Pins {
    int count = 0;
    bool removed = false;
  };
  std::unordered_map<std::string, Pins> pins_;

  std::mutex remover_mutex_;
  std::condition_variable remover_wake_;
  std::vector<std::string> to_remove_;
  bool ending_ = false;
  std::thread remover_;  // from the first RemoveSoon on
};

}  // namespace bedplate::account::objects
