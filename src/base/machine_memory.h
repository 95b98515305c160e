// How much memory this machine, or the control group that this process is in, has.
#pragma once

#include <cstdint>
#include <filesystem>

namespace bedplate {

struct MachineMemory {
  uint64_t total_bytes = 0;      // of the machine, or of the control group where that has less
  uint64_t available_bytes = 0;  // that programs could still take, caches counted as free
};

// What cannot be read counts as none: zeros where /proc is missing. `root` is "/" but in tests.
// spec: proc(5), /proc/meminfo; Linux Documentation/admin-guide/cgroup-v2.rst, memory.max
MachineMemory ReadMachineMemory(const std::filesystem::path& root = "/");

}  // namespace bedplate
