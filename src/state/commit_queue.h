// CommitQueue: writes that wait at the same time are committed together, so that they share the one
// wait for the disk that each would have alone.
//
// Blocks on the database; any thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "state/database.h"

namespace bedplate::state {

class CommitQueue {
 public:
  // `database` outlives this.
  explicit CommitQueue(Database& database) : database_(database) {}
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  // As Database::Write, also in what a failure of `work` undoes: itself alone. `work` may be run
  // again, when one it was to share a commit with broke the transaction.
  Result<void> Write(const Database::Work& work);

 private:
  struct Waiting {
    const Database::Work* work;
    Result<void> result{};
    bool done = false;
  };
  void Commit(const std::vector<Waiting*>& together);

  Database& database_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Waiting*> queue_;
  bool committing_ = false;
};

}  // namespace bedplate::state
