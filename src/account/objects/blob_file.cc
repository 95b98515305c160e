#include "account/objects/blob_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace bedplate::account::objects {
namespace {

constexpr size_t kWriteBytes = 4 * kSealedFrameBytes;

std::unexpected<Error> CannotWrite(const std::filesystem::path& path) {
  const int why = errno;
  log::Error("objects", "a file of an object cannot be written",
             {{"path", path.string()}, {"reason", std::strerror(why)}});
  if (why == ENOSPC || why == EDQUOT || why == EFBIG) {
    return std::unexpected(Error{.fault = Fault::kUnavailable,
                                 .message = "The server's disk is full",
                                 .type = "InsufficientStorage",
                                 .status = 507});
  }
  return Fail(Fault::kInternal, "The server cannot write the object");
}

std::unexpected<Error> CannotRead(std::string_view blob, std::string_view why) {
  log::Error("objects", "a file of an object cannot be read", {{"blob", blob}, {"reason", why}});
  return Fail(Fault::kInternal, "The object is damaged on the server's disk");
}

// Up to `size` bytes; fewer at the end of the file. False with errno set.
bool ReadAt(int descriptor, std::string& out, uint64_t offset, size_t size) {
  bool good = true;
  // No zeroes first, which would take as long as reading does. The size that libstdc++ 12 hands on
  // may be a greater one.
  out.resize_and_overwrite(size, [&](char* bytes, size_t) {
    size_t done = 0;
    while (done < size) {
      const ssize_t got =
          pread(descriptor, bytes + done, size - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      good = got >= 0;
      if (got <= 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  });
  return good;
}

bool SyncFolder(const std::filesystem::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = fsync(descriptor) == 0;
  close(descriptor);
  return synced;
}

}  // namespace

Result<std::unique_ptr<BlobWriter>> BlobWriter::Create(const std::filesystem::path& path,
                                                       std::string_view blob,
                                                       const NewBlobKey& key) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return CannotWrite(path);
  std::unique_ptr<BlobWriter> writer(new BlobWriter(path, descriptor, key.plain.bytes(), blob));
  writer->sealed_ = key.head.ToBytes();
  return writer;
}

BlobWriter::~BlobWriter() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<void> BlobWriter::Append(std::string_view bytes) {
  size_bytes_ += bytes.size();
  while (!bytes.empty()) {
    const bool whole = plain_.empty() && bytes.size() > kFrameBytes;
    // A full frame is sealed only when more comes: the last one is another.
    if (whole || plain_.size() == kFrameBytes) {
      cipher_.Seal(sealed_, frame_++, false, whole ? bytes.substr(0, kFrameBytes) : plain_);
      if (whole) bytes.remove_prefix(kFrameBytes);
      plain_.clear();
      if (sealed_.size() >= kWriteBytes) {
        if (auto written = Flush(); !written) return written;
      }
      continue;
    }
    const size_t taken = std::min(bytes.size(), kFrameBytes - plain_.size());
    plain_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
  }
  return {};
}

Result<void> BlobWriter::Flush() {
  std::string_view rest = sealed_;
  while (!rest.empty()) {
    const ssize_t written = write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return CannotWrite(path_);
    rest.remove_prefix(static_cast<size_t>(written));
  }
  // The disk begins now, so that little is left to wait for at the end. Advice: Finish finds out
  // what did not work.
  if (sealed_.size() >= kWriteBytes) sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
  sealed_.clear();
  return {};
}

Result<void> BlobWriter::Finish() {
  cipher_.Seal(sealed_, frame_, true, plain_);
  if (auto written = Flush(); !written) return written;
  if (fsync(descriptor_) != 0) return CannotWrite(path_);
  if (close(std::exchange(descriptor_, -1)) != 0) return CannotWrite(path_);
  if (!SyncFolder(path_.parent_path())) return CannotWrite(path_);
  return {};
}

Result<std::unique_ptr<BlobReader>> BlobReader::Open(const std::filesystem::path& path,
                                                     std::string_view blob, const BlobKeys& keys) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) {
    return Fail(Fault::kNotFound, "The content is gone");
  }
  if (descriptor < 0) return CannotRead(blob, std::strerror(errno));
  const auto refuse = [&](Error error) -> std::unexpected<Error> {
    close(descriptor);
    return std::unexpected(std::move(error));
  };
  struct stat facts{};
  std::string begin;
  if (fstat(descriptor, &facts) != 0 ||
      !ReadAt(descriptor, begin, 0,
              std::min<size_t>(BlobHead::kBytesMax, static_cast<size_t>(facts.st_size)))) {
    return refuse(CannotRead(blob, std::strerror(errno)).error());
  }
  const auto head = BlobHead::Read(begin);
  if (!head) return refuse(CannotRead(blob, head.error().message).error());
  const uint64_t sealed = static_cast<uint64_t>(facts.st_size) - head->second;
  const uint64_t frames = (sealed + kSealedFrameBytes - 1) / kSealedFrameBytes;
  // Of more frames than one none is empty.
  const uint64_t last = frames == 0 ? 0 : sealed - (frames - 1) * kSealedFrameBytes;
  if (last < kFrameTagBytes + (frames > 1 ? 1 : 0)) {
    return refuse(CannotRead(blob, "its last frame is cut").error());
  }
  const auto key = keys.OpenKey(blob, head->first);
  if (!key) return refuse(key.error());
  return std::unique_ptr<BlobReader>(new BlobReader(
      descriptor, head->second, frames, sealed - frames * kFrameTagBytes, key->bytes(), blob));
}

BlobReader::~BlobReader() { close(descriptor_); }

Result<void> BlobReader::Read(std::string& out, uint64_t offset, size_t size) {
  if (offset > size_bytes_ || size > size_bytes_ - offset) {
    return CannotRead("", "it is shorter than its rows say");
  }
  std::string sealed;
  out.reserve(out.size() + size);
  while (size > 0 || (size_bytes_ == 0 && frames_ == 1)) {
    const uint64_t number = offset / kFrameBytes;
    const uint64_t left = size_bytes_ - number * kFrameBytes;
    if (!ReadAt(descriptor_, sealed, head_bytes_ + number * kSealedFrameBytes,
                std::min<uint64_t>(left, kFrameBytes) + kFrameTagBytes)) {
      return CannotRead("", std::strerror(errno));
    }
    const size_t skip = offset % kFrameBytes;
    const size_t before = out.size();
    if (!cipher_.Open(out, number, number + 1 == frames_, sealed)) {
      return CannotRead("", "a frame was changed");
    }
    if (size_bytes_ == 0) break;
    const size_t got = out.size() - before;
    const size_t taken = std::min(size, got - std::min(skip, got));
    if (taken == 0) return CannotRead("", "a frame is shorter than the others");
    if (skip > 0) out.erase(before, skip);
    out.resize(before + taken);
    offset += taken;
    size -= taken;
  }
  return {};
}

}  // namespace bedplate::account::objects
