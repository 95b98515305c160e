// The folder that recordings are kept in: one file for each request. Every *.json in it is a
// recording, and others are let be, so that a README may lie beside them. A file is never there by
// half: it is written beside its place, made durable and then moved there.
//
// Errors: kValidation and kUnavailable with a message for the operator that names the file.
// Threads: Add from any; blocks on the disk.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/recording/recording.h"

namespace bedplate::gateway {

struct StoredRecording {
  std::string file{};  // its name in the folder
  Recording recording{};
};

// Reads all of a folder; fails at the first file that is none, or that is the second of a request.
Result<std::vector<StoredRecording>> ReadRecordings(const std::filesystem::path& folder);

// Where a recorder puts what it hears.
class RecordingFolder {
 public:
  // Makes the folder where it is not there, and reads what lies in it.
  static Result<std::unique_ptr<RecordingFolder>> Open(const std::filesystem::path& folder);

  // Keeps an answer. The first to a request since Open takes the place of those that were recorded
  // before, later ones come behind it.
  Result<void> Add(const RecordedRequest& request, RecordedAnswer answer);

 private:
  explicit RecordingFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  struct Place {
    std::string file{};
    size_t added = 0;  // answers since Open
  };
  Result<void> AddAt(Place& place, const RecordedRequest& request, RecordedAnswer answer) const;

  const std::filesystem::path folder_;
  std::mutex mutex_;                     // guards places_ and the files
  std::map<std::string, Place> places_;  // by key
};

}  // namespace bedplate::gateway
