// The part of EngineHost that concerns LoRA adapters: which it has, which can't be used, and the
// way from one set of them to another.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>
#include <set>
#include <utility>

#include "base/log.h"
#include "models/hosting/engine_host.h"

namespace bedplate::models {
namespace {

// How soon it is seen that the last answer under way has ended.
constexpr std::chrono::milliseconds kLookAgain{20};

// Whether two sets are of the same adapters; by name, which says file and scale.
bool AreSame(const std::vector<EngineAdapter>& one, const std::vector<EngineAdapter>& other) {
  return std::ranges::equal(one, other, {}, &EngineAdapter::name, &EngineAdapter::name);
}

}  // namespace

net::Task<Result<ModelServerPtr>> EngineHost::AcquireAdapter(std::string name,
                                                             std::string model_id) {
  if (ModelServerPtr server = Ready(name)) co_return server;
  co_return co_await boost::asio::co_spawn(
      executor_, AcquireAtHome(std::move(name), std::move(model_id)), boost::asio::use_awaitable);
}

ModelServerPtr EngineHost::Ready(std::string_view adapter) {
  ModelServerPtr server = ready_.Get();
  if (!server || server->adapter_set != adapter_set_.load()) return nullptr;
  if (!adapter.empty() && !std::ranges::binary_search(server->adapters, adapter)) return nullptr;
  MarkUsed();
  return server;
}

void EngineHost::SetAdapters(std::vector<EngineAdapter> adapters) {
  std::ranges::sort(adapters, {}, &EngineAdapter::name);
  const auto twice = std::ranges::unique(adapters, {}, &EngineAdapter::name);
  adapters.erase(twice.begin(), twice.end());
  const std::lock_guard lock(adapters_mutex_);
  if (!AreSame(adapters_, adapters)) ++adapter_set_;
  adapters_ = std::move(adapters);
}

void EngineHost::AddAdapter(EngineAdapter adapter) {
  const std::lock_guard lock(adapters_mutex_);
  const auto place = std::ranges::lower_bound(adapters_, adapter.name, {}, &EngineAdapter::name);
  if (place != adapters_.end() && place->name == adapter.name) return;
  adapters_.insert(place, std::move(adapter));
  ++adapter_set_;
}

// An empty name is the weights' own.
bool EngineHost::HasAdapter(std::string_view name) const {
  if (name.empty()) return true;
  const std::lock_guard lock(adapters_mutex_);
  return std::ranges::binary_search(adapters_, name, {}, &EngineAdapter::name);
}

// `server` is what is ready, and one of its holders is who asks. At home.
EngineHost::Judgement EngineHost::Judge(const ModelServerPtr& server, std::string_view adapter) {
  const bool has = adapter.empty() || std::ranges::binary_search(server->adapters, adapter);
  const bool is_current = server->adapter_set == adapter_set_.load();
  const bool is_busy = server.use_count() > kOwnPointers + 1;
  if (has) return {is_current || is_busy ? Fit::kServes : Fit::kOtherServer};
  if (!is_current) return {Fit::kOtherServer};
  const std::lock_guard lock(adapters_mutex_);
  const auto failure = failures_.find(std::string(adapter));
  const auto named = std::ranges::lower_bound(adapters_, adapter, {}, &EngineAdapter::name);
  if (failure == failures_.end() || named == adapters_.end()) return {Fit::kCannot};
  const FileStamp file = StampOf(named->file);
  auto due = DueAt(failure->second, file);
  const bool wants_memory = failure->second.cause == AdapterFailure::Cause::kMemory;
  if (wants_memory && file == failure->second.stamp && MayHaveRoomFor(*named, file)) {
    due = failure->second.not_before;
  }
  if (!due) return {Fit::kCannot};
  if (*due > clock_.Monotonic()) return {Fit::kLater, *due};
  return {Fit::kOtherServer};
}

// When an adapter that failed may be tried again, its file being what it is now.
std::optional<MonotonicTime> EngineHost::DueAt(AdapterFailure& failure,
                                               const FileStamp& file) const {
  return failure.DueAt(file, std::filesystem::file_time_type::clock::now(), clock_.Monotonic(),
                       options_.adapter_steady_for);
}

// With adapters_mutex_ taken.
void EngineHost::NoteFailure(const TakenAdapter& taken, std::string why,
                             AdapterFailure::Cause cause) {
  failures_[taken.adapter.name].Note(taken.stamp, std::move(why), cause, clock_.Monotonic(),
                                     Pauses());
}

// Says what the next process is started with: all adapters but those whose files are not there, or
// were seen to end an engine.
void EngineHost::TakeAdapters() {
  const std::lock_guard lock(adapters_mutex_);
  if (taken_set_ != adapter_set_.load()) measured_bytes_.store(0);
  taken_set_ = adapter_set_.load();
  taken_adapters_.clear();
  std::erase_if(failures_, [&](const auto& failure) {
    return !std::ranges::binary_search(adapters_, failure.first, {}, &EngineAdapter::name);
  });
  for (const EngineAdapter& adapter : adapters_) {
    const TakenAdapter taken{.adapter = adapter, .stamp = StampOf(adapter.file)};
    if (taken.stamp == FileStamp()) {
      const std::string why = fmt::format("there is no file {}", adapter.file);
      NoteFailure(taken, why, AdapterFailure::Cause::kUnusable);
      log::Error("models", why, {{"model", adapter.model_id}});
      continue;
    }
    if (const auto failed = failures_.find(adapter.name); failed != failures_.end()) {
      AdapterFailure& failure = failed->second;
      if (failure.cause == AdapterFailure::Cause::kEndsEngine &&
          DueAt(failure, taken.stamp).value_or(MonotonicTime::max()) > clock_.Monotonic()) {
        continue;
      }
      failure.why.clear();
    }
    taken_adapters_.push_back(taken);
  }
}

// Remembers which of the adapters the engine that became ready can't use.
void EngineHost::NoteAdapters(const ModelServer& server) {
  served_adapters_ = server.adapters;
  const std::lock_guard lock(adapters_mutex_);
  for (const TakenAdapter& taken : taken_adapters_) {
    const std::string& name = taken.adapter.name;
    if (std::ranges::binary_search(server.adapters, name)) {
      failures_.erase(name);
      continue;
    }
    const auto error = server.adapter_errors.find(name);
    NoteFailure(
        taken,
        error == server.adapter_errors.end() ? "the engine tells nothing of it" : error->second,
        AdapterFailure::Cause::kUnusable);
    log::Error("models", "an adapter can't be used, and its model alone gets the error",
               {{"model", taken.adapter.model_id},
                {"file", taken.adapter.file},
                {"error", failures_[name].why}});
  }
}

// After an engine that ended while it loaded: whether that was for an adapter, without which the
// next one may do better.
bool EngineHost::LeaveOutDamagedAdapter() {
  if (killed_ || crashed_adapter_.empty()) return false;
  const auto read = std::ranges::find(taken_adapters_, crashed_adapter_,
                                      [](const TakenAdapter& taken) { return taken.adapter.name; });
  if (read == taken_adapters_.end()) return false;
  const auto is_damaged = [file = read->adapter.file](const TakenAdapter& taken) {
    return taken.adapter.file == file;
  };
  const std::lock_guard lock(adapters_mutex_);
  for (const TakenAdapter& taken : taken_adapters_) {
    if (!is_damaged(taken)) continue;
    NoteFailure(taken, last_error_line_, AdapterFailure::Cause::kEndsEngine);
    log::Error("models", "starting the engine again without a damaged adapter",
               {{"model", taken.adapter.model_id}, {"file", taken.adapter.file}});
  }
  return std::erase_if(taken_adapters_, is_damaged) > 0;
}

// For want of memory: one that no engine had yet before one that the last had. False where there is
// none to leave out.
bool EngineHost::LeaveOutAdapter(const std::string& why) {
  if (taken_adapters_.empty()) return false;
  const auto newest = std::ranges::find_if(taken_adapters_, [&](const TakenAdapter& taken) {
    return !std::ranges::binary_search(served_adapters_, taken.adapter.name);
  });
  const auto left_out = newest != taken_adapters_.end() ? newest : std::prev(newest);
  log::Error("models", "an adapter does not fit",
             {{"model", left_out->adapter.model_id}, {"error", why}});
  const std::lock_guard lock(adapters_mutex_);
  NoteFailure(*left_out, why, AdapterFailure::Cause::kMemory);
  taken_adapters_.erase(left_out);
  // What a process with adapters was measured to take says little of the base alone.
  if (taken_adapters_.empty() && process_adapter_bytes_.load() > 0) measured_bytes_.store(0);
  return true;
}

// What the adapters add to the memory of the engine: a file at several scales is there once.
uint64_t EngineHost::AdapterBytes() const {
  std::set<std::string_view> counted;
  uint64_t bytes = 0;
  for (const TakenAdapter& taken : taken_adapters_) {
    if (counted.insert(taken.adapter.file).second) bytes += taken.stamp.bytes;
  }
  return bytes;
}

void EngineHost::BeginRenewal() {
  if (std::exchange(renewing_, true)) return;
  boost::asio::co_spawn(executor_, Renew(), boost::asio::detached);
}

// Leaves the server to whom it can serve while it is busy, for a while. Then takes it away, so that
// nobody begins to use it, and ends the engine when the answers under way have ended. Whoever waits
// then starts the next.
net::Task<void> EngineHost::Renew() {
  const MonotonicTime open_until = clock_.Monotonic() + options_.renewal_open_max;
  if (ready_.Get()) {
    log::Info("models", "the engine is to have other adapters", {{"model", model_id_}});
    total_bytes_.store(0);
    SetState(State::kWaiting, "it is started with other adapters when its answers have ended");
  }
  while (ready_.Get().use_count() > kOwnPointers + 1 && !stopping_ &&
         clock_.Monotonic() < open_until) {
    co_await WaitForChange(clock_.Monotonic() + kLookAgain);
  }
  if (ModelServerPtr server = ready_.Exchange(nullptr)) {
    while (server.use_count() > kOwnPointers && !server->gone.load() && !stopping_) {
      co_await WaitForChange(clock_.Monotonic() + kLookAgain);
    }
    server.reset();
    co_await EndSupervision();
  }
  renewing_ = false;
  Notify();
}

}  // namespace bedplate::models
