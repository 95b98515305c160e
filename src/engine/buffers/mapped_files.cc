#include "engine/buffers/mapped_files.h"

#include <sys/mman.h>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace bedplate::engine {
namespace {

constexpr const char* kMaps = "/proc/self/maps";

struct Mapping {
  uintptr_t begin = 0;
  uintptr_t end = 0;
};

// One line is "begin-end perms offset device inode path"; only a file has a path that begins so.
std::optional<Mapping> ReadOnlySharedFile(std::string_view line) {
  Mapping mapping;
  const char* const last = line.data() + line.size();
  auto at = std::from_chars(line.data(), last, mapping.begin, 16);
  if (at.ec != std::errc() || at.ptr == last || *at.ptr != '-') return std::nullopt;
  at = std::from_chars(at.ptr + 1, last, mapping.end, 16);
  if (at.ec != std::errc()) return std::nullopt;
  const std::string_view rest(at.ptr, last);
  if (!rest.starts_with(" r--s ") || !rest.contains(" /")) return std::nullopt;
  return mapping;
}

}  // namespace

Result<void> ReleaseMappedFiles() {
  std::ifstream maps(kMaps);
  for (std::string line; std::getline(maps, line);) {
    const auto mapping = ReadOnlySharedFile(line);
    if (!mapping) continue;
    // Private pages would lose what was written to them; these have never been written to.
    madvise(reinterpret_cast<void*>(mapping->begin), mapping->end - mapping->begin, MADV_DONTNEED);
  }
  if (!maps.eof()) return Fail(Fault::kUnavailable, std::string(kMaps) + " cannot be read");
  return {};
}

}  // namespace bedplate::engine
