// EngineHost: the supervisor of one bedplate-engine child process.
//
// stopped --first Acquire--> starting --ready--> ready --process ended--> starting (after a pause
// that grows with crashes in a row) ... A model that could not be loaded is failed: tried again by
// the first Acquire after the pause, refused before. A child that was killed while it loaded says
// nothing of the model: an Acquire waits for the end of the pause, and tries again. Stop ends the
// child from any state.
//
// Threads: lives on its home reactor; Acquire and Status from anywhere.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "models/hosting/child_process.h"
#include "models/hosting/host.h"
#include "models/model.h"
#include "net/reactors.h"

namespace bedplate::models {

struct EngineOptions {
  std::string program;         // path of bedplate-engine
  std::string runtime_folder;  // for sockets; the whole path stays under 108 bytes
  int threads = 0;             // 0: the engine's own choice, as for the next one
  int context_cells = 0;
  int sequences = 16;
  std::string attention = "auto";  // whose kernels compute, by the names that the engine knows
  std::string products = "auto";
  std::vector<std::string> environment;  // of the child, "NAME=value"

  std::chrono::milliseconds ready_wait_max{30'000};    // of one Acquire
  std::chrono::milliseconds load_max{30 * 60'000};     // then the load has failed
  std::chrono::milliseconds request_max{600'000};      // whole exchange
  std::chrono::milliseconds restart_pause_min{1'000};  // after the second crash in a row
  std::chrono::milliseconds restart_pause_max{60'000};
  std::chrono::milliseconds steady_after{60'000};  // ready for so long: the next crash is a first
  std::chrono::milliseconds stop_grace{5'000};     // between asking it to end and ending it
};

struct EngineStatus {
  std::string model_id;
  std::string_view state;  // "stopped", "starting", "ready", "failed"
  pid_t pid = 0;           // 0 when there is no process
  std::string error;       // why it failed or ended last; for the operator
};

class EngineHost final : public Host {
 public:
  // `model_id` is for logs and messages. `weights` are what the child loads.
  EngineHost(net::Reactors& reactors, size_t home, const EngineOptions& options, const Clock& clock,
             std::string model_id, LocalWeights weights, Use use);
  ~EngineHost() override;

  net::Task<Result<ModelServerPtr>> Acquire() override;

  // Ends the child, politely first, and waits for its end. After kUnload a later Acquire starts it
  // again; after kForGood every Acquire fails with kUnavailable.
  enum class End : uint8_t { kUnload, kForGood };
  net::Task<void> Stop(End end);
  // Begins Stop(kForGood) without waiting.
  void AskToStop();

  EngineStatus Status() const;

 private:
  enum class State : uint8_t { kStopped, kStarting, kReady, kFailed };

  net::Task<Result<ModelServerPtr>> AcquireAtHome();
  net::Task<void> Supervise();
  net::Task<bool> RunOnce();
  net::Task<bool> BecomeReady(const ModelServerPtr& server);
  net::Task<void> EndProcess();
  net::Task<void> WaitForChange(MonotonicTime until);
  void Notify();
  void SetState(State state, std::string error);
  Result<ModelServerPtr> Start();
  Result<ModelServerPtr> Connect() const;
  void TakeLine(std::string_view line);
  std::chrono::milliseconds Pause() const;

  net::Reactors& reactors_;
  size_t home_;
  boost::asio::any_io_executor executor_;
  const EngineOptions options_;
  const Clock& clock_;
  const std::string model_id_;
  const LocalWeights weights_;
  const Use use_;

  std::atomic<ModelServerPtr> ready_;

  // Home reactor only.
  bool supervised_ = false;
  bool stopping_ = false;  // the child is to end
  bool closed_ = false;    // and never to start again
  std::unique_ptr<ChildProcess> process_;
  std::string socket_;
  bool killed_ = false;  // the last process, from outside
  int crashes_in_a_row_ = 0;
  MonotonicTime not_before_{};
  std::string last_error_line_;
  std::vector<boost::asio::steady_timer*> waiters_;

  mutable std::mutex status_mutex_;  // never taken on the data path
  State state_ = State::kStopped;
  pid_t pid_ = 0;
  std::string error_;
};

}  // namespace bedplate::models
