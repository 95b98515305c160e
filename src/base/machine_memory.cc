#include "base/machine_memory.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace bedplate {
namespace {

namespace fs = std::filesystem;

// A file that holds one number; nothing for "max" and for what is missing.
std::optional<uint64_t> ReadNumber(const fs::path& file) {
  std::ifstream stream(file);
  uint64_t number = 0;
  if (!(stream >> number)) return std::nullopt;
  return number;
}

// The number behind `name` in a file of lines "name number".
uint64_t ReadNamed(const fs::path& file, std::string_view name) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::string word;
    uint64_t number = 0;
    if (words >> word >> number && word == name) return number;
  }
  return 0;
}

// Narrows `memory` to the limit of one control group.
void Narrow(MachineMemory& memory, std::optional<uint64_t> limit, std::optional<uint64_t> used,
            uint64_t cached) {
  if (!limit || *limit >= memory.total_bytes) return;
  memory.total_bytes = *limit;
  const uint64_t held = used ? *used - std::min(*used, cached) : 0;
  memory.available_bytes = std::min(memory.available_bytes, *limit - std::min(*limit, held));
}

// The path of this process's group in the hierarchy whose line in /proc/self/cgroup begins so.
std::string GroupPath(const fs::path& root, std::string_view begins, std::string_view contains) {
  std::ifstream stream(root / "proc/self/cgroup");
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(begins) || !line.contains(contains)) continue;
    const size_t slash = line.find(":/");
    if (slash != std::string::npos) return line.substr(slash + 2);
  }
  return {};
}

}  // namespace

MachineMemory ReadMachineMemory(const fs::path& root) {
  const fs::path meminfo = root / "proc/meminfo";
  MachineMemory memory{.total_bytes = ReadNamed(meminfo, "MemTotal:") * 1024,
                       .available_bytes = ReadNamed(meminfo, "MemAvailable:") * 1024};
  // A group is within the limits of all groups above it. In a container the file system begins at
  // the container's own group, so a path that is not there leads up to one that is.
  for (fs::path group = GroupPath(root, "0::", "");; group = group.parent_path()) {
    const fs::path folder = root / "sys/fs/cgroup" / group;
    Narrow(memory, ReadNumber(folder / "memory.max"), ReadNumber(folder / "memory.current"),
           ReadNamed(folder / "memory.stat", "file"));
    if (group.empty()) break;
  }
  for (fs::path group = GroupPath(root, "", ":memory:");; group = group.parent_path()) {
    const fs::path folder = root / "sys/fs/cgroup/memory" / group;
    Narrow(memory, ReadNumber(folder / "memory.limit_in_bytes"),
           ReadNumber(folder / "memory.usage_in_bytes"),
           ReadNamed(folder / "memory.stat", "total_cache"));
    if (group.empty()) break;
  }
  return memory;
}

}  // namespace bedplate
