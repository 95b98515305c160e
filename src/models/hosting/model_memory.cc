#include "models/hosting/model_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "net/reactors.h"

namespace bedplate::models {
namespace {

// How soon a newcomer sees that a busy model has finished its requests.
constexpr std::chrono::milliseconds kLookAgain{20};

std::string DoingWhat(const Resident& resident) {
  if (resident.IsPinned()) return "pinned";
  if (resident.IsLoading()) return "being loaded";
  return fmt::format("answering {} requests", resident.Users());
}

}  // namespace

std::string ShowMemory(uint64_t bytes) {
  constexpr double kMiB = 1 << 20;
  const double mib = static_cast<double>(bytes) / kMiB;
  return mib < 1024 ? fmt::format("{:.0f} MiB", mib) : fmt::format("{:.1f} GiB", mib / 1024);
}

net::Task<Result<Room>> ModelMemory::Enter(Resident& resident, std::vector<Room> rooms) {
  struct Turn {
    Turn(ModelMemory& of, const Resident* who) : memory(of) {
      const std::lock_guard lock(memory.mutex_);
      place = memory.queue_.insert(memory.queue_.end(), who);
    }
    ~Turn() {
      const std::lock_guard lock(memory.mutex_);
      memory.queue_.erase(place);
    }
    bool IsFirst() const {
      const std::lock_guard lock(memory.mutex_);
      return memory.queue_.begin() == place;
    }
    ModelMemory& memory;
    std::list<const Resident*>::iterator place;
  } const turn(*this, &resident);

  for (;;) {
    if (!turn.IsFirst()) {
      resident.WaitsFor("other models wait for memory before it");
    } else {
      std::vector<Resident*> leaving;
      const MemoryPlan plan = Plan(resident, rooms, leaving);
      if (plan.verdict == MemoryPlan::Verdict::kNever) {
        co_return Fail(Fault::kModelError, Refusal(resident, plan.room));
      }
      if (plan.verdict == MemoryPlan::Verdict::kEnter && leaving.empty()) {
        const std::lock_guard lock(mutex_);
        entries_.push_back({.resident = &resident, .bytes = plan.room.bytes});
        co_return plan.room;
      }
      bool all_left = !leaving.empty();
      for (Resident* leaver : leaving) {
        all_left = co_await leaver->MakeWay(resident.model_id()) && all_left;
      }
      if (all_left) continue;
      resident.WaitsFor(Reason(resident, plan.room));
    }
    // Where there is room it comes in, though those who asked may have gone: they will ask again.
    if (!resident.IsWanted()) co_return Fail(Fault::kUnavailable, "nobody wants the model now");
    co_await net::SleepFor(kLookAgain);
  }
}

bool ModelMemory::MayEnter(const Resident& resident, const std::vector<Room>& rooms) const {
  std::vector<Resident*> leaving;
  return Plan(resident, rooms, leaving).verdict != MemoryPlan::Verdict::kNever;
}

MemoryPlan ModelMemory::Plan(const Resident& newcomer, const std::vector<Room>& rooms,
                             std::vector<Resident*>& leaving) const {
  const std::lock_guard lock(mutex_);
  std::vector<Holder> holders;
  std::vector<Resident*> residents;
  holders.reserve(entries_.size());
  residents.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    if (entry.resident == &newcomer) continue;
    residents.push_back(entry.resident);
    holders.push_back({.bytes = entry.bytes,
                       .pinned = entry.resident->IsPinned(),
                       .busy = entry.resident->IsLoading() || entry.resident->Users() > 0,
                       .last_used = entry.resident->LastUsed()});
  }
  MemoryPlan plan = PlanMemory(budget_bytes_, holders, rooms);
  for (const size_t i : plan.leaving) leaving.push_back(residents[i]);
  return plan;
}

std::string ModelMemory::Refusal(const Resident& resident, const Room& room) const {
  uint64_t pinned = 0;
  {
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) pinned += entry.resident->IsPinned() ? entry.bytes : 0;
  }
  std::string text = fmt::format(
      "The model {} does not fit into the memory for models: it needs {} with a context of {} "
      "tokens, and the budget is {}",
      resident.model_id(), ShowMemory(room.bytes), room.context_cells, ShowMemory(budget_bytes_));
  if (pinned > 0) text += fmt::format(", of which pinned models hold {}", ShowMemory(pinned));
  return text + ". The settings are models.memory_bytes_max and engine.context_cells.";
}

std::string ModelMemory::Reason(const Resident& resident, const Room& room) const {
  const std::lock_guard lock(mutex_);
  std::string holders;
  for (const Entry& entry : entries_) {
    holders += fmt::format("{}{} ({}, {})", holders.empty() ? "" : ", ", entry.resident->model_id(),
                           ShowMemory(entry.bytes), DoingWhat(*entry.resident));
  }
  return fmt::format("{} needs {} of the {} for models, which are held by {}", resident.model_id(),
                     ShowMemory(room.bytes), ShowMemory(budget_bytes_), holders);
}

void ModelMemory::Leave(const Resident& resident) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const Entry& entry) { return entry.resident == &resident; });
}

void ModelMemory::Correct(const Resident& resident, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.resident == &resident) entry.bytes = std::max(entry.bytes, bytes);
  }
}

uint64_t ModelMemory::HeldByAll() const {
  const std::lock_guard lock(mutex_);
  uint64_t held = 0;
  for (const Entry& entry : entries_) held += entry.bytes;
  return held;
}

uint64_t ModelMemory::HeldBy(const Resident& resident) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(entries_, &resident, &Entry::resident);
  return found == entries_.end() ? 0 : found->bytes;
}

}  // namespace bedplate::models
