// Finds the running server of a data folder, from beside it.
#pragma once

#include <optional>
#include <string>

#include "app/data_folder.h"
#include "app/server_document.h"

namespace bedplate::app {

struct RunningServer {
  pid_t pid = 0;
  // Nothing while it starts: it holds the lock, but has not told where it listens.
  std::optional<ServerDocument> document{};
};

// Nothing when none runs.
std::optional<RunningServer> FindServer(const DataFolder& folder);

// Asks the server's /healthz; nothing when it answers well, else what is wrong. Blocks, at most a
// few seconds.
std::optional<std::string> AskHealth(const std::string& endpoint);

}  // namespace bedplate::app
