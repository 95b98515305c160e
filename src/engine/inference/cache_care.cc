#include "engine/inference/cache_care.h"

#include <algorithm>
#include <vector>

#include "base/log.h"

namespace bedplate::engine {
namespace {

constexpr int32_t kPieceCells = 64;
// How often old prefixes are looked for.
constexpr std::chrono::minutes kLookEvery{1};
// llama.cpp looks for free cells from the last ones it took on, and from the first cell again when
// it is as many rows past those in use.
constexpr uint32_t kRowsAhead = 3;

}  // namespace

CacheCare::CacheCare(Decoder& decoder, scheduler::Scheduler& scheduler, KeptPrefixes* kept,
                     std::chrono::milliseconds idle_for)
    : decoder_(decoder), scheduler_(scheduler), kept_(kept), idle_for_(idle_for) {}

void CacheCare::NoteBatch(size_t rows) {
  changed_ = true;
  const uint32_t used = scheduler_.GetStats().cells_used;
  cells_end_ = std::max(cells_end_, used + kRowsAhead * static_cast<uint32_t>(rows));
}

std::optional<std::chrono::milliseconds> CacheCare::DueIn() const {
  if (changed_) return idle_for_;
  if (scheduler_.GetStats().cells_idle > 0) return kLookEvery;
  return std::nullopt;
}

bool CacheCare::Spread() const {
  const uint32_t used = scheduler_.GetStats().cells_used;
  return cells_end_ >= 2 * used + kCellsWonMin;
}

void CacheCare::Work(const std::function<bool()>& wanted) {
  if (kept_ != nullptr && changed_) {
    for (const scheduler::SaveCells& order : scheduler_.Leaves(1)) {
      if (!SaveWhole(order, {.stop = wanted})) return;
    }
  }
  changed_ = false;
  if (Spread()) Compact();
}

// False where it was stopped.
bool CacheCare::SaveWhole(const scheduler::SaveCells& order, const KeptPrefixes::SaveHow& how) {
  for (;;) {
    switch (kept_->Save(order, decoder_, how)) {
      case KeptPrefixes::Saved::kAll:
        return !how.stop();
      case KeptPrefixes::Saved::kStopped:
        return false;
      case KeptPrefixes::Saved::kLater:
        kept_->store().Flush(how.stop);
        if (how.stop()) return false;
    }
  }
}

// In pieces, so that one long text is not copied only to find that it is too much.
bool CacheCare::CopyAll(std::vector<Piece>& pieces) {
  uint64_t bytes = 0;
  for (const scheduler::Stretch& stretch : scheduler_.Layout()) {
    for (int32_t begin = stretch.begin; begin < stretch.end; begin += kPieceCells) {
      const int32_t end = std::min(stretch.end, begin + kPieceCells);
      pieces.push_back(
          {begin, end, stretch.holders, decoder_.Save(stretch.holders.front(), begin, end)});
      bytes += pieces.back().cells.size();
      if (pieces.back().cells.empty() || bytes > kMovedBytesMax) return false;
    }
  }
  return true;
}

void CacheCare::Compact() {
  std::vector<Piece> pieces;
  if (!CopyAll(pieces)) {
    cells_end_ = 0;  // until the next batch says how it is
    return;
  }
  decoder_.Clear();
  for (Piece& piece : pieces) {
    const int32_t first = piece.holders.front();
    if (!decoder_.Load(piece.cells, first, piece.begin, piece.end)) {
      log::Error("engine", "the KV cache could not be laid out anew and is empty now",
                 {{"pieces", pieces.size()}, {"from", piece.begin}});
      decoder_.Clear();
      scheduler_.GiveUpIdle();
      cells_end_ = 0;
      return;
    }
    piece.cells = {};
    for (size_t i = 1; i < piece.holders.size(); ++i) {
      decoder_.CopySequence(first, piece.holders[i], piece.begin, piece.end);
    }
  }
  cells_end_ = scheduler_.GetStats().cells_used;
  ++compactions_;
}

// What was wanted again first, and nothing that is worth less in its place.
void CacheCare::SaveAll(MonotonicTime until, const Clock& clock) {
  if (kept_ == nullptr) return;
  const auto late = [&] { return clock.Monotonic() > until; };
  bool behind_last = false;
  for (const scheduler::SaveCells& order : scheduler_.Leaves(1)) {
    if (!SaveWhole(order, {.stop = late, .behind_last = behind_last})) return;
    behind_last = true;
  }
  for (const scheduler::SaveCells& order : scheduler_.Leaves()) {
    const KeptPrefixes::SaveHow how{
        .stop = late, .into_free_room = true, .behind_last = behind_last};
    if (!SaveWhole(order, how)) return;
  }
}

}  // namespace bedplate::engine
