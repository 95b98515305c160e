// The file of one block: a head that says whose it is and what its contents must hash to, then the
// contents. What was torn by a crash, cut short or changed is found out when it is read.
//
// The files hold what a model made of people's texts: they are their owner's alone (0600).
// Errors: kInternal with the system's reason. Threads: any.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/prefixes/block_key.h"

namespace bedplate::engine {

using Bytes = std::vector<std::byte>;

// Appears whole under its name or not at all. Not forced to the disk: losing it costs time only.
Result<void> WriteBlockFile(const std::filesystem::path& path, const BlockKey& key,
                            std::span<const std::byte> contents);

// kNotFound where there is none, kValidation where it is not what was written for `key`.
Result<Bytes> ReadBlockFile(const std::filesystem::path& path, const BlockKey& key);

// Asks the system to have it in memory soon.
void ReadAhead(const std::filesystem::path& path);

// What a file of so many bytes of contents takes.
uint64_t BlockFileBytes(uint64_t contents_bytes);

}  // namespace bedplate::engine
