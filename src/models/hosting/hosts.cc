#include "models/hosting/hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/log.h"
#include "models/facts_json.h"
#include "models/hosting/remote_host.h"

namespace bedplate::models {
namespace {

using ModelPtr = std::shared_ptr<const Model>;

// Amazon Bedrock takes requests as their callers send them (services/bedrock_runtime/relay), and
// speaks neither of the protocols that are written here.
class NoHost final : public Host {
 public:
  net::Task<Result<ModelServerPtr>> Acquire() override {
    co_return Fail(Fault::kValidation,
                   "This model is bound to Amazon Bedrock, which answers Converse, ConverseStream, "
                   "InvokeModel, InvokeModelWithResponseStream and CountTokens, and nothing else.");
  }
};

// Of a model that is bound.
std::string Key(const Model& model) {
  if (const auto* weights = std::get_if<LocalWeights>(&model.binding)) {
    const std::string adapter =
        weights->adapter.empty() ? std::string()
                                 : fmt::format("{}:{}:", weights->adapter_scale, weights->adapter);
    std::string beside;
    for (const std::string* file : {&weights->projector, &weights->draft}) {
      beside += fmt::format("{}:", *file);
    }
    return fmt::format("{}:{}{}{}", Text(model.facts.use()), adapter, beside, weights->file);
  }
  if (model.AtBedrock() != nullptr) return "bedrock";
  const auto& upstream = std::get<RemoteUpstream>(model.binding);
  const bool anthropic = upstream.protocol == UpstreamProtocol::kAnthropic;
  return (anthropic ? "anthropic:" : "url:") + upstream.api_key_env + ":" + upstream.url;
}

void RemoveOrphanSockets(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("engine-") || !name.ends_with(".sock")) continue;
    std::error_code ignored;
    std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace

Hosts::Hosts(net::Reactors& reactors, HostOptions options, const Clock& clock)
    : reactors_(reactors),
      options_(std::move(options)),
      clock_(clock),
      memory_(options_.memory_bytes_max),
      found_(reactors.size()) {
  RemoveOrphanSockets(options_.engine.runtime_folder);
}

Hosts::~Hosts() = default;

Host& Hosts::For(const Model& model) {
  const std::string key = Key(model);
  const net::Reactor* reactor = net::Reactor::Current();
  auto* found = reactor == nullptr ? nullptr : &found_[reactor->index()];
  if (found != nullptr) {
    if (auto known = found->find(key); known != found->end()) return *known->second;
  }
  std::lock_guard lock(mutex_);
  std::unique_ptr<Host>& host = hosts_[key];
  if (!host) host = Make(model);
  if (found != nullptr) found->emplace(key, host.get());
  return *host;
}

std::unique_ptr<Host> Hosts::Make(const Model& model) {
  if (const auto* weights = std::get_if<LocalWeights>(&model.binding)) {
    auto engine =
        std::make_unique<EngineHost>(reactors_, next_home_++ % reactors_.size(), options_.engine,
                                     clock_, memory_, model.facts.id, *weights, model.facts.use());
    engines_[Key(model)] = engine.get();
    return engine;
  }
  if (model.AtBedrock() != nullptr) return std::make_unique<NoHost>();
  net::HttpClientOptions client;
  client.connect = options_.connect_max;
  client.idle = options_.request_max;
  client.total = options_.request_max;
  client.tls_ca_file = options_.tls_ca_file;
  return std::make_unique<RemoteHost>(reactors_, std::get<RemoteUpstream>(model.binding), client,
                                      options_.environment);
}

void Hosts::Pin(const std::vector<ModelPtr>& models) {
  std::set<std::string> keys;
  for (const ModelPtr& model : models) {
    For(*model);
    keys.insert(Key(*model));
  }
  {
    std::lock_guard lock(mutex_);
    pinned_ = models;
    for (const auto& [key, engine] : engines_) engine->Pin(keys.contains(key));
  }
  WarmUp(models);
}

void Hosts::Tend() {
  std::vector<EngineHost*> engines;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, engine] : engines_) engines.push_back(engine);
  }
  for (EngineHost* engine : engines) engine->Tend(options_.idle_unload);
  for (const ModelPtr& model : TakePinnedToLoad()) reactors_.Spawn(0, LoadPinned(model));
}

// Those that are not loaded and whose time has come, marked as under way.
std::vector<ModelPtr> Hosts::TakePinnedToLoad() {
  std::vector<ModelPtr> absent;
  const MonotonicTime now = clock_.Monotonic();
  const std::lock_guard lock(mutex_);
  for (const ModelPtr& model : pinned_) {
    const auto engine = engines_.find(Key(*model));
    if (engine == engines_.end() || !engine->second->IsBound()) continue;
    const std::string_view state = engine->second->Status().state;
    if (state != "stopped" && state != "failed") continue;
    Reload& reload = reloads_[engine->first];
    if (reload.under_way || now < reload.not_before) continue;
    reload.under_way = true;
    absent.push_back(model);
  }
  return absent;
}

net::Task<void> Hosts::LoadPinned(ModelPtr model) {
  auto server = co_await For(*model).Acquire();
  const std::lock_guard lock(mutex_);
  Reload& reload = reloads_[Key(*model)];
  reload.under_way = false;
  if (server) {
    reload = {};
    co_return;
  }
  if (reload.failures_in_a_row == 0) {
    log::Warning("models",
                 "a pinned model could not be loaded again, and is tried from time to time",
                 {{"model", model->facts.id}, {"error", server.error().message}});
  }
  const int doublings = std::min(reload.failures_in_a_row++, 20);
  reload.not_before =
      clock_.Monotonic() + std::min(options_.engine.restart_pause_min * (1 << doublings),
                                    options_.engine.restart_pause_max);
}

void Hosts::WarmUp(const std::vector<ModelPtr>& models) {
  auto load = [](Host& host, ModelPtr model) -> net::Task<void> {
    auto server = co_await host.Acquire();
    if (!server) {
      log::Warning("models", "a model did not warm up",
                   {{"model", model->facts.id}, {"error", server.error().message}});
    }
  };
  for (const ModelPtr& model : models) reactors_.Spawn(0, load(For(*model), model));
}

void Hosts::StopUnused(const std::vector<ModelPtr>& models) {
  std::set<std::string> used;
  for (const ModelPtr& model : models) {
    if (model->IsBound()) used.insert(Key(*model));
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [key, engine] : engines_) {
    const bool is_used = used.contains(key);
    engine->SetBound(is_used);
    if (!is_used) reactors_.Spawn(0, engine->Stop(EngineHost::End::kUnload));
  }
}

net::Task<void> Hosts::Stop() {
  std::vector<EngineHost*> engines;
  {
    std::lock_guard lock(mutex_);
    engines.reserve(engines_.size());
    for (const auto& [key, engine] : engines_) engines.push_back(engine);
  }
  for (EngineHost* engine : engines) engine->AskToStop();
  for (EngineHost* engine : engines) co_await engine->Stop(EngineHost::End::kForGood);
}

std::optional<EngineStatus> Hosts::StatusOf(const Model& model) const {
  std::lock_guard lock(mutex_);
  const auto engine = engines_.find(Key(model));
  if (engine == engines_.end()) return std::nullopt;
  return engine->second->Status();
}

std::vector<EngineStatus> Hosts::Statuses() const {
  std::lock_guard lock(mutex_);
  std::vector<EngineStatus> statuses;
  statuses.reserve(engines_.size());
  for (const auto& [key, engine] : engines_) statuses.push_back(engine->Status());
  std::ranges::sort(statuses, {}, &EngineStatus::model_id);
  return statuses;
}

}  // namespace bedplate::models
