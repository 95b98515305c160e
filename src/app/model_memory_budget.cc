#include "app/model_memory_budget.h"

#include "base/machine_memory.h"

namespace bedplate::app {

uint64_t MemoryForModels(const Settings& settings) {
  if (settings.models.memory_bytes_max > 0) {
    return static_cast<uint64_t>(settings.models.memory_bytes_max);
  }
  // The rest is for the server itself, for the cache of files, and for what others will want.
  return ReadMachineMemory().available_bytes / 5 * 4;
}

}  // namespace bedplate::app
