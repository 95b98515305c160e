#include "base/process_memory.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <string>

namespace bedplate {

std::optional<ProcessMemory> ReadProcessMemory(pid_t pid) {
  // spec: proc(5), /proc/pid/status: sizes are in kB, which are KiB.
  std::ifstream stream(fmt::format("/proc/{}/status", pid));
  if (!stream) return std::nullopt;
  ProcessMemory memory;
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::string name;
    uint64_t kib = 0;
    if (!(words >> name >> kib)) continue;
    if (name == "VmRSS:") memory.resident_bytes = kib * 1024;
    if (name == "RssAnon:") memory.anonymous_bytes = kib * 1024;
  }
  if (memory.resident_bytes == 0) return std::nullopt;  // a zombie
  return memory;
}

}  // namespace bedplate
