#include "engine/inference/cache_care.h"

#include <algorithm>
#include <vector>

#include "base/log.h"

namespace bedplate::engine {
namespace {

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
      if (!kept_->Save(order, decoder_)) kept_->store().Flush();
      if (wanted()) return;
    }
  }
  changed_ = false;
  if (Spread()) Compact();
}

void CacheCare::Compact() {
  const std::vector<scheduler::Stretch> layout = scheduler_.Layout();
  std::vector<std::vector<std::byte>> saved;
  saved.reserve(layout.size());
  uint64_t bytes = 0;
  const auto leave = [&] { cells_end_ = 0; };  // until the next batch says how it is
  for (const scheduler::Stretch& stretch : layout) {
    saved.push_back(decoder_.Save(stretch.holders.front(), stretch.begin, stretch.end));
    bytes += saved.back().size();
    if (saved.back().empty() || bytes > kMovedBytesMax) return leave();
  }
  decoder_.Clear();
  for (size_t i = 0; i < layout.size(); ++i) {
    const auto& [begin, end, holders] = layout[i];
    if (!decoder_.Load(saved[i], holders.front(), begin, end)) {
      log::Error("engine", "the KV cache could not be laid out anew and is empty now",
                 {{"stretch", i}, {"stretches", layout.size()}});
      decoder_.Clear();
      scheduler_.GiveUpIdle();
      return leave();
    }
    saved[i] = {};
    for (size_t holder = 1; holder < holders.size(); ++holder) {
      decoder_.CopySequence(holders.front(), holders[holder], begin, end);
    }
  }
  cells_end_ = scheduler_.GetStats().cells_used;
  ++compactions_;
}

void CacheCare::SaveAll(MonotonicTime until, const Clock& clock) {
  if (kept_ == nullptr) return;
  for (const scheduler::SaveCells& order : scheduler_.Leaves()) {
    if (clock.Monotonic() > until) return;
    while (!kept_->Save(order, decoder_)) kept_->store().Flush();
  }
}

}  // namespace bedplate::engine
