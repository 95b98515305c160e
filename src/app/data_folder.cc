#include "app/data_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <vector>

namespace bedplate::app {
namespace {

namespace fs = std::filesystem;

// Longest name of a socket inside the runtime folder, with its slash.
constexpr size_t kSocketNameBytesMax = 48;

// Open file description locks: they end with the file description, not with the first close() of
// the process, and testing one does not take it.
int Lock(int descriptor, int command, struct flock& lock) {
  lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return fcntl(descriptor, command, &lock);
}

pid_t ReadPid(int descriptor) {
  char text[32] = {};
  const ssize_t bytes = pread(descriptor, text, sizeof(text) - 1, 0);
  pid_t pid = 0;
  if (bytes > 0) std::from_chars(text, text + bytes, pid);
  return pid;
}

}  // namespace

Result<DataFolder> DataFolder::Open(const fs::path& path) {
  const auto refuse = [&](std::string_view reason) {
    return Fail(Fault::kUnavailable,
                fmt::format("cannot use the data folder {}: {}. Choose another with --set "
                            "data.folder=<path>",
                            path.string(), reason));
  };
  std::error_code error;
  if (!fs::exists(path, error)) {
    fs::create_directories(path.parent_path(), error);
    if (error) return refuse(error.message());
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return refuse(std::strerror(errno));
  }
  if (!fs::is_directory(path, error)) return refuse("it is no folder");
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) return refuse(std::strerror(errno));
  return DataFolder(fs::canonical(path, error));
}

std::optional<pid_t> DataFolder::RunningServer() const {
  const int descriptor = open(lock().c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  struct flock found;
  found = {};
  found.l_type = F_RDLCK;
  found.l_whence = SEEK_SET;
  std::optional<pid_t> running;
  if (fcntl(descriptor, F_OFD_GETLK, &found) == 0 && found.l_type != F_UNLCK) {
    running = ReadPid(descriptor);
  }
  close(descriptor);
  return running;
}

Result<ServerLock> ServerLock::Take(const DataFolder& folder) {
  const fs::path file = folder.lock();
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return Fail(Fault::kUnavailable,
                fmt::format("cannot open {}: {}", file.string(), std::strerror(errno)));
  }
  ServerLock taken(descriptor);
  struct flock lock;
  if (Lock(descriptor, F_OFD_SETLK, lock) != 0) {
    const pid_t pid = ReadPid(descriptor);
    return Fail(Fault::kConflict,
                fmt::format("the data folder {} is in use by a running server (process {}). Stop "
                            "that one with `kill {}`, or start this one with another folder: "
                            "--set data.folder=<path>",
                            folder.path().string(), pid, pid));
  }
  const std::string pid = fmt::format("{}\n", getpid());
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return Fail(Fault::kUnavailable,
                fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
  }
  return taken;
}

ServerLock::~ServerLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

void RemoveOldPrefixes(const DataFolder& folder, WallTime oldest) {
  const auto limit = fs::file_time_type::clock::from_sys(oldest);
  std::error_code error;
  std::vector<fs::path> old;
  for (fs::recursive_directory_iterator at(folder.prefixes(), error), end; !error && at != end;
       at.increment(error)) {
    std::error_code unreadable;
    const auto used = fs::last_write_time(at->path(), unreadable);
    if (at->is_regular_file(unreadable) && used <= limit) old.push_back(at->path());
  }
  for (const fs::path& path : old) fs::remove(path, error);
}

Result<fs::path> OpenRuntimeFolder(const DataFolder& folder) {
  fs::path path = folder.path() / "run";
  std::error_code error;
  if (path.string().size() + kSocketNameBytesMax < sizeof(sockaddr_un::sun_path)) {
    fs::remove_all(path, error);  // sockets of a server that was killed
    if (mkdir(path.c_str(), 0700) == 0) return path;
    return Fail(Fault::kUnavailable,
                fmt::format("cannot make the folder {}: {}", path.string(), std::strerror(errno)));
  }
  std::string name = "/tmp/bedplate-XXXXXX";
  if (mkdtemp(name.data()) != nullptr) return fs::path(name);
  return Fail(Fault::kUnavailable,
              fmt::format("cannot make a folder below /tmp: {}", std::strerror(errno)));
}

}  // namespace bedplate::app
