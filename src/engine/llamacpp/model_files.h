// The files of one model: one, or several that were split.
#pragma once

#include <cstdint>
#include <string>

namespace bedplate::engine {

// Of the file and, when it is the first part of a split model, of all its parts together. What is
// not there counts 0.
uint64_t ModelFilesBytes(const std::string& path);

// Differs for files that hold other weights: size, time of change and a hash of 64 pieces of each,
// since fine-tuned models have one size and archives one time. Reads 4 MiB of each.
std::string FilesIdentity(const std::string& path);

}  // namespace bedplate::engine
