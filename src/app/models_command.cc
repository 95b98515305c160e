#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/check_weights.h"
#include "app/commands.h"
#include "app/model_store.h"
#include "app/print.h"
#include "app/pulled_folder.h"
#include "base/json/value.h"
#include "models/binding_target.h"
#include "models/bindings.h"
#include "models/directory.h"
#include "models/facts_json.h"
#include "models/user_models.h"

namespace bedplate::app {
namespace {

int Failed(const Error& error) {
  Complain(error.message);
  return kExitFailure;
}

std::string ShowBinding(const models::Model& model) {
  if (!model.IsBound()) return "nothing";
  if (!model.stands_for.empty()) return model.stands_for;
  if (const auto* local = std::get_if<models::LocalWeights>(&model.binding)) {
    std::string shown = local->file;
    if (!local->adapter.empty()) {
      shown += fmt::format(" + {} x {}", local->adapter_scale, local->adapter);
    }
    if (!local->projector.empty()) shown += " with " + local->projector;
    if (!local->draft.empty()) shown += fmt::format(", draft {}", local->draft);
    return shown;
  }
  if (const auto* bedrock = model.AtBedrock()) {
    return fmt::format("{} ({}, bedrock in {})", bedrock->url,
                       bedrock->model_name.empty() ? "as asked" : bedrock->model_name,
                       bedrock->region);
  }
  const auto& remote = std::get<models::RemoteUpstream>(model.binding);
  const bool anthropic = remote.protocol == models::UpstreamProtocol::kAnthropic;
  return fmt::format("{} ({}{})", remote.url, remote.model_name, anthropic ? ", anthropic" : "");
}

// Whether its weights are where they should be; of a server we only learn by asking it.
bool IsMissing(const models::Model& model) {
  const auto* local = std::get_if<models::LocalWeights>(&model.binding);
  std::error_code ignored;
  if (local == nullptr) return false;
  return std::ranges::any_of(
      std::array{&local->file, &local->adapter, &local->projector, &local->draft},
      [&](const std::string* file) {
        return !file->empty() && !std::filesystem::exists(*file, ignored);
      });
}

std::string_view KindOf(const models::Model& model) {
  if (model.facts.body_format == models::BodyFormat::kNone) return "other";
  return model.facts.use() == models::Use::kText ? "chat" : Text(model.facts.use());
}

json::Value ToJson(const models::Model& model) {
  json::Value value;
  value.Set("model_id", model.facts.id);
  value.Set("name", model.facts.name);
  value.Set("provider", model.facts.provider);
  value.Set("kind", KindOf(model));
  value.Set("added", model.user_added);
  value.Set("bound", model.IsBound());
  value.Set("answered_by", model.IsBound() ? ShowBinding(model) : "");
  value.Set("bound_by", model.bound_by);
  value.Set("missing", IsMissing(model));
  return value;
}

// A file, or that of a pulled model.
Result<std::string> FindWeights(const Settings& settings, const std::string& text) {
  const auto pulled = OpenPulledModels(settings);
  if (!pulled) return std::unexpected(pulled.error());
  return pulled->FileFor(text);
}

}  // namespace

int ListModels(const Settings& settings, bool as_json, bool all) {
  const auto store = ModelStore::Open(settings);
  if (!store) return Failed(store.error());
  const auto listed = (*store)->Models();
  if (!listed) return Failed(listed.error());

  json::Value::Array values;
  std::vector<std::vector<std::string>> rows = {
      {"MODEL", "KIND", "PROVIDER", "ANSWERED BY", "BOUND BY"}};
  size_t left_out = 0;
  for (const models::ModelPtr& model : *listed) {
    if (!all && !model->IsBound()) {
      ++left_out;
      continue;
    }
    values.push_back(ToJson(*model));
    rows.push_back({model->facts.id, std::string(KindOf(*model)), model->facts.provider,
                    ShowBinding(*model) + (IsMissing(*model) ? " (missing)" : ""),
                    model->bound_by});
  }
  if (as_json) {
    Print(json::Value(std::move(values)).ToJson());
    return kExitSuccess;
  }
  Print(Table(rows));
  if (left_out > 0) {
    Print(
        fmt::format("\n{} more models of the catalog have nothing bound to them: bedplate models "
                    "list --all",
                    left_out));
  }
  return kExitSuccess;
}

int AddModel(const Settings& settings, const NewModelArguments& model) {
  const auto store = ModelStore::Open(settings);
  if (!store) return Failed(store.error());
  const auto listed = (*store)->Models();
  if (!listed) return Failed(listed.error());
  for (const models::ModelPtr& known : *listed) {
    if (known->facts.id != model.id || known->user_added) continue;
    Complain(
        fmt::format("{} is a model of the catalog; choose another id, or say what answers for "
                    "it: bedplate models bind {}",
                    model.id, model.id));
    return kExitFailure;
  }
  std::string file = model.file;
  if (!file.empty()) {
    auto found = FindWeights(settings, file);
    if (!found) return Failed(found.error());
    file = std::move(*found);
  }
  if (!(model.lora_file.empty() && model.projector_file.empty() && model.draft_file.empty())) {
    const auto target = models::ReadTarget({.gguf_file = file,
                                            .lora_file = model.lora_file,
                                            .lora_scale = model.lora_scale,
                                            .projector_file = model.projector_file,
                                            .draft_file = model.draft_file},
                                           models::FileIsWanted::kToday);
    if (!target) return Failed(target.error());
    const auto ok = CheckWeights(settings, std::get<models::LocalWeights>(*target), model.use);
    if (!ok) return Failed(ok.error());
  }
  const auto added = models::AddUserModel((*store)->repository(), (*store)->scope(),
                                          {.id = model.id,
                                           .gguf_file = std::move(file),
                                           .lora_file = model.lora_file,
                                           .lora_scale = model.lora_scale,
                                           .projector_file = model.projector_file,
                                           .draft_file = model.draft_file,
                                           .url = model.url,
                                           .protocol = model.protocol,
                                           .upstream_model = model.upstream_model,
                                           .api_key_env = model.api_key_variable,
                                           .region = model.region,
                                           .profile = model.profile,
                                           .name = model.name,
                                           .provider = model.provider,
                                           .use = model.use,
                                           .family = model.family});
  if (!added) return Failed(added.error());
  Print(fmt::format("Added {}: {}", added->facts.id, (*store)->TellServer()));
  return kExitSuccess;
}

int RemoveModel(const Settings& settings, const std::string& id) {
  const auto store = ModelStore::Open(settings);
  if (!store) return Failed(store.error());
  if (const auto removed = (*store)->repository().Remove((*store)->scope(), id); !removed) {
    return Failed(removed.error());
  }
  Print(fmt::format("Removed {} (no file was deleted): {}", id, (*store)->TellServer()));
  return kExitSuccess;
}

int BindModels(const Settings& settings, const BindingArguments& binding) {
  const auto store = ModelStore::Open(settings);
  if (!store) return Failed(store.error());
  const auto listed = (*store)->Models();
  if (!listed) return Failed(listed.error());
  std::string gguf = binding.gguf;
  if (!gguf.empty()) {
    auto found = FindWeights(settings, gguf);
    if (!found) return Failed(found.error());
    gguf = std::move(*found);
  }
  auto target = models::ReadTarget({.gguf_file = std::move(gguf),
                                    .url = binding.url,
                                    .lora_file = binding.lora_file,
                                    .lora_scale = binding.lora_scale,
                                    .projector_file = binding.projector_file,
                                    .draft_file = binding.draft_file,
                                    .protocol = binding.protocol,
                                    .upstream_model = binding.upstream_model,
                                    .api_key_env = binding.api_key_variable,
                                    .region = binding.region,
                                    .profile = binding.profile,
                                    .model = binding.model},
                                   models::FileIsWanted::kToday);
  if (!target) return Failed(target.error());
  if (const auto* weights = std::get_if<models::LocalWeights>(&*target)) {
    const auto ok = CheckWeights(settings, *weights, binding.use);
    if (!ok) return Failed(ok.error());
  }
  const models::BindingRule rule{
      .pattern = binding.pattern, .target = std::move(*target), .use = binding.use};
  if (const auto ok = models::CheckRule(rule, *listed); !ok) return Failed(ok.error());
  if (const auto done = (*store)->repository().Bind({.scope = (*store)->scope(), .rule = rule});
      !done) {
    return Failed(done.error());
  }
  const auto now = (*store)->Models();
  if (!now) return Failed(now.error());
  const auto count = std::ranges::count_if(*now, [&](const models::ModelPtr& model) {
    return model->bound_by == rule.pattern && model->IsBound();
  });
  Print(fmt::format("Bound {} ({} models answer by it): {}", rule.pattern, count,
                    (*store)->TellServer()));
  return kExitSuccess;
}

int UnbindModels(const Settings& settings, const std::string& pattern) {
  const auto store = ModelStore::Open(settings);
  if (!store) return Failed(store.error());
  if (const auto done = (*store)->repository().Unbind((*store)->scope(), pattern); !done) {
    return Failed(done.error());
  }
  Print(fmt::format("Unbound {}: {}", pattern, (*store)->TellServer()));
  return kExitSuccess;
}

}  // namespace bedplate::app
