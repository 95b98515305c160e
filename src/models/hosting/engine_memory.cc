// The part of EngineHost that concerns memory: finding room, giving it up, being idle.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/log.h"
#include "base/process_memory.h"
#include "models/hosting/engine_host.h"

namespace bedplate::models {

// Decides on the adapters and takes room for them; again where others are wanted after the wait.
// Whether the model is in.
net::Task<bool> EngineHost::Enter() {
  for (;;) {
    TakeAdapters();
    if (!co_await TakeRoom()) co_return false;
    if (stopping_ || taken_set_ == adapter_set_.load()) co_return true;
    memory_.Leave(*this);
  }
}

// Whether the model is in; else the state says what became of it.
net::Task<bool> EngineHost::TakeRoom() {
  if (!memory_.bounded()) co_return true;
  const auto room = co_await FindRoom();
  const bool waited = !waits_for_.empty();
  waits_for_.clear();
  if (room) {
    if (waited) SetState(State::kStarting, "");
    // What was measured with another context says nothing of this one.
    if (room->context_cells != room_.context_cells) measured_bytes_.store(0);
    room_ = *room;
    co_return true;
  }
  if (stopping_) co_return false;
  if (room.error().fault == Fault::kUnavailable) {  // nobody wants it any more
    SetState(State::kStopped, "");
    co_return false;
  }
  crashes_in_a_row_ = 0;
  killed_ = false;
  not_before_ = clock_.Monotonic() + options_.restart_pause_min;
  SetState(State::kFailed, room.error().message);
  co_return false;
}

net::Task<Result<Room>> EngineHost::FindRoom() {
  failure_.clear();
  if (auto learned = co_await LearnNeed(); !learned) {
    const bool no_engine = learned.error().fault == Fault::kUnavailable;
    log::Error("models",
               no_engine ? "the engine can't be started" : "the model could not be loaded",
               {{"model", model_id_}, {"error", learned.error().message}});
    learned.error().fault = Fault::kModelError;
    co_return std::unexpected(std::move(learned.error()));
  }
  auto room = co_await memory_.Enter(*this, Rooms());
  // Rather without an adapter than not at all.
  while (!room && room.error().fault == Fault::kModelError &&
         LeaveOutAdapter(room.error().message)) {
    room = co_await memory_.Enter(*this, Rooms());
  }
  const int wished = Rooms().front().context_cells;
  if (!room && room.error().fault == Fault::kModelError) {
    failure_ = room.error().message;
    log::Error("models", "the model does not fit", {{"model", model_id_}, {"error", failure_}});
  } else if (room && room->context_cells < wished) {
    log::Warning("models", "the context is smaller than suits the model, to fit into the memory",
                 {{"model", model_id_},
                  {"context_cells", room->context_cells},
                  {"suits", wished},
                  {"setting", "models.memory_bytes_max"}});
  }
  co_return room;
}

// The ways to load the file as it was described, with its adapters and `more_bytes`.
std::vector<Room> EngineHost::Rooms(uint64_t more_bytes) const {
  std::vector<Room> rooms = description_->Rooms(options_.context_cells, use_);
  // What the process took before, where that was more than it should: so it will again.
  const uint64_t measured = measured_bytes_.load();
  const auto before = std::ranges::find(rooms, room_.context_cells, &Room::context_cells);
  if (before != rooms.end() && measured > before->bytes) {
    const uint64_t more = measured - before->bytes;
    for (Room& room : rooms) room.bytes += more;
  }
  for (Room& room : rooms) room.bytes += AdapterBytes() + more_bytes;
  return rooms;
}

// Whether the engine may come in with an adapter that it was started without for want of memory.
bool EngineHost::MayHaveRoomFor(const EngineAdapter& adapter, const FileStamp& file) const {
  const bool is_there = std::ranges::any_of(taken_adapters_, [&](const TakenAdapter& taken) {
    return taken.adapter.file == adapter.file;
  });
  return description_ && memory_.MayEnter(*this, Rooms(is_there ? 0 : file.bytes));
}

// Has the file described, unless it was.
net::Task<Result<void>> EngineHost::LearnNeed() {
  std::vector<FileStamp> stamps;
  for (const std::string* file : {&weights_.file, &weights_.projector, &weights_.draft}) {
    if (file->empty()) continue;
    stamps.push_back(StampOf(*file));
    if (stamps.back() == FileStamp()) {
      co_return Fail(Fault::kModelError, fmt::format("there is no file {}", *file));
    }
  }
  if (description_ && stamps == described_files_) co_return Result<void>();
  room_ = {};
  measured_bytes_.store(0);
  auto description = co_await Describe(
      executor_, DescribeCommand(options_, options_.context_cells, weights_, use_),
      options_.describe_max);
  if (!description) co_return std::unexpected(std::move(description.error()));
  description_ = std::move(*description);
  described_files_ = std::move(stamps);
  co_return Result<void>();
}

void EngineHost::WaitsFor(std::string reason) {
  if (reason == waits_for_) return;
  if (waits_for_.empty()) {
    log::Info("models", "a model waits for memory", {{"model", model_id_}, {"why", reason}});
  }
  SetState(State::kWaiting, reason);
  waits_for_ = std::move(reason);
}

net::Task<bool> EngineHost::MakeWay(std::string_view for_whom) {
  co_return co_await boost::asio::co_spawn(
      executor_, UnloadIfIdle(fmt::format("{} needs its memory", for_whom)),
      boost::asio::use_awaitable);
}

// Takes the server away first, so that nobody can begin to use it, and gives it back if someone
// did already.
net::Task<bool> EngineHost::UnloadIfIdle(std::string reason) {
  if (!supervised_) co_return true;
  ModelServerPtr server = ready_.Exchange(nullptr);
  if (!server) co_return false;
  if (server.use_count() > kOwnPointers) {
    ready_.Set(std::move(server));
    co_return false;
  }
  server.reset();
  log::Info("models", "unloading a model", {{"model", model_id_}, {"why", reason}});
  co_await EndSupervision();
  co_return true;
}

int EngineHost::Users() const {
  const ModelServerPtr server = ready_.Get();
  if (!server) return 0;
  return static_cast<int>(std::max(0L, server.use_count() - kOwnPointers - 1));
}

bool EngineHost::IsLoading() const {
  std::lock_guard lock(status_mutex_);
  return state_ != State::kReady;
}

void EngineHost::MarkUsed() {
  last_used_.store(clock_.Monotonic().time_since_epoch().count(), std::memory_order_relaxed);
}

MonotonicTime EngineHost::LastUsed() const {
  return MonotonicTime(MonotonicTime::duration(last_used_.load(std::memory_order_relaxed)));
}

void EngineHost::Tend(std::chrono::seconds idle_max) {
  pid_t pid = 0;
  {
    std::lock_guard lock(status_mutex_);
    if (state_ != State::kReady) return;
    pid = pid_;
  }
  if (const auto taken = pid > 0 ? ReadProcessMemory(pid) : std::nullopt) {
    const uint64_t adapters = std::min(process_adapter_bytes_.load(), taken->resident_bytes);
    measured_bytes_.store(std::max(measured_bytes_.load(), taken->resident_bytes - adapters));
    memory_.Correct(*this, taken->resident_bytes);
  }
  if (Users() > 0) {
    MarkUsed();
  } else if (idle_max.count() > 0 && !IsPinned() && clock_.Monotonic() - LastUsed() >= idle_max) {
    auto unload = [](EngineHost& host, std::string reason) -> net::Task<void> {
      co_await host.UnloadIfIdle(std::move(reason));
    };
    reactors_.Spawn(home_, unload(*this, fmt::format("not used for {} s", idle_max.count())));
  }
}

}  // namespace bedplate::models
