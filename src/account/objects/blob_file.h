// Blobs: bytes on the disk that nobody changes, sealed in frames (frames.h) behind the head that
// holds their key (blob_keys.h).
//
// Errors: InsufficientStorage (507) when the disk is full; kInternal for what is damaged. Threads:
// an object serves one thread at a time; calls block on the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "account/objects/blob_keys.h"
#include "account/objects/frames.h"
#include "base/result.h"

namespace bedplate::account::objects {

class BlobWriter {
 public:
  // Makes the file, which must not exist.
  static Result<std::unique_ptr<BlobWriter>> Create(const std::filesystem::path& path,
                                                    std::string_view blob, const NewBlobKey& key);
  ~BlobWriter();
  BlobWriter(const BlobWriter&) = delete;
  BlobWriter& operator=(const BlobWriter&) = delete;

  Result<void> Append(std::string_view bytes);
  // Seals the end. The bytes and the name of the file are on the disk when it returns.
  Result<void> Finish();
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  BlobWriter(std::filesystem::path path, int descriptor, std::string_view key,
             std::string_view blob)
      : path_(std::move(path)), descriptor_(descriptor), cipher_(key, blob, true) {}
  Result<void> Flush();

  const std::filesystem::path path_;
  int descriptor_;
  FrameCipher cipher_;
  uint64_t frame_ = 0;
  uint64_t size_bytes_ = 0;
  std::string plain_;   // of the frame that is not full yet
  std::string sealed_;  // not written yet
};

class BlobReader {
 public:
  // kNotFound when there is no such file.
  static Result<std::unique_ptr<BlobReader>> Open(const std::filesystem::path& path,
                                                  std::string_view blob, const BlobKeys& keys);
  ~BlobReader();
  BlobReader(const BlobReader&) = delete;
  BlobReader& operator=(const BlobReader&) = delete;

  uint64_t size_bytes() const { return size_bytes_; }
  // Appends the bytes [offset, offset + size), which the blob must have.
  Result<void> Read(std::string& out, uint64_t offset, size_t size);

 private:
  BlobReader(int descriptor, size_t head_bytes, uint64_t frames, uint64_t size_bytes,
             std::string_view key, std::string_view blob)
      : descriptor_(descriptor),
        head_bytes_(head_bytes),
        frames_(frames),
        size_bytes_(size_bytes),
        cipher_(key, blob, false) {}

  int descriptor_;
  const size_t head_bytes_;
  const uint64_t frames_;
  const uint64_t size_bytes_;
  FrameCipher cipher_;
};

}  // namespace bedplate::account::objects
