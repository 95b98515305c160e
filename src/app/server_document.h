// What a running server tells about itself in <data.folder>/server.json, for the command line
// beside it: `bedplate status`, `env` and `models`. Written whole and swapped in, so a reader never
// sees half of one; it is only true while the server's lock is held (DataFolder::RunningServer).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json/value.h"
#include "base/result.h"
#include "runtime/usage_ledger.h"

namespace bedplate::app {

// A model that is a LoRA adapter in the engine of another.
struct AdapterLine {
  std::string model_id;
  std::string error;  // why it can't be used, or empty
  friend bool operator==(const AdapterLine&, const AdapterLine&) = default;
};

struct EngineLine {
  std::string model_id;
  std::string state;  // "stopped", "waiting", "starting", "ready", "failed"
  pid_t pid = 0;      // 0 when no process runs
  std::string error;  // why it failed last, or empty
  bool pinned = false;
  uint64_t held_bytes = 0;    // of the memory for models
  uint64_t loaded_bytes = 0;  // of its weights, while it starts
  uint64_t total_bytes = 0;   // of them; 0 where it is not known
  std::vector<AdapterLine> adapters{};
  friend bool operator==(const EngineLine&, const EngineLine&) = default;
};

struct ServerDocument {
  std::string version;
  pid_t pid = 0;
  std::string endpoint;              // "http://127.0.0.1:4600"
  std::string region;                // that requests must be signed for
  int64_t started_at_ms = 0;         // since the Unix epoch
  int64_t models_revision = 0;       // of the added models that the server knows now
  uint64_t memory_budget_bytes = 0;  // for all models together
  std::vector<EngineLine> engines;
  std::vector<runtime::UsageLine> usage;  // restarts included
  friend bool operator==(const ServerDocument&, const ServerDocument&) = default;
};

// As `bedplate status --json` has them too.
json::Value ToJson(const std::vector<AdapterLine>& adapters);

Result<void> WriteServerDocument(const std::filesystem::path& file, const ServerDocument& document);
// kNotFound when there is none, kInternal when it cannot be understood.
Result<ServerDocument> ReadServerDocument(const std::filesystem::path& file);

}  // namespace bedplate::app
