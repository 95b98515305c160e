#include "models/hosting/memory_plan.h"

#include <algorithm>

namespace bedplate::models {
namespace {

// Of `budget`, what is left of it when `taken` is gone.
uint64_t Left(uint64_t budget, uint64_t taken) { return budget - std::min(budget, taken); }

}  // namespace

MemoryPlan PlanMemory(uint64_t budget_bytes, std::span<const Holder> holders,
                      std::span<const Room> rooms) {
  uint64_t held = 0;
  uint64_t pinned = 0;
  std::vector<size_t> idle;
  for (size_t i = 0; i < holders.size(); ++i) {
    held += holders[i].bytes;
    if (holders[i].pinned) {
      pinned += holders[i].bytes;
    } else if (!holders[i].busy) {
      idle.push_back(i);
    }
  }
  const auto fits = std::ranges::find_if(
      rooms, [&](const Room& room) { return room.bytes <= Left(budget_bytes, pinned); });
  if (fits == rooms.end()) {
    const auto smallest = std::ranges::min_element(rooms, {}, &Room::bytes);
    return {.verdict = MemoryPlan::Verdict::kNever, .room = *smallest};
  }
  MemoryPlan plan{.verdict = MemoryPlan::Verdict::kEnter, .room = *fits};
  std::ranges::sort(idle, {}, [&](size_t i) { return holders[i].last_used; });
  for (const size_t i : idle) {
    if (fits->bytes <= Left(budget_bytes, held)) break;
    plan.leaving.push_back(i);
    held -= holders[i].bytes;
  }
  if (fits->bytes > Left(budget_bytes, held)) {
    plan.verdict = MemoryPlan::Verdict::kWait;
    plan.leaving.clear();  // nobody leaves for a newcomer that can't come in yet
  }
  return plan;
}

}  // namespace bedplate::models
