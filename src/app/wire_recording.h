// Recording and replaying, where `bedplate serve` was told to do one of them.
//
// Threads: made and destroyed by main; the detour is used on all reactors.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "gateway/recording/recorder.h"
#include "gateway/recording/replayer.h"
#include "net/blocking_pool.h"
#include "wire/detour.h"
#include "wire/dispatcher.h"

namespace bedplate::app {

// Folders; at most one of them is not empty.
struct RecordingChoice {
  std::string record;
  std::string replay;

  bool replays() const { return !replay.empty(); }
};

class RecordingParts {
 public:
  // Reads the folder. Fails with a message for the user that names the file. Blocks.
  static Result<RecordingParts> Open(const RecordingChoice& choice);

  // What is to answer what it takes; `next` where nothing was chosen. `pool`,
  // `dispatcher` and `next` outlive this. Called once.
  const wire::Detour* Over(net::BlockingPool& pool, const wire::Dispatcher& dispatcher,
                           const wire::Detour* next);

 private:
  std::unique_ptr<gateway::RecordingFolder> folder_;
  std::unique_ptr<wire::Detour> detour_;
};

}  // namespace bedplate::app
