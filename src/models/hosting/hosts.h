// Hosts: every host of this server, found by a model's binding; a host is made when its model is
// first used. Two models on one file or URL share a host, and models of LoRA adapters the engine of
// the file they belong to.
//
// Threads: For, Pin, WarmUp, StopUnused and Statuses from anywhere; For takes no lock on a reactor
// that asked for the same binding before.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/environment.h"
#include "models/hosting/engine_host.h"
#include "models/hosting/host.h"
#include "models/model.h"
#include "net/reactors.h"

namespace bedplate::models {

struct HostOptions {
  EngineOptions engine;
  uint64_t memory_bytes_max = 0;        // of all engines together; 0: no bound
  std::chrono::seconds idle_unload{0};  // an engine that nobody used for so long ends; 0: never
  std::chrono::milliseconds connect_max{5'000};  // to a URL
  std::chrono::milliseconds request_max{600'000};
  std::string tls_ca_file;  // empty: the system's
  Environment environment;  // where the keys of upstreams are
};

class Hosts {
 public:
  // Removes sockets that a killed server left in the runtime folder. `reactors` and `clock` outlive
  // this; destroyed after the reactors stopped or after Stop.
  Hosts(net::Reactors& reactors, HostOptions options, const Clock& clock);
  ~Hosts();

  // `model` is bound. Lives as long as this.
  Host& For(const Model& model);

  // Makes these the models that are loaded and stay loaded.
  void Pin(const std::vector<std::shared_ptr<const Model>>& models);
  // Loads models without waiting for them; what goes wrong is in the log.
  void WarmUp(const std::vector<std::shared_ptr<const Model>>& models);

  // These are all models: engines know from it which adapters they are to have. Begins to end the
  // engines of files that none of `models` is bound to; their hosts let nobody start them before a
  // later call has a model that is. Waits for nothing.
  void StopUnused(const std::vector<std::shared_ptr<const Model>>& models);
  // Ends every engine.
  net::Task<void> Stop();

  // To be called about once a second, by one thread that may block: see EngineHost::Tend. Loads
  // pinned models again that are not there; after a failure, with pauses that double.
  void Tend();

  std::vector<EngineStatus> Statuses() const;
  // Memory that all engines hold together, and its bound (0: none, and nothing is counted).
  uint64_t memory_held_bytes() const { return memory_.HeldByAll(); }
  uint64_t memory_budget_bytes() const { return memory_.budget_bytes(); }
  // Of the engine that runs the model's file, or of its adapter there where that can't be used;
  // nothing when none was ever asked for.
  std::optional<EngineStatus> StatusOf(const Model& model) const;

 private:
  // Loading a pinned model again.
  struct Reload {
    bool under_way = false;
    int failures_in_a_row = 0;
    MonotonicTime not_before{};
  };

  // What models make of one engine.
  struct EnginePlan {
    std::string model_id;  // by which it is known; of the weights alone where there is such a model
    bool has_base = false;
    std::vector<EngineAdapter> adapters;
  };

  Host& Make(const Model& model);
  EngineHost& EngineFor(const Model& model, const LocalWeights& weights);
  std::vector<std::shared_ptr<const Model>> TakePinnedToLoad();
  net::Task<void> LoadPinned(std::shared_ptr<const Model> model);

  net::Reactors& reactors_;
  const HostOptions options_;
  const Clock& clock_;
  ModelMemory memory_;
  // One look-up table for each reactor, used by that reactor alone.
  std::vector<std::unordered_map<std::string, Host*>> found_;
  mutable std::mutex mutex_;                                              // guards what follows
  std::unordered_map<std::string, Host*> hosts_;                          // of models, by binding
  std::unordered_map<std::string, std::unique_ptr<EngineHost>> engines_;  // by file
  std::vector<std::unique_ptr<Host>> others_;                             // that are no engines
  std::unordered_map<std::string, EnginePlan> plans_;  // of engines, those not made yet too
  std::vector<std::shared_ptr<const Model>> pinned_;
  std::unordered_map<std::string, Reload> reloads_;  // of pinned models
  size_t next_home_ = 0;
};

}  // namespace bedplate::models
