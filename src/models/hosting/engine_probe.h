// What we ask of an engine that starts, and what it tells us in its log.
//
// Threads: on the reactor of the caller.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/log.h"
#include "models/hosting/host.h"

namespace bedplate::models {

struct EngineHealth {
  bool ready = false;         // GET /health answers 200; false for every failure
  uint64_t loaded_bytes = 0;  // of the weights, while they are loaded
  uint64_t total_bytes = 0;   // 0: it did not say
};
net::Task<EngineHealth> AskHealth(net::HttpClient& client);

// Fills in what GET /v1/models tells, and says whether it told: nothing is filled in where it did
// not. What it leaves out stays as it is.
net::Task<bool> ReadFacts(ModelServer& server);

struct EngineLogLine {
  log::Level level = log::Level::kInfo;
  std::string message;
  std::string crashed_adapter{};  // by name, the one that it crashed while reading, or empty
};
// A line that is not JSON is a message of its own.
EngineLogLine ReadEngineLogLine(std::string_view line);

}  // namespace bedplate::models
