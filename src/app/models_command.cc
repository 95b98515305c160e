#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "account/identity/root_credentials.h"
#include "app/commands.h"
#include "app/find_server.h"
#include "app/print.h"
#include "base/json/value.h"
#include "models/catalog.h"
#include "models/directory.h"
#include "models/model_repository.h"
#include "models/state_repository.h"
#include "models/user_models.h"
#include "state/database.h"
#include "state/model_table.h"

namespace bedplate::app {
namespace {

constexpr int kServerRounds = 150;
constexpr int kServerRoundMs = 20;

// What the commands need of the server's state. A running server is not asked: the database may be
// open in several processes.
class ModelStore {
 public:
  static Result<std::unique_ptr<ModelStore>> Open(const Settings& settings) {
    const auto folder = DataFolder::Open(settings.data.folder);
    if (!folder) return std::unexpected(folder.error());
    auto root = account::LoadOrCreateRootCredentials(folder->path());
    if (!root) return std::unexpected(root.error());
    auto database = state::Database::Open(folder->database());
    if (!database) return std::unexpected(database.error());
    // Beside a running server, its region counts: a model of another one would be added unseen.
    const auto server = FindServer(*folder);
    const std::string& region =
        server && server->document ? server->document->region : settings.account.region;
    return std::unique_ptr<ModelStore>(new ModelStore(
        *folder, {.account = root->account, .region = region}, std::move(*database)));
  }

  const DataFolder& folder() const { return folder_; }
  const models::Scope& scope() const { return scope_; }
  models::StateRepository& repository() { return repository_; }

 private:
  ModelStore(DataFolder folder, models::Scope scope, std::unique_ptr<state::Database> database)
      : folder_(std::move(folder)), scope_(std::move(scope)), database_(std::move(database)) {}

  DataFolder folder_;
  models::Scope scope_;
  std::unique_ptr<state::Database> database_;
  state::ModelTable table_{*database_};
  models::StateRepository repository_{table_};
};

int Failed(const Error& error) {
  Complain(error.message);
  return kExitFailure;
}

// Waits until a running server has read what was just committed, and says how that went.
std::string TellServer(ModelStore& store) {
  const auto server = FindServer(store.folder());
  if (!server || server->pid <= 0) return "no server runs; the next one will read it";
  kill(server->pid, SIGUSR1);  // it looks once a second anyway
  const auto wanted = store.repository().Revision();
  for (int i = 0; wanted && i < kServerRounds; ++i) {
    const auto now = FindServer(store.folder());
    if (now && now->document && now->document->models_revision >= *wanted) {
      return fmt::format("the running server (process {}) has read it", server->pid);
    }
    poll(nullptr, 0, kServerRoundMs);
  }
  return fmt::format("the running server (process {}) has not read it yet", server->pid);
}

std::string ShowBinding(const models::Binding& binding) {
  if (const auto* local = std::get_if<models::LocalWeights>(&binding)) return local->file;
  const auto& remote = std::get<models::RemoteUpstream>(binding);
  return fmt::format("{} ({})", remote.url, remote.model_name);
}

// Whether its weights are where they should be; of a server we only learn by asking it.
bool IsMissing(const models::Model& model) {
  const auto* local = std::get_if<models::LocalWeights>(&model.binding);
  std::error_code ignored;
  return local != nullptr && !std::filesystem::exists(local->file, ignored);
}

json::Value ToJson(const models::Model& model) {
  json::Value value;
  value.Set("model_id", model.facts.id);
  value.Set("name", model.facts.name);
  value.Set("provider", model.facts.provider);
  value.Set("kind", model.facts.MakesEmbeddings() ? "embeddings" : "chat");
  value.Set("added", model.user_added);
  value.Set("answered_by", ShowBinding(model.binding));
  value.Set("missing", IsMissing(model));
  return value;
}

}  // namespace

int ListModels(const Settings& settings, bool as_json) {
  const auto store = ModelStore::Open(settings);
  if (!store) return Failed(store.error());
  auto catalog = models::ParseCatalog(models::BuiltInCatalogJson(), settings.models.folder);
  if (!catalog) return Failed(catalog.error());
  models::ModelDirectory directory(std::move(*catalog), &(*store)->repository());
  if (const auto read = directory.Reload(); !read) return Failed(read.error());

  json::Value::Array values;
  std::vector<std::vector<std::string>> rows = {{"MODEL", "KIND", "FROM", "ANSWERED BY"}};
  for (const models::ModelPtr& model : directory.List((*store)->scope())) {
    values.push_back(ToJson(*model));
    rows.push_back({model->facts.id, model->facts.MakesEmbeddings() ? "embeddings" : "chat",
                    model->user_added ? "you" : "Bedplate",
                    ShowBinding(model->binding) + (IsMissing(*model) ? " (missing)" : "")});
  }
  Print(as_json ? json::Value(std::move(values)).ToJson() : Table(rows));
  return kExitSuccess;
}

int AddModel(const Settings& settings, const NewModelArguments& model) {
  const auto catalog = models::ParseCatalog(models::BuiltInCatalogJson(), settings.models.folder);
  if (!catalog) return Failed(catalog.error());
  for (const models::Model& known : *catalog) {
    if (known.facts.id != model.id) continue;
    Complain(fmt::format("{} is a model that comes with Bedplate; choose another id", model.id));
    return kExitFailure;
  }
  const auto store = ModelStore::Open(settings);
  if (!store) return Failed(store.error());
  std::string file = model.file;
  if (!file.empty()) file = std::filesystem::absolute(file).lexically_normal().string();
  const auto added = models::AddUserModel((*store)->repository(), (*store)->scope(),
                                          {.id = model.id,
                                           .gguf_file = std::move(file),
                                           .url = model.url,
                                           .upstream_model = model.upstream_model,
                                           .api_key_env = model.api_key_variable,
                                           .name = model.name,
                                           .provider = model.provider,
                                           .embeddings = model.embeddings,
                                           .family = model.family});
  if (!added) return Failed(added.error());
  Print(fmt::format("Added {}: {}", added->facts.id, TellServer(**store)));
  return kExitSuccess;
}

int RemoveModel(const Settings& settings, const std::string& id) {
  const auto store = ModelStore::Open(settings);
  if (!store) return Failed(store.error());
  if (const auto removed = (*store)->repository().Remove((*store)->scope(), id); !removed) {
    return Failed(removed.error());
  }
  Print(fmt::format("Removed {} (no file was deleted): {}", id, TellServer(**store)));
  return kExitSuccess;
}

}  // namespace bedplate::app
