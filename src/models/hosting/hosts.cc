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
    co_return Fail(
        Fault::kValidation,
        "This model is bound to Amazon Bedrock, which answers Converse, ConverseStream, "
        "InvokeModel, InvokeModelWithResponseStream and CountTokens, and nothing else. A prompt "
        "router can use it only beside another model that is bound to Amazon Bedrock.");
  }
};

// A LoRA adapter in the engine of its weights.
class AdapterHost final : public Host {
 public:
  AdapterHost(EngineHost& engine, std::string name, std::string model_id)
      : engine_(engine), name_(std::move(name)), model_id_(std::move(model_id)) {}
  net::Task<Result<ModelServerPtr>> Acquire() override {
    return engine_.AcquireAdapter(name_, model_id_);
  }

 private:
  EngineHost& engine_;
  const std::string name_;
  const std::string model_id_;
};

// Of the engine that runs the weights, whatever adapter the model has.
std::string EngineKey(const Model& model) {
  const auto& weights = std::get<LocalWeights>(model.binding);
  return fmt::format("{}:{}:{}:{}", Text(model.facts.use()), weights.projector, weights.draft,
                     weights.file);
}

// Of a model that is bound.
std::string Key(const Model& model) {
  if (const auto* weights = std::get_if<LocalWeights>(&model.binding)) {
    if (weights->adapter.empty()) return EngineKey(model);
    return fmt::format("{}:{}", EngineModelName(*weights), EngineKey(model));
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
  Host*& host = hosts_[key];
  if (host == nullptr) host = &Make(model);
  if (found != nullptr) found->emplace(key, host);
  return *host;
}

Host& Hosts::Make(const Model& model) {
  if (const auto* weights = std::get_if<LocalWeights>(&model.binding)) {
    EngineHost& engine = EngineFor(model, *weights);
    if (weights->adapter.empty()) return engine;
    EngineAdapter adapter = AdapterOf(*weights, model.facts.id);
    others_.push_back(std::make_unique<AdapterHost>(engine, adapter.name, model.facts.id));
    engine.AddAdapter(std::move(adapter));
    return *others_.back();
  }
  if (model.AtBedrock() != nullptr) {
    return *others_.emplace_back(std::make_unique<NoHost>());
  }
  net::HttpClientOptions client;
  client.connect = options_.connect_max;
  client.idle = options_.request_max;
  client.total = options_.request_max;
  client.tls_ca_file = options_.tls_ca_file;
  return *others_.emplace_back(std::make_unique<RemoteHost>(
      reactors_, std::get<RemoteUpstream>(model.binding), client, options_.environment));
}

EngineHost& Hosts::EngineFor(const Model& model, const LocalWeights& weights) {
  const std::string key = EngineKey(model);
  std::unique_ptr<EngineHost>& engine = engines_[key];
  if (engine) return *engine;
  const auto plan = plans_.find(key);
  const bool stands_for_base = !weights.adapter.empty() && plan != plans_.end();
  LocalWeights base = weights;
  base.adapter.clear();
  base.adapter_scale = 1;
  engine = std::make_unique<EngineHost>(
      reactors_, next_home_++ % reactors_.size(), options_.engine, clock_, memory_,
      stands_for_base ? plan->second.model_id : model.facts.id, std::move(base), model.facts.use());
  if (plan != plans_.end()) engine->SetAdapters(plan->second.adapters);
  return *engine;
}

void Hosts::Pin(const std::vector<ModelPtr>& models) {
  std::set<std::string> keys;
  for (const ModelPtr& model : models) {
    For(*model);
    if (std::holds_alternative<LocalWeights>(model->binding)) keys.insert(EngineKey(*model));
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
    for (const auto& [key, engine] : engines_) engines.push_back(engine.get());
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
    if (!std::holds_alternative<LocalWeights>(model->binding)) continue;
    const auto engine = engines_.find(EngineKey(*model));
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
  Reload& reload = reloads_[EngineKey(*model)];
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
  std::unordered_map<std::string, EnginePlan> plans;
  for (const ModelPtr& model : models) {
    const auto* weights = std::get_if<LocalWeights>(&model->binding);
    if (weights == nullptr) continue;
    EnginePlan& plan = plans[EngineKey(*model)];
    const bool is_base = weights->adapter.empty();
    if (plan.model_id.empty() || (is_base && !plan.has_base)) plan.model_id = model->facts.id;
    plan.has_base |= is_base;
    if (!is_base) plan.adapters.push_back(AdapterOf(*weights, model->facts.id));
  }
  const std::lock_guard lock(mutex_);
  plans_ = std::move(plans);
  for (const auto& [key, engine] : engines_) {
    const auto plan = plans_.find(key);
    engine->SetBound(plan != plans_.end());
    if (plan != plans_.end()) {
      engine->SetAdapters(plan->second.adapters);
    } else {
      reactors_.Spawn(0, engine->Stop(EngineHost::End::kUnload));
    }
  }
}

net::Task<void> Hosts::Stop() {
  std::vector<EngineHost*> engines;
  {
    std::lock_guard lock(mutex_);
    engines.reserve(engines_.size());
    for (const auto& [key, engine] : engines_) engines.push_back(engine.get());
  }
  for (EngineHost* engine : engines) engine->AskToStop();
  for (EngineHost* engine : engines) co_await engine->Stop(EngineHost::End::kForGood);
}

std::optional<EngineStatus> Hosts::StatusOf(const Model& model) const {
  std::lock_guard lock(mutex_);
  const auto* weights = std::get_if<LocalWeights>(&model.binding);
  if (weights == nullptr) return std::nullopt;
  const auto engine = engines_.find(EngineKey(model));
  if (engine == engines_.end()) return std::nullopt;
  EngineStatus status = engine->second->Status();
  if (weights->adapter.empty()) return status;
  const auto adapter =
      std::ranges::find(status.adapters, EngineModelName(*weights), &AdapterStatus::name);
  if (adapter != status.adapters.end() && !adapter->error.empty()) {
    status.state = "failed";
    status.error = adapter->error;
  }
  return status;
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
