// ModelMemory: the memory that all loaded models of this server share. A model comes in before its
// engine is started, and leaves when that has ended; where there is no room for it, models that
// nobody uses are unloaded, those not used for longest first. Newcomers come in one after the other
// in the order of their asking, so that a large one is not passed over for ever.
//
// Units: bytes. Threads: any; a Resident is called on the reactor that says it.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "models/hosting/memory_plan.h"
#include "net/task.h"

namespace bedplate::models {

// A model as its memory is concerned. Outlives ModelMemory.
class Resident {
 public:
  virtual ~Resident() = default;
  virtual const std::string& model_id() const = 0;
  // Whether anyone waits for it to come in. On the reactor that called Enter.
  virtual bool IsWanted() const = 0;
  // Told what it waits for, which names other models and is for the operator alone. On the reactor
  // that called Enter.
  virtual void WaitsFor(std::string reason) = 0;
  // Requests under way; nothing while it is being loaded. Any thread.
  virtual int Users() const = 0;
  virtual bool IsLoading() const = 0;
  virtual bool IsPinned() const = 0;
  virtual MonotonicTime LastUsed() const = 0;
  // Unloads it unless someone uses it; whether it is gone. Any reactor.
  virtual net::Task<bool> MakeWay(std::string_view for_whom) = 0;
};

class ModelMemory {
 public:
  // 0: no bound, and nobody has to ask.
  explicit ModelMemory(uint64_t budget_bytes) : budget_bytes_(budget_bytes) {}

  bool bounded() const { return budget_bytes_ > 0; }
  uint64_t budget_bytes() const { return budget_bytes_; }

  // Waits until there is room for `resident` as one of `rooms` (see PlanMemory), which it then
  // holds. kModelError, with a message for the caller, when it can't fit; kUnavailable when nobody
  // wants it any more.
  net::Task<Result<Room>> Enter(Resident& resident, std::vector<Room> rooms);
  // Whether Enter could let it in, as it is or when others have left.
  bool MayEnter(const Resident& resident, const std::vector<Room>& rooms) const;
  void Leave(const Resident& resident);
  // What its process was measured to take, where that is more than it came in with.
  void Correct(const Resident& resident, uint64_t bytes);
  // What all hold together.
  uint64_t HeldByAll() const;
  // What it holds; 0 when it is not in.
  uint64_t HeldBy(const Resident& resident) const;

 private:
  struct Entry {
    Resident* resident;
    uint64_t bytes;
  };
  // Without what `newcomer` holds.
  MemoryPlan Plan(const Resident& newcomer, const std::vector<Room>& rooms,
                  std::vector<Resident*>& leaving) const;
  std::string Refusal(const Resident& resident, const Room& room) const;
  std::string Reason(const Resident& resident, const Room& room) const;

  const uint64_t budget_bytes_;
  mutable std::mutex mutex_;  // guards what follows; never taken on the data path
  std::vector<Entry> entries_;
  std::list<const Resident*> queue_;
};

// "1.4 GiB", for messages.
std::string ShowMemory(uint64_t bytes);

}  // namespace bedplate::models
