// How much memory a process of this machine holds now.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace bedplate {

struct ProcessMemory {
  uint64_t resident_bytes = 0;   // all of it in RAM now, pages of weight files included
  uint64_t anonymous_bytes = 0;  // the part that is no file's: what the process itself allocated
};

// Nothing when there is no such process, or it belongs to another user.
std::optional<ProcessMemory> ReadProcessMemory(pid_t pid);

}  // namespace bedplate
