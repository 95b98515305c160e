#include "engine/prefixes/block_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace bedplate::engine {
namespace {

// The version of what follows is part of it.
constexpr std::array<char, 8> kMagic = {'B', 'P', 'P', 'R', 'E', 'F', 'X', '1'};
constexpr uint64_t kContentsBytesMax = uint64_t{1} << 32;

struct Head {
  std::array<char, 8> magic;
  uint64_t contents_bytes;
  std::array<unsigned char, 16> hash;  // XXH3 of the contents, in its canonical order
  BlockKey key;
};
static_assert(sizeof(Head) == 64);

Head HeadOf(const BlockKey& key, std::span<const std::byte> contents) {
  Head head{.magic = kMagic, .contents_bytes = contents.size(), .hash = {}, .key = key};
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(contents.data(), contents.size()));
  std::memcpy(head.hash.data(), canonical.digest, head.hash.size());
  return head;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

std::unexpected<Error> SystemFailure(std::string_view what) {
  const int code = errno;
  return Fail(code == ENOENT ? Fault::kNotFound : Fault::kInternal,
              std::string(what) + ": " + std::strerror(code));
}

bool WriteAll(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return true;
}

// False at the end of the file too.
bool ReadAll(int descriptor, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = read(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return true;
}

// Of this process alone, so that two engines of one folder do not write into one file.
std::filesystem::path PartOf(const std::filesystem::path& path) {
  static std::atomic<uint64_t> number = 0;
  std::filesystem::path part = path;
  part += "." + std::to_string(getpid()) + "-" + std::to_string(++number) + ".part";
  return part;
}

}  // namespace

Result<void> WriteBlockFile(const std::filesystem::path& path, const BlockKey& key,
                            std::span<const std::byte> contents) {
  const std::filesystem::path part = PartOf(path);
  unlink(part.c_str());  // of a process of this number that was killed
  const Descriptor file(
      open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.number() < 0) return SystemFailure("a block's file cannot be made");
  const Head head = HeadOf(key, contents);
  if (!WriteAll(file.number(), std::as_bytes(std::span(&head, 1))) ||
      !WriteAll(file.number(), contents) || rename(part.c_str(), path.c_str()) != 0) {
    auto failure = SystemFailure("a block's file cannot be written");
    unlink(part.c_str());
    return failure;
  }
  return {};
}

Result<Bytes> ReadBlockFile(const std::filesystem::path& path, const BlockKey& key) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.number() < 0) return SystemFailure("a block's file cannot be opened");
  const auto spoilt = [](std::string_view why) {
    return Fail(Fault::kValidation, "a block's file " + std::string(why));
  };
  struct stat status = {};
  if (fstat(file.number(), &status) != 0) return SystemFailure("a block's file cannot be read");
  Head head;
  if (!ReadAll(file.number(), std::as_writable_bytes(std::span(&head, 1)))) {
    return spoilt("is too short");
  }
  if (head.magic != kMagic) return spoilt("is of another form");
  if (head.key != key) return spoilt("is of another block");
  // Before memory is asked for.
  if (head.contents_bytes > kContentsBytesMax ||
      static_cast<uint64_t>(status.st_size) != BlockFileBytes(head.contents_bytes)) {
    return spoilt("has another length than it says");
  }
  Bytes contents(head.contents_bytes);
  if (!ReadAll(file.number(), contents)) return spoilt("is too short");
  if (HeadOf(key, contents).hash != head.hash) return spoilt("has other contents than it says");
  return contents;
}

void ReadAhead(const std::filesystem::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.number() >= 0) posix_fadvise(file.number(), 0, 0, POSIX_FADV_WILLNEED);
}

uint64_t BlockFileBytes(uint64_t contents_bytes) { return sizeof(Head) + contents_bytes; }

}  // namespace bedplate::engine
