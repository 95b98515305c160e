// What the engine says of a GGUF file without loading it: `bedplate-engine --describe`. The server
// reads no such file itself: anyone may have made it.
//
// Threads: Describe on the reactor whose executor it is given.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "models/hosting/child_process.h"
#include "models/hosting/memory_plan.h"
#include "models/model.h"
#include "net/task.h"

namespace bedplate::models {

struct EngineDescription {
  struct Context {
    int cells = 0;               // tokens of all requests together
    uint64_t cache_bytes = 0;    // of the KV cache
    uint64_t compute_bytes = 0;  // what computing with it takes
  };
  std::string architecture;
  uint64_t parameters = 0;
  int context_length = 0;  // tokens of one request that the model was made for
  Use use = Use::kText;    // what an engine makes of it unless told otherwise
  uint64_t weights_bytes = 0;
  uint64_t overhead_bytes = 0;    // of the process itself
  std::string projector;          // what kind it is, where the model was described with one
  uint64_t projector_bytes = 0;   // what it takes
  std::vector<Context> contexts;  // never empty; the largest, which is the engine's choice, first

  uint64_t Need(const Context& context) const {
    return weights_bytes + overhead_bytes + projector_bytes + context.cache_bytes +
           context.compute_bytes;
  }
  // The ways to load it for `use`, the best first and never none: the first context alone where
  // the operator chose its size (`context_cells` > 0) or the model makes no text, as then it has to
  // take what it can; else smaller ones too, as long as a conversation fits.
  std::vector<Room> Rooms(int context_cells, Use use) const;
};

// Of a line that the engine printed. kModelError for one that is no description.
Result<EngineDescription> ReadDescription(const std::string& line);

// Runs `command`, which describes one file. kUnavailable when the program can't be started, and
// kModelError with the engine's last words when it does not describe the file within `time_max`.
net::Task<Result<EngineDescription>> Describe(boost::asio::any_io_executor executor,
                                              ChildCommand command,
                                              std::chrono::milliseconds time_max);

}  // namespace bedplate::models
