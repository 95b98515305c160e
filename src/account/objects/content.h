// Content on its way in and out: what is put is sealed and summed as it comes, what is read is the
// segments of a version one behind the other.
//
// Threads: an object serves one thread at a time; calls block on the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/objects/blob_folder.h"
#include "account/objects/checksum.h"
#include "base/result.h"
#include "state/object_table.h"

namespace bedplate::account::objects {

// What a client says that its bytes are; empty where it says nothing.
struct Expected {
  std::string md5{};       // 16 bytes
  std::string checksum{};  // bytes, of the writer's algorithm
};

class ContentWriter {
 public:
  static Result<std::unique_ptr<ContentWriter>> Begin(BlobFolder& folder,
                                                      const BlobProtection& protection,
                                                      Checksum algorithm);

  Result<void> Append(std::string_view bytes);
  // BadDigest when the bytes are not what was expected. On the disk when it returns.
  Result<void> Finish(const Expected& expected);

  uint64_t size_bytes() const { return draft_->writer().size_bytes(); }
  Checksum algorithm() const { return algorithm_; }
  // After Finish.
  const std::string& md5() const { return md5_; }            // bytes
  const std::string& checksum() const { return checksum_; }  // bytes; empty without algorithm
  const std::string& kms_key_arn() const { return draft_->kms_key_arn(); }
  std::vector<state::SegmentRow> Segments(int part_number) const;
  // Rows that name it are on the disk.
  void Keep() { draft_->Keep(); }

 private:
  ContentWriter(std::unique_ptr<BlobFolder::Draft> draft, Checksum algorithm)
      : draft_(std::move(draft)),
        algorithm_(algorithm),
        md5_hasher_(MakeHasher(Checksum::kMd5)),
        hasher_(algorithm == Checksum::kMd5 ? nullptr : MakeHasher(algorithm)) {}

  std::unique_ptr<BlobFolder::Draft> draft_;
  const Checksum algorithm_;
  std::unique_ptr<Hasher> md5_hasher_;
  std::unique_ptr<Hasher> hasher_;
  std::string md5_;
  std::string checksum_;
};

class ContentReader {
 public:
  // Nothing when the version was taken away meanwhile: look for it again. `part_number` 0: all of
  // it; `segments` are its just now. What is open stays readable, whoever takes the version away.
  // `folder` outlives this.
  static Result<std::optional<std::unique_ptr<ContentReader>>> Open(
      BlobFolder& folder, state::ObjectTable& table, const std::string& content_id, int part_number,
      std::vector<state::SegmentRow> segments);
  ~ContentReader();
  ContentReader(const ContentReader&) = delete;
  ContentReader& operator=(const ContentReader&) = delete;

  uint64_t size_bytes() const { return size_bytes_; }
  // Appends the bytes [offset, offset + size), which there must be.
  Result<void> Read(std::string& out, uint64_t offset, size_t size);
  // What of the segments the bytes [offset, offset + size) are.
  std::vector<state::SegmentRow> Slice(uint64_t offset, uint64_t size) const;

 private:
  ContentReader(BlobFolder& folder, std::vector<state::SegmentRow> segments);

  BlobFolder& folder_;
  std::vector<state::SegmentRow> segments_;
  std::vector<uint64_t> begins_;  // of each segment
  uint64_t size_bytes_ = 0;
  bool pinned_ = false;
  size_t open_segment_ = 0;
  std::unique_ptr<BlobReader> open_;
};

}  // namespace bedplate::account::objects
