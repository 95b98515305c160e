#include "app/wire_models.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "app/engine_settings.h"
#include "app/model_memory_budget.h"
#include "base/clock.h"
#include "base/log.h"

namespace bedplate::app {
namespace {

constexpr std::string_view kDocuments = "bedplate-documents";
constexpr std::string_view kImages = "bedplate-images";

runtime::ImageProgram Images(const ModelInputs& inputs) {
  return {FindHelper(kImages, inputs.environment), ChildEnvironment(inputs.environment),
          inputs.bodies};
}

// A server without an engine still answers for models at URLs.
void WarnOfMissingEngine(const std::string& program) {
  if (access(program.c_str(), X_OK) == 0) return;
  log::Warning("app",
               "the engine program can't be run: models with weights on this machine won't answer",
               {{"program", program},
                {"error", std::error_code(errno, std::generic_category()).message()},
                {"setting", "engine.program"}});
}

models::HostOptions MakeHostOptions(const ModelInputs& inputs) {
  const Settings& settings = inputs.settings;
  const std::chrono::milliseconds request_max(settings.models.request_ms_max);
  models::HostOptions options;
  options.engine = MakeEngineOptions(settings, inputs.environment);
  options.memory_bytes_max = MemoryForModels(settings);
  options.idle_unload = std::chrono::seconds(settings.models.idle_unload_s);
  WarnOfMissingEngine(options.engine.program);
  options.engine.runtime_folder = inputs.runtime_folder.string();
  options.engine.prefixes_folder = inputs.prefixes_folder.string();
  options.connect_max = std::chrono::milliseconds(settings.models.connect_ms_max);
  options.request_max = request_max;
  options.environment = inputs.environment;
  return options;
}

}  // namespace

Result<std::unique_ptr<ModelParts>> ModelParts::Make(const ModelInputs& inputs) {
  auto catalog = ReadCatalog(inputs.settings);
  if (!catalog) return std::unexpected(catalog.error());
  std::unique_ptr<ModelParts> parts(new ModelParts(inputs, std::move(*catalog)));
  if (parts->ReloadIfChanged() < 0) {
    return Fail(Fault::kUnavailable, "cannot read the models from the database");
  }
  if (auto restored = parts->usage_store_.Restore(); !restored) {
    return std::unexpected(std::move(restored.error()));
  }
  return parts;
}

ModelParts::ModelParts(const ModelInputs& inputs, Catalog catalog)
    : scope_(inputs.scope),
      reactors_(inputs.reactors),
      pool_(inputs.pool),
      repository_(inputs.database),
      directory_(std::move(catalog.models), &repository_,
                 {.rules = std::move(catalog.rules),
                  .require_agreements = inputs.settings.models.require_agreements,
                  .denied = inputs.settings.access.deny,
                  .endpoint_servers = inputs.settings.models.endpoint_servers}),
      access_(inputs.database, directory_),
      profiles_(inputs.database, directory_),
      endpoints_(inputs.database, directory_, inputs.settings.models.endpoint_servers),
      routers_(inputs.database, directory_),
      policies_(inputs.database, directory_),
      tags_(inputs.database),
      hosts_(inputs.reactors, MakeHostOptions(inputs), SystemClock()),
      client_(hosts_),
      converser_(client_, inputs.pool,
                 runtime::DocumentProgram(FindHelper(kDocuments, inputs.environment),
                                          ChildEnvironment(inputs.environment)),
                 SystemClock(), Images(inputs)),
      invoker_(client_, SystemClock(), Images(inputs)),
      stored_responses_(inputs.database, inputs.pool, SystemClock()),
      usage_store_(inputs.database, inputs.scope, usage_) {}

int64_t ModelParts::ReloadIfChanged() {
  const auto revision = repository_.Revision();
  if (!revision || *revision == revision_) return revision_;
  if (const auto read = directory_.Reload(); !read) {
    log::Error("app", "cannot read the models from the database",
               {{"reason", read.error().message}});
    return revision_;
  }
  if (revision_ >= 0) {
    log::Info("app", "the models were read again", {{"models", directory_.List(scope_).size()}});
  }
  hosts_.StopUnused(directory_.List(scope_));
  revision_ = *revision;
  return revision_;
}

std::vector<models::ModelPtr> ModelParts::Named(const std::vector<std::string>& ids,
                                                std::string_view setting) const {
  std::vector<models::ModelPtr> found;
  for (const std::string& id : ids) {
    if (auto model = directory_.Resolve(id, scope_)) {
      found.push_back(std::move(*model));
    } else {
      log::Error("app", "a setting names a model that is not there",
                 {{"setting", setting}, {"model", id}});
    }
  }
  return found;
}

void ModelParts::WarmUp(const std::vector<std::string>& ids) {
  hosts_.WarmUp(Named(ids, "models.warm_up"));
}

void ModelParts::Pin(const std::vector<std::string>& ids) {
  if (!ids.empty()) hosts_.Pin(Named(ids, "models.pinned"));
}

void ModelParts::KeepUsage() {
  const auto saved = usage_store_.Save();
  if (saved) return;
  log::Warning("app", "what was used of models can't be kept now; it is tried again",
               {{"reason", saved.error().message}});
}

void ModelParts::Stop() { reactors_.Run(0, hosts_.Stop()); }

}  // namespace bedplate::app
