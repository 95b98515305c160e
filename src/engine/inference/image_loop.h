// ImageLoop: the thread that encodes images. A thread of its own, because one image takes up to
// seconds and the answers under way shall go on meanwhile; requests take turns, image by image, and
// what nobody waits for any more is given up.
//
// What the images of the requests at hand take, to be encoded and encoded, is bounded together;
// rows that several requests have count once. A request that goes over it waits until others let
// go of theirs, first come, first served, and nobody passes it; how many wait is bounded too. The
// rows of the last images are kept within a bound of their own, for the next turn of their
// conversations.
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
  // Set when nobody waits any more. One that waits for room leaves when room is next looked for.
  std::atomic<bool> abandoned = false;
};

class ImageLoop {
 public:
  // One request alone is taken whatever it has: the prompt's length bounds that.
  struct Limits {
    size_t encoding_max = 256;               // stretches to be encoded, of the requests at hand
    uint64_t held_bytes_max = 256ULL << 20;  // of stretches and rows, until requests let go of them
    size_t waiting_max = 256;                // requests that wait to be at hand
    uint64_t waiting_bytes_max = 128ULL << 20;  // of their stretches
    uint64_t kept_bytes_max = 64ULL << 20;      // of rows kept for later requests
    uint64_t bytes() const { return held_bytes_max + waiting_bytes_max + kept_bytes_max; }
  };

  // The arguments outlive it.
  ImageLoop(ImageEncoder& encoder, const Limits& limits, Counters& counters);
  // Fails what waits with kUnavailable.
  ~ImageLoop();

  // kUnavailable when too many requests wait, or their images take too much memory. What a request
  // is given counts as held until nobody has it any more.
  Result<void> Submit(std::shared_ptr<ImageJob> job);

 private:
  // What rows have in common with the loop, which they may outlive.
  struct Room {
    explicit Room(uint64_t bytes_max) : budget(bytes_max) {}
    ByteBudget budget;
    std::mutex mutex;
    std::condition_variable wake;  // there is something to do, or more room
  };
  // A stretch to be encoded, and then its rows, as long as any request has them.
  struct Held {
    explicit Held(std::shared_ptr<Room> from) : room(std::move(from)) {}
    ~Held();  // takes the room's mutex
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    void Set(uint64_t bytes) { room->budget.Set(share, bytes); }
    const std::shared_ptr<Room> room;
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
    std::weak_ptr<Held> held;  // where a request has them
  };

  void Run();
  // These four with the mutex.
  bool HasRoomFor(const ImageJob& job) const;
  void Take(std::shared_ptr<ImageJob> job);
  void TakeWaiting();
  void DropAbandoned();
  // One stretch of the job; false when the job is over.
  bool Advance(Running& running);
  // `held` is the stretch's until now; the rows may be held already, for another.
  Result<std::shared_ptr<Held>> RowsOf(const ImageJob& job, const ImageJob::Stretch& stretch,
                                       std::shared_ptr<Held> held);
  void Keep(TokenId id, const std::shared_ptr<Held>& held);

  ImageEncoder& encoder_;
  const Limits limits_;
  const std::shared_ptr<Room> room_ = std::make_shared<Room>(limits_.held_bytes_max);
  Counters& counters_;
  std::atomic<bool> stop_ = false;

  // Guarded by the room's mutex.
  std::deque<Running> queue_;                      // the front has its turn next
  size_t encoding_ = 0;                            // stretches of these
  std::deque<std::shared_ptr<ImageJob>> waiting_;  // for room; the front is next

  // Of the loop's thread alone.
  std::list<Kept> kept_;  // the latest first
  uint64_t kept_bytes_ = 0;

  std::thread thread_;  // last: it starts when all else is there
};

}  // namespace bedplate::engine
