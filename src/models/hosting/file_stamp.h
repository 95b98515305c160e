// What a file is like; another size or time is another file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace bedplate::models {

struct FileStamp {
  uintmax_t bytes = 0;
  std::filesystem::file_time_type changed{};
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// Of a file that is not there: the stamp of none. Blocks on the disk.
inline FileStamp StampOf(const std::string& file) {
  std::error_code error;
  FileStamp stamp{.bytes = std::filesystem::file_size(file, error)};
  if (error) return {};
  stamp.changed = std::filesystem::last_write_time(file, error);
  return error ? FileStamp{} : stamp;
}

}  // namespace bedplate::models
