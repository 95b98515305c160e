// One file from a hub into a folder: checked, resumed where it was cut, put in place whole.
//
// While it comes it is FILE.part, and FILE.part.json says of what; both stay when it is cut, and a
// later Download goes on behind what is there. Errors are for a person at a terminal.
// Threads: one reactor; blocks it on the disk, so it is not for a server's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/result.h"
#include "models/pull/hub_exchange.h"
#include "models/pull/hub_files.h"

namespace bedplate::models {

// Told of the bytes of the file that are there, now and then.
using OnProgress = std::function<void(uint64_t bytes)>;

// kQuota when the disk has no room, kValidation when what came is not what the hub said it is (it
// is deleted then), else HubExchange's errors. Does nothing when the file is there already with the
// checksum that the hub says: noted when it was put there, or read from the file (file_checksum.h).
net::Task<Result<void>> Download(HubExchange& hub, const HubFile& file,
                                 const std::filesystem::path& folder, const OnProgress& progress);

}  // namespace bedplate::models
