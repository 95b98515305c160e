// EngineHost: the supervisor of one bedplate-engine child process.
//
// stopped --first Acquire--> starting --ready--> ready --process ended--> starting (after a pause
// that grows with crashes in a row) ... A model that could not be loaded is failed: tried again by
// the first Acquire after the pause, refused before. A child that was killed while it loaded says
// nothing of the model: an Acquire waits for the end of the pause, and tries again. Stop ends the
// child from any state.
//
// Models that are weights with a LoRA adapter share the engine of the weights: the engine is
// started with all adapters that models have. Where that set has changed, it is started anew: at
// once for a model whose adapter it lacks, when the answers under way have ended, which new ones
// may join for a while; else when a request finds it idle. An adapter that can't be used is left
// out, and its model alone gets the error.
//
// Where memory is bounded, a model is described and has to find room before its engine is started
// (waiting), and is unloaded to make room for others, or when nobody has used it for a while.
//
// Threads: lives on its home reactor; Acquire and Status from anywhere.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/published.h"
#include "models/hosting/adapter_failure.h"
#include "models/hosting/child_process.h"
#include "models/hosting/engine_adapter.h"
#include "models/hosting/engine_description.h"
#include "models/hosting/file_stamp.h"
#include "models/hosting/host.h"
#include "models/hosting/model_memory.h"
#include "models/model.h"
#include "net/reactors.h"

namespace bedplate::models {

struct EngineOptions {
  std::string program;         // path of bedplate-engine
  std::string runtime_folder;  // for sockets; the whole path stays under 108 bytes
  int threads = 0;             // 0: the engine's own choice, as for the next one
  int context_cells = 0;
  int sequences = 16;
  int first_token_target_ms = 0;
  int token_gap_target_ms = 0;
  std::string attention = "auto";  // whose kernels compute, by the names that the engine knows
  std::string products = "auto";
  std::string speculation = "text";      // what guesses tokens, likewise
  std::string cache_type = "f16";        // of the KV cache's numbers, likewise
  int64_t idle_prefix_s = 3600;          // that a prefix nobody uses stays in the cache
  std::string prefixes_folder;           // a folder in it for each model's prefixes; empty: no
  int64_t prefixes_mb = 0;               // that each may take; 0: no
  std::vector<std::string> environment;  // of the child, "NAME=value"

  std::chrono::milliseconds ready_wait_max{30'000};    // of one Acquire
  std::chrono::milliseconds load_max{30 * 60'000};     // then the load has failed
  std::chrono::milliseconds describe_max{60'000};      // likewise, of a description
  std::chrono::milliseconds request_max{600'000};      // whole exchange
  std::chrono::milliseconds restart_pause_min{1'000};  // after the second crash in a row
  std::chrono::milliseconds restart_pause_max{60'000};
  std::chrono::milliseconds steady_after{60'000};  // ready for so long: the next crash is a first
  std::chrono::milliseconds stop_grace{5'000};     // between asking it to end and ending it
  // How long an engine that is to have other adapters takes new requests while it answers others.
  std::chrono::milliseconds renewal_open_max{5'000};
  // An adapter that failed is tried again when its file has been the same for so long.
  std::chrono::milliseconds adapter_steady_for{2'000};
};

// The engine's program with all that says how it computes, without what it is to do: --model or
// --describe. `context_cells`: 0 for the engine's own choice.
ChildCommand EngineCommand(const EngineOptions& options, int context_cells, Use use);
// The engine that says what these weights are and whether they fit together, and ends.
ChildCommand DescribeCommand(const EngineOptions& options, int context_cells,
                             const LocalWeights& weights, Use use);

// A model that is a LoRA adapter of an engine's.
struct AdapterStatus {
  std::string model_id;
  std::string name;     // as the engine has it
  std::string error{};  // why it can't be used; for the operator
};

struct EngineStatus {
  std::string model_id;
  // "stopped", "waiting" (for memory, or for answers to end), "starting", "ready", "failed"
  std::string_view state;
  pid_t pid = 0;        // 0 when there is no process
  std::string error{};  // why it failed or ended last, or waits; for the operator
  bool pinned = false;
  uint64_t held_bytes = 0;    // of the memory for models; 0 where that has no bound
  uint64_t loaded_bytes = 0;  // of its weights, while it starts
  uint64_t total_bytes = 0;   // of them; 0 until the engine told
  std::vector<AdapterStatus> adapters{};
};

class EngineHost final : public Host, public Resident {
 public:
  // `model_id` is for logs and messages. `weights` are what the child loads, without an adapter.
  // `memory` outlives this.
  EngineHost(net::Reactors& reactors, size_t home, const EngineOptions& options, const Clock& clock,
             ModelMemory& memory, std::string model_id, LocalWeights weights, Use use);
  ~EngineHost() override;

  net::Task<Result<ModelServerPtr>> Acquire() override;
  // A server that answers for an adapter by its name. Fails as Acquire does, with the id of the
  // model that asks in messages: kModelError for an adapter that can't be used, UnknownModel for
  // one that no model has any more.
  net::Task<Result<ModelServerPtr>> AcquireAdapter(std::string name, std::string model_id);

  // Which adapters models have now. Any thread.
  void SetAdapters(std::vector<EngineAdapter> adapters);
  // One more, unless it is among them.
  void AddAdapter(EngineAdapter adapter);

  // Ends the child, politely first, and waits for its end. After kUnload a later Acquire starts it
  // again; after kForGood every Acquire fails with kUnavailable.
  enum class End : uint8_t { kUnload, kForGood };
  net::Task<void> Stop(End end);
  // Begins Stop(kForGood) without waiting.
  void AskToStop();
  // Whether a model is bound to the weights. While none is, nothing starts, and Acquire fails with
  // UnknownModel unless the engine still runs. Any thread.
  void SetBound(bool bound) { bound_.store(bound); }
  bool IsBound() const { return bound_.load(); }

  EngineStatus Status() const;

  // A pinned model is never unloaded for want of use or memory. Any thread.
  void Pin(bool pinned) { pinned_.store(pinned); }
  // To be called now and then, by one thread that may block: measures what the process takes, and
  // unloads a model that nobody has used for `idle_max` (0: never).
  void Tend(std::chrono::seconds idle_max);

  // Of Resident.
  const std::string& model_id() const override { return model_id_; }
  bool IsWanted() const override { return wanted_ > 0 && !stopping_; }
  void WaitsFor(std::string reason) override;
  int Users() const override;
  bool IsLoading() const override;
  bool IsPinned() const override { return pinned_.load(); }
  MonotonicTime LastUsed() const override;
  net::Task<bool> MakeWay(std::string_view for_whom) override;

 private:
  enum class State : uint8_t { kStopped, kWaiting, kStarting, kReady, kFailed };

  // Whoever holds a ready server beside its users: EngineHost itself, and the coroutine that runs
  // the process.
  static constexpr long kOwnPointers = 2;

  // Of an adapter, how a server stands to it.
  enum class Fit : uint8_t { kServes, kCannot, kOtherServer, kLater };
  struct Judgement {
    Fit fit;
    MonotonicTime due{};  // of kLater: when to look again
  };
  // An adapter that the engine is started with.
  struct TakenAdapter {
    EngineAdapter adapter;
    FileStamp stamp;
  };

  net::Task<Result<ModelServerPtr>> AcquireAtHome(std::string adapter, std::string model_id);
  Error NotReady(std::string_view model_id) const;
  static std::string CannotBeLoaded(std::string_view model_id);
  // The server, where it can be used at once, as it then is.
  ModelServerPtr Ready(std::string_view adapter);
  net::Task<void> Supervise();

  bool HasAdapter(std::string_view name) const;
  Judgement Judge(const ModelServerPtr& server, std::string_view adapter);
  std::optional<MonotonicTime> DueAt(AdapterFailure& failure, const FileStamp& file) const;
  void NoteFailure(const TakenAdapter& taken, std::string why, AdapterFailure::Cause cause);
  void TakeAdapters();
  void NoteAdapters(const ModelServer& server);
  bool LeaveOutDamagedAdapter();
  bool LeaveOutAdapter(const std::string& why);
  uint64_t AdapterBytes() const;
  void BeginRenewal();
  net::Task<void> Renew();

  net::Task<bool> Enter();
  net::Task<bool> TakeRoom();
  net::Task<Result<Room>> FindRoom();
  std::vector<Room> Rooms(uint64_t more_bytes = 0) const;
  bool MayHaveRoomFor(const EngineAdapter& adapter, const FileStamp& file) const;
  net::Task<Result<void>> LearnNeed();
  net::Task<bool> UnloadIfIdle(std::string reason);
  net::Task<void> EndSupervision();
  void MarkUsed();
  net::Task<bool> RunOnce();
  net::Task<bool> BecomeReady(const ModelServerPtr& server);
  net::Task<void> EndProcess();
  net::Task<void> WaitForChange(MonotonicTime until);
  void Notify();
  void SetState(State state, std::string error);
  Result<ModelServerPtr> Start();
  Result<ModelServerPtr> Connect() const;
  void TakeLine(std::string_view line);
  std::chrono::milliseconds Pause() const { return PauseAfter(crashes_in_a_row_, Pauses()); }
  AdapterFailure::Pauses Pauses() const {
    return {.min = options_.restart_pause_min, .max = options_.restart_pause_max};
  }

  net::Reactors& reactors_;
  size_t home_;
  boost::asio::any_io_executor executor_;
  const EngineOptions options_;
  const Clock& clock_;
  ModelMemory& memory_;
  const std::string model_id_;
  const LocalWeights weights_;
  const Use use_;

  Published<ModelServer> ready_;
  std::atomic<bool> pinned_{false};
  std::atomic<bool> bound_{true};
  std::atomic<MonotonicTime::rep> last_used_{0};
  std::atomic<uint64_t> loaded_bytes_{0};
  std::atomic<uint64_t> total_bytes_{0};
  std::atomic<uint64_t> adapter_set_{0};  // counts the changes of adapters_
  // The most that the process took, with room_ as it is and without what its adapters add.
  std::atomic<uint64_t> measured_bytes_{0};
  std::atomic<uint64_t> process_adapter_bytes_{0};  // what those of the last process add

  // Home reactor only.
  bool supervised_ = false;
  bool stopping_ = false;  // the child is to end
  int stops_ = 0;          // that wait for its end; none starts before they have seen it
  bool closed_ = false;    // and never to start again
  std::unique_ptr<ChildProcess> process_;
  std::string socket_;
  bool killed_ = false;    // the last process, from outside
  int wanted_ = 0;         // Acquires that wait
  std::string waits_for_;  // while it waits for memory; for the operator
  std::string failure_;    // for callers, while it is failed
  Room room_{};
  std::vector<TakenAdapter> taken_adapters_{};
  uint64_t taken_set_ = 0;                        // that these are of
  std::vector<std::string> served_adapters_{};    // by the last engine; sorted
  bool renewing_ = false;                         // it ends, to have other adapters
  std::vector<FileStamp> described_files_{};      // the weights and what stands beside them
  std::optional<EngineDescription> description_;  // of that file
  int crashes_in_a_row_ = 0;
  MonotonicTime not_before_{};
  std::string last_error_line_;
  std::string crashed_adapter_;  // by name, the one that it was reading then, or empty
  std::vector<boost::asio::steady_timer*> waiters_;

  mutable std::mutex adapters_mutex_;               // never taken on the data path
  std::vector<EngineAdapter> adapters_;             // guarded by it; by name
  std::map<std::string, AdapterFailure> failures_;  // likewise

  mutable std::mutex status_mutex_;  // never taken on the data path
  State state_ = State::kStopped;
  pid_t pid_ = 0;
  std::string error_;
};

}  // namespace bedplate::models
