#include "app/model_store.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <utility>

#include "account/identity/root_credentials.h"
#include "app/find_server.h"
#include "app/wire_catalog.h"

namespace bedplate::app {
namespace {

constexpr int kServerRounds = 150;
constexpr int kServerRoundMs = 20;

}  // namespace

Result<std::unique_ptr<ModelStore>> ModelStore::Open(const Settings& settings) {
  auto folder = DataFolder::Open(settings.data.folder);
  if (!folder) return std::unexpected(folder.error());
  auto root = account::LoadOrCreateRootCredentials(folder->path());
  if (!root) return std::unexpected(root.error());
  auto database = state::Database::Open(folder->database());
  if (!database) return std::unexpected(database.error());
  const auto server = FindServer(*folder);
  const std::string& region =
      server && server->document ? server->document->region : settings.account.region;
  models::Scope scope{.account = root->account, .region = region};
  return std::unique_ptr<ModelStore>(
      new ModelStore(settings, std::move(*folder), std::move(scope), std::move(*database)));
}

ModelStore::ModelStore(const Settings& settings, DataFolder folder, models::Scope scope,
                       std::unique_ptr<state::Database> database)
    : settings_(settings),
      folder_(std::move(folder)),
      scope_(std::move(scope)),
      database_(std::move(database)),
      repository_(*database_) {}

Result<std::vector<models::ModelPtr>> ModelStore::Models() {
  auto catalog = ReadCatalog(settings_);
  if (!catalog) return std::unexpected(catalog.error());
  models::ModelDirectory directory(std::move(catalog->models), &repository_,
                                   {.rules = std::move(catalog->rules)});
  if (auto read = directory.Reload(); !read) return std::unexpected(read.error());
  return directory.List(scope_);
}

std::string ModelStore::TellServer() {
  const auto server = FindServer(folder_);
  if (!server || server->pid <= 0) return "no server runs; the next one will read it";
  kill(server->pid, SIGUSR1);  // it looks once a second anyway
  const auto wanted = repository_.Revision();
  for (int i = 0; wanted && i < kServerRounds; ++i) {
    const auto now = FindServer(folder_);
    if (now && now->document && now->document->models_revision >= *wanted) {
      return fmt::format("the running server (process {}) has read it", server->pid);
    }
    poll(nullptr, 0, kServerRoundMs);
  }
  return fmt::format("the running server (process {}) has not read it yet", server->pid);
}

}  // namespace bedplate::app
