// CacheCare: what is done to the KV cache while nobody asks for anything. What was wanted again is
// saved; a cache of which little is in use any more is laid out anew, so that what is left lies
// together and the memory behind it goes back to the system.
//
// Threads: the inference thread alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "engine/inference/decoder.h"
#include "engine/inference/kept_prefixes.h"
#include "engine/scheduler/scheduler.h"

namespace bedplate::engine {

class CacheCare {
 public:
  // What is left in memory while it moves; a cache with more in use stays as it is.
  static constexpr uint64_t kMovedBytesMax = uint64_t{256} << 20;
  // A cache with fewer cells to win stays as it is.
  static constexpr uint32_t kCellsWonMin = 1024;

  // `kept` may be null. The arguments outlive it.
  CacheCare(Decoder& decoder, scheduler::Scheduler& scheduler, KeptPrefixes* kept,
            std::chrono::milliseconds idle_for);

  // A batch of so many rows was computed.
  void NoteBatch(size_t rows);
  // When there will be something to do, if nobody asks for anything; nothing: not until a batch.
  std::optional<std::chrono::milliseconds> DueIn() const;
  // Does it. Ends early where `wanted` says that somebody asks for something; then it is still due.
  void Work(const std::function<bool()>& wanted);
  // Saves all that the cache knows, until then.
  void SaveAll(MonotonicTime until, const Clock& clock);

  uint64_t compactions() const { return compactions_; }

 private:
  // Cells that are out of the cache for a moment.
  struct Piece {
    int32_t begin = 0;
    int32_t end = 0;
    std::vector<int32_t> holders;
    std::vector<std::byte> cells;
  };

  bool SaveWhole(const scheduler::SaveCells& order, const KeptPrefixes::SaveHow& how);
  bool Spread() const;
  bool CopyAll(std::vector<Piece>& pieces);
  void Compact();

  Decoder& decoder_;
  scheduler::Scheduler& scheduler_;
  KeptPrefixes* const kept_;
  const std::chrono::milliseconds idle_for_;
  bool changed_ = false;    // since what was wanted again was saved
  uint32_t cells_end_ = 0;  // no cell from there on was in use since the cache was laid out
  uint64_t compactions_ = 0;
};

}  // namespace bedplate::engine
