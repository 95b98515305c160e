// The data folder: where everything that the server keeps lies, and who may use it.
//
//   bedplate.db        the database            credentials.json   the root credentials
//   models/            weights                 server.lock        held by the running server
//   run/               sockets of engines      server.json        what the running server tells
//   objects/           what lies in buckets
//   prefixes/          what engines keep of prompts, a folder for each model
//   root.key           what the material of keys is sealed under
//
// Threads: plain values and blocking calls; used by main.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace bedplate::app {

class DataFolder {
 public:
  // Makes the folder, for its owner alone, when it is missing. Fails with a message for the user.
  static Result<DataFolder> Open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return path_ / "bedplate.db"; }
  std::filesystem::path lock() const { return path_ / "server.lock"; }
  std::filesystem::path server_document() const { return path_ / "server.json"; }
  std::filesystem::path objects() const { return path_ / "objects"; }
  std::filesystem::path prefixes() const { return path_ / "prefixes"; }

  // The process that serves from this folder now.
  std::optional<pid_t> RunningServer() const;

 private:
  explicit DataFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

// Held by the one server of a data folder; the kernel gives it back however the process ends.
class ServerLock {
 public:
  // kConflict when another server runs; the message names it and the ways out.
  static Result<ServerLock> Take(const DataFolder& folder);
  ~ServerLock();
  ServerLock(ServerLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ServerLock& operator=(ServerLock&&) = delete;

 private:
  explicit ServerLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

// Removes what engines kept of prompts and nobody used since `oldest`: also of models that are no
// more, whose engines would never do it. What cannot be removed stays.
void RemoveOldPrefixes(const DataFolder& folder, WallTime oldest);

// A folder for the Unix sockets of engines whose path is short enough for the kernel: run/ inside
// the data folder, or a fresh one below /tmp when that is too deep. Emptied when the server starts.
Result<std::filesystem::path> OpenRuntimeFolder(const DataFolder& folder);

}  // namespace bedplate::app
