#include "state/commit_queue.h"

#include <soci/soci.h>

#include <utility>

namespace bedplate::state {

Result<void> CommitQueue::Write(const Database::Work& work) {
  Waiting mine{.work = &work};
  std::unique_lock lock(mutex_);
  queue_.push_back(&mine);
  while (!mine.done) {
    if (committing_) {
      wake_.wait(lock);
      continue;
    }
    // The first to come commits for all that came meanwhile.
    committing_ = true;
    const std::vector<Waiting*> together = std::exchange(queue_, {});
    lock.unlock();
    Commit(together);
    lock.lock();
    committing_ = false;
    for (Waiting* const waiting : together) waiting->done = true;
    wake_.notify_all();
  }
  return std::move(mine.result);
}

void CommitQueue::Commit(const std::vector<Waiting*>& together) {
  if (together.size() > 1) {
    const auto committed = database_.Write([&](soci::session& session) -> Result<void> {
      for (Waiting* const waiting : together) {
        session << "SAVEPOINT one_of_many";
        waiting->result = (*waiting->work)(session);
        if (!waiting->result) session << "ROLLBACK TO SAVEPOINT one_of_many";
        session << "RELEASE SAVEPOINT one_of_many";
      }
      return {};
    });
    if (committed) return;
  }
  for (Waiting* const waiting : together) waiting->result = database_.Write(*waiting->work);
}

}  // namespace bedplate::state
