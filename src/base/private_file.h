// Files that hold a secret: readable by their owner alone, whole or not there.
//
// Errors: kInternal with a message for the operator, which names the file. Threads: blocking calls,
// from any thread and from several processes at once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate {

// What the file holds; nothing where there is no such file. Refused: one that others than its owner
// may read or write, one of another user, what is no file, and more than `bytes_max`.
Result<std::optional<std::string>> ReadPrivateFile(const std::filesystem::path& path,
                                                   std::size_t bytes_max);

// Makes the file, 0600, unless it exists by then; on the disk when this returns. Whether it was
// made. Its folder must exist.
Result<bool> MakePrivateFile(const std::filesystem::path& path, std::string_view text);

// The file's text, which `make` gives where there is no file yet. Of several that make it at once,
// all get the text of the first.
Result<std::string> ReadOrMakePrivateFile(const std::filesystem::path& path,
                                          const std::function<std::string()>& make,
                                          std::size_t bytes_max);

}  // namespace bedplate
