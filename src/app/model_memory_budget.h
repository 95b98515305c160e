// How much memory the models of a server may take together.
#pragma once

#include <cstdint>

#include "base/settings.h"

namespace bedplate::app {

// models.memory_bytes_max, or four fifths of what the machine has for programs now. Reads /proc.
uint64_t MemoryForModels(const Settings& settings);

}  // namespace bedplate::app
