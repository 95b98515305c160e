#include "models/pull/download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/json/value.h"
#include "models/pull/file_checksum.h"
#include "net/reactors.h"

namespace bedplate::models {
namespace {

namespace fs = std::filesystem;

constexpr int kTriesMax = 5;  // in a row without a byte
constexpr std::chrono::milliseconds kPause{200};

std::unexpected<Error> DiskTrouble(const fs::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return Fail(full ? Fault::kQuota : Fault::kUnavailable,
              fmt::format("cannot write {}: {}{}", path.string(), std::strerror(error),
                          full ? ". What has come is kept: pull again when there is room" : ""));
}

// The part of a file that has come.
class Part {
 public:
  Part(const HubFile& file, const fs::path& folder)
      : file_(file),
        final_(folder / file.name),
        path_(final_.string() + ".part"),
        note_(path_.string() + ".json") {}
  ~Part() { Close(); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  const fs::path& path() const { return path_; }
  uint64_t bytes() const { return bytes_; }
  const std::string& etag() const { return etag_; }

  // Takes up what an earlier pull of the same file left.
  Result<void> Open() {
    do {
      Close();
      descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
      if (descriptor_ < 0) return DiskTrouble(path_, errno);
      if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        return Fail(Fault::kConflict, fmt::format("{} is being pulled already", file_.name));
      }
    } while (!IsAtItsPath());
    if (!NoteIsOfThisFile() && ftruncate(descriptor_, 0) != 0) return DiskTrouble(path_, errno);
    std::array<char, 1 << 16> buffer{};
    ssize_t size = 0;
    while ((size = read(descriptor_, buffer.data(), buffer.size())) > 0) {
      sha256_.Add(std::string_view(buffer.data(), static_cast<size_t>(size)));
      bytes_ += static_cast<uint64_t>(size);
    }
    if (size < 0) return DiskTrouble(path_, errno);
    if (bytes_ > file_.bytes) {
      if (auto anew = StartAnew(); !anew) return anew;
    }
    return WriteNote();
  }

  Result<void> StartAnew() {
    if (ftruncate(descriptor_, 0) != 0 || lseek(descriptor_, 0, SEEK_SET) != 0) {
      return DiskTrouble(path_, errno);
    }
    sha256_ = Sha256();
    bytes_ = 0;
    return {};
  }

  Result<void> SetEtag(std::string etag) {
    if (etag == etag_) return {};
    etag_ = std::move(etag);
    return WriteNote();
  }

  Result<void> Append(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
      if (written < 0) return DiskTrouble(path_, errno);
      const auto size = static_cast<size_t>(written);
      sha256_.Add(bytes.substr(0, size));
      bytes_ += size;
      bytes.remove_prefix(size);
    }
    return {};
  }

  // Checks it and puts it in place; deletes what is not what the hub said.
  Result<void> Finish() {
    std::error_code ignored;
    const std::string sha256 = sha256_.Hex();
    if (sha256 != file_.sha256) {
      fs::remove(path_, ignored);
      fs::remove(note_, ignored);
      Close();
      return Fail(Fault::kValidation,
                  fmt::format("{} is not what the hub says it is: its SHA-256 is {} and should be "
                              "{}. It was deleted.",
                              file_.name, sha256, file_.sha256));
    }
    if (fsync(descriptor_) != 0) return DiskTrouble(path_, errno);
    ForgetChecksum(final_);
    // Still locked: nobody may go on writing what is in place now.
    if (rename(path_.c_str(), final_.c_str()) != 0) return DiskTrouble(final_, errno);
    NoteChecksum(final_, sha256);
    fs::remove(note_, ignored);
    Close();
    return {};
  }

 private:
  void Close() {
    if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
  }

  // Not where another pull put the file in its place between our opening and our locking it.
  bool IsAtItsPath() const {
    struct stat ours{};
    struct stat there{};
    return fstat(descriptor_, &ours) == 0 && stat(path_.c_str(), &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
  }

  bool NoteIsOfThisFile() {
    std::ifstream stream(note_, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(stream)), {});
    const auto note = json::Value::Parse(text);
    const json::Value* sha256 = note ? note->Find("sha256") : nullptr;
    const json::Value* etag = note ? note->Find("etag") : nullptr;
    if (sha256 == nullptr || !sha256->is_string() || *sha256->AsString() != file_.sha256) {
      return false;
    }
    if (etag != nullptr && etag->is_string()) etag_ = *etag->AsString();
    return true;
  }

  Result<void> WriteNote() {
    json::Value note;
    note.Set("sha256", file_.sha256);
    note.Set("etag", etag_);
    std::ofstream stream(note_, std::ios::binary | std::ios::trunc);
    if (!(stream << note.ToJson() << '\n' << std::flush)) return DiskTrouble(note_, errno);
    return {};
  }

  const HubFile& file_;
  const fs::path final_;
  const fs::path path_;
  const fs::path note_;
  int descriptor_ = -1;
  uint64_t bytes_ = 0;
  std::string etag_;
  Sha256 sha256_;
};

Result<void> CheckRoom(const fs::path& folder, const HubFile& file, uint64_t there) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error || space.available >= file.bytes - there) return {};
  return Fail(Fault::kQuota,
              fmt::format("{} needs {} bytes more in {}, which has room for {}", file.name,
                          file.bytes - there, folder.string(), space.available));
}

// Only a strong validator proves that the rest belongs to what is there.
bool IsStrong(std::string_view etag) { return !etag.empty() && !etag.starts_with("W/"); }

// Whether `response` goes on at byte `offset`: "bytes OFFSET-...".
bool GoesOnAt(const net::ClientResponse& response, uint64_t offset) {
  const auto range = response.headers.Find("content-range");
  return response.status == 206 && range && range->starts_with(fmt::format("bytes {}-", offset));
}

// One exchange; what comes is in `part` whether or not all comes. kUnavailable for what may go
// better the next time.
net::Task<Result<void>> Fetch(HubExchange& hub, const HubFile& file, Part& part,
                              const OnProgress& progress) {
  net::Headers headers;
  headers.Add("accept-encoding", "identity");
  const uint64_t offset = part.bytes();
  if (offset > 0) {
    headers.Add("range", fmt::format("bytes={}-", offset));
    // Without one the checksum at the end decides.
    if (IsStrong(part.etag())) headers.Add("if-range", part.etag());
  }
  auto response = co_await hub.Get(file.target, std::move(headers));
  if (!response) co_return std::unexpected(std::move(response.error()));
  if (response->status == 416 || (response->status == 206 && !GoesOnAt(*response, offset))) {
    if (auto anew = part.StartAnew(); !anew) co_return anew;
    co_return Fail(Fault::kUnavailable, "the hub can't go on where the download was cut");
  }
  if (response->status != 200 && response->status != 206) {
    co_return std::unexpected(HubRefusal(response->status, file.target, false));
  }
  // The whole file: the server knows no ranges, or the file has changed.
  if (response->status == 200 && offset > 0) {
    if (auto anew = part.StartAnew(); !anew) co_return anew;
  }
  if (const auto etag = response->headers.Find("etag")) {
    if (auto noted = part.SetEtag(std::string(*etag)); !noted) co_return noted;
  }
  while (true) {
    auto bytes = co_await response->body->Next();
    if (!bytes) {
      // However it was cut, the next try goes on from here.
      co_return Fail(Fault::kUnavailable, std::move(bytes.error().message));
    }
    if (bytes->empty()) break;
    if (part.bytes() + bytes->size() > file.bytes) {
      co_return Fail(
          Fault::kValidation,
          fmt::format("{} is longer than the {} bytes that the hub said", file.name, file.bytes));
    }
    if (auto kept = part.Append(*bytes); !kept) co_return kept;
    progress(part.bytes());
  }
  if (part.bytes() == file.bytes) co_return Result<void>();
  co_return Fail(Fault::kUnavailable, "the hub ended the file too early");
}

}  // namespace

net::Task<Result<void>> Download(HubExchange& hub, const HubFile& file, const fs::path& folder,
                                 const OnProgress& progress) {
  const fs::path path = folder / file.name;
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  if (IsThere(path, file.bytes, file.sha256)) co_return Result<void>();
  Part part(file, folder);
  if (auto opened = part.Open(); !opened) co_return opened;
  if (auto room = CheckRoom(folder, file, part.bytes()); !room) co_return room;
  for (int tries = 0; part.bytes() < file.bytes;) {
    const uint64_t before = part.bytes();
    auto fetched = co_await Fetch(hub, file, part, progress);
    if (fetched) break;
    tries = part.bytes() > before ? 1 : tries + 1;
    const bool hopeless = fetched.error().fault != Fault::kUnavailable &&
                          fetched.error().fault != Fault::kModelTimeout;
    if (hopeless || tries >= kTriesMax) {
      fetched.error().message +=
          fmt::format(" ({} of {} bytes of {} are kept)", part.bytes(), file.bytes, file.name);
      co_return fetched;
    }
    co_await net::SleepFor(kPause * tries);
  }
  co_return part.Finish();
}

}  // namespace bedplate::models
