#include "base/private_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/ids.h"

namespace bedplate {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  bool open() const { return number_ >= 0; }

 private:
  int number_;
};

std::unexpected<Error> FailWithErrno(std::string_view what, const std::filesystem::path& path) {
  const std::string why = std::system_category().message(errno);
  return Fail(Fault::kInternal, fmt::format("Cannot {} {}: {}", what, path.string(), why));
}

Result<void> CheckOwner(int file, const std::filesystem::path& path) {
  struct stat status{};
  if (fstat(file, &status) != 0) return FailWithErrno("read", path);
  const auto refuse = [&](std::string_view why) {
    return Fail(Fault::kInternal, fmt::format("{} {}", path.string(), why));
  };
  if (!S_ISREG(status.st_mode)) return refuse("is no file.");
  if (status.st_uid != geteuid()) return refuse("belongs to another user than the server's.");
  if ((status.st_mode & 077) != 0) {
    return refuse(fmt::format(
        "holds a secret and is open to other users (mode {:04o}). If nobody has read it, close it: "
        "chmod 600 {}",
        status.st_mode & 07777, path.string()));
  }
  return {};
}

Result<std::string> ReadAll(int file, const std::filesystem::path& path, std::size_t bytes_max) {
  std::string text(bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(file, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailWithErrno("read", path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > bytes_max) {
    return Fail(Fault::kInternal,
                fmt::format("{} is larger than {} bytes.", path.string(), bytes_max));
  }
  text.resize(size);
  return text;
}

Result<void> WriteDraft(const std::filesystem::path& path, std::string_view text) {
  const Descriptor draft(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!draft.open()) return FailWithErrno("make", path);
  while (!text.empty()) {
    const ssize_t wrote = write(draft.number(), text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return FailWithErrno("write", path);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (fsync(draft.number()) != 0) return FailWithErrno("write", path);
  return {};
}

Result<void> SyncFolder(const std::filesystem::path& file) {
  std::filesystem::path path = file.parent_path();
  if (path.empty()) path = ".";
  const Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.open() || fsync(folder.number()) != 0) return FailWithErrno("write", path);
  return {};
}

}  // namespace

Result<std::optional<std::string>> ReadPrivateFile(const std::filesystem::path& path,
                                                   std::size_t bytes_max) {
  // Not to wait for a pipe's writer where somebody put a pipe.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open() && errno == ENOENT) return std::nullopt;
  if (!file.open()) return FailWithErrno("read", path);
  if (auto ours = CheckOwner(file.number(), path); !ours) return std::unexpected(ours.error());
  auto text = ReadAll(file.number(), path, bytes_max);
  if (!text) return std::unexpected(std::move(text.error()));
  return std::optional(std::move(*text));
}

Result<bool> MakePrivateFile(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::path draft = path;
  draft += "." + NewRandomText(8, "0123456789");
  if (auto written = WriteDraft(draft, text); !written) {
    unlink(draft.c_str());
    return std::unexpected(std::move(written.error()));
  }
  // link, not rename: it fails where another process was faster, whose secret is in use already.
  const bool made = link(draft.c_str(), path.c_str()) == 0;
  Result<bool> result = made;
  if (!made && errno != EEXIST) result = FailWithErrno("make", path);
  unlink(draft.c_str());
  if (!result) return result;
  if (auto synced = SyncFolder(path); !synced) return std::unexpected(std::move(synced.error()));
  return result;
}

Result<std::string> ReadOrMakePrivateFile(const std::filesystem::path& path,
                                          const std::function<std::string()>& make,
                                          std::size_t bytes_max) {
  auto text = ReadPrivateFile(path, bytes_max);
  if (text && !*text) {
    if (auto made = MakePrivateFile(path, make()); !made) return std::unexpected(made.error());
    text = ReadPrivateFile(path, bytes_max);
  }
  if (!text) return std::unexpected(std::move(text.error()));
  if (!*text) return Fail(Fault::kInternal, path.string() + " was removed while it was read.");
  return std::move(**text);
}

}  // namespace bedplate
