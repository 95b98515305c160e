// ImageLoop: the thread that encodes images. A thread of its own, because one image takes up to
// seconds and the answers under way shall go on meanwhile; requests take turns, image by image, and
// what nobody waits for any more is given up.
//
// What the images of requests take, waiting and encoded, is bounded together; a request that goes
// over it is refused. The rows of the last images are kept within a bound of their own, for the
// next turn of their conversations.
//
// Threads: Submit from any; `done` is called on the loop's own thread and must not block.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/byte_budget.h"
#include "base/result.h"
#include "engine/inference/counters.h"
#include "engine/inference/prompt_image.h"

namespace bedplate::engine {

using SharedRows = std::shared_ptr<const ImageRows>;

struct ImageJob {
  struct Stretch {
    TokenId id = 0;
    std::shared_ptr<const ImageChunk> chunk{};
  };
  std::vector<Stretch> stretches;
  // One for each stretch, in order; called exactly once, unless abandoned.
  std::function<void(Result<std::vector<SharedRows>>)> done;
  std::atomic<bool> abandoned = false;  // set when nobody waits any more
};

class ImageLoop {
 public:
  struct Limits {
    size_t waiting_max = 256;                // stretches that wait, of all requests
    uint64_t held_bytes_max = 256ULL << 20;  // of stretches and rows, until requests let go of them
    uint64_t kept_bytes_max = 64ULL << 20;   // of rows kept for later requests
    uint64_t bytes() const { return held_bytes_max + kept_bytes_max; }
  };

  // The arguments outlive it.
  ImageLoop(ImageEncoder& encoder, const Limits& limits, Counters& counters);
  // Fails what waits with kUnavailable.
  ~ImageLoop();

  // kUnavailable when too many images wait, or what the requests at hand hold takes too much
  // memory. What a request is given holds its part of that until the request lets go of it.
  Result<void> Submit(std::shared_ptr<ImageJob> job);

 private:
  // A stretch of one request as long as that holds it: waiting, and then its rows.
  struct Held {
    explicit Held(std::shared_ptr<ByteBudget> from) : budget(std::move(from)) {}
    const std::shared_ptr<ByteBudget> budget;
    ByteBudget::Share share{};
    SharedRows rows{};
  };
  struct Running {
    std::shared_ptr<ImageJob> job;
    std::vector<std::shared_ptr<Held>> held{};  // one for each stretch
    std::vector<SharedRows> rows{};
  };
  struct Kept {
    TokenId id;
    SharedRows rows;
  };

  void Run();
  // One stretch of the job; false when the job is over.
  bool Advance(Running& running);
  Result<SharedRows> RowsOf(const ImageJob& job, const ImageJob::Stretch& stretch);
  void Keep(TokenId id, const SharedRows& rows);

  ImageEncoder& encoder_;
  const Limits limits_;
  const std::shared_ptr<ByteBudget> budget_ = std::make_shared<ByteBudget>(limits_.held_bytes_max);
  Counters& counters_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Running> queue_;  // guarded by mutex_; the front has its turn next
  size_t waiting_ = 0;         // guarded by mutex_

  // Of the loop's thread alone.
  std::list<Kept> kept_;  // the latest first
  uint64_t kept_bytes_ = 0;

  std::thread thread_;  // last: it starts when all else is there
};

}  // namespace bedplate::engine
