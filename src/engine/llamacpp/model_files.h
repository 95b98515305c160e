// The files of one model: one, or several that were split.
#pragma once

#include <cstdint>
#include <string>

namespace bedplate::engine {

// Of the file and, when it is the first part of a split model, of all its parts together. What is
// not there counts 0.
uint64_t ModelFilesBytes(const std::string& path);

}  // namespace bedplate::engine
