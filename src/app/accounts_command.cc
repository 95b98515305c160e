#include <fmt/format.h>

#include "account/identity/entity_json.h"
#include "account/identity/root_credentials.h"
#include "account/identity/seal.h"
#include "app/commands.h"
#include "app/data_folder.h"
#include "app/print.h"
#include "base/clock.h"
#include "base/json/value.h"
#include "state/database.h"
#include "state/identity_table.h"

namespace bedplate::app {
namespace {

// What both commands work on.
struct Opened {
  account::RootCredentials first{};
  account::Sealer sealer{};
  std::unique_ptr<state::Database> database{};
};

Result<Opened> Open(const Settings& settings) {
  const auto folder = DataFolder::Open(settings.data.folder);
  if (!folder) return std::unexpected(folder.error());
  auto first = account::LoadOrCreateRootCredentials(folder->path());
  if (!first) return std::unexpected(std::move(first.error()));
  auto sealer = account::Sealer::Load(folder->path());
  if (!sealer) return std::unexpected(std::move(sealer.error()));
  auto database = state::Database::Open(folder->database());
  if (!database) return std::unexpected(std::move(database.error()));
  return Opened{
      .first = std::move(*first), .sealer = std::move(*sealer), .database = std::move(*database)};
}

int Failed(const Error& error) {
  Complain(error.message);
  return kExitFailure;
}

json::Value ToJson(const account::RootCredentials& root, const std::string& name) {
  json::Value value;
  value.Set("account_id", root.account);
  value.Set("name", name);
  value.Set("access_key_id", root.access_key_id);
  value.Set("secret_access_key", root.secret_access_key);
  value.Set("bearer_key", root.bearer_key);
  return value;
}

}  // namespace

int AddAccount(const Settings& settings, const std::string& name, bool as_json) {
  auto opened = Open(settings);
  if (!opened) return Failed(opened.error());
  const account::RootCredentials root = account::NewRootCredentials();
  const auto now_ms = std::chrono::floor<std::chrono::milliseconds>(SystemClock().Now());
  state::IdentityTable table(*opened->database);
  const auto inserted = table.Insert({.account = root.account,
                                      .name = name,
                                      .root = account::SealRoot(root, opened->sealer),
                                      .created_at_ms = now_ms.time_since_epoch().count()});
  if (!inserted) return Failed(inserted.error());
  if (as_json) {
    Print(ToJson(root, name).ToJson() + "\n");
    return kExitSuccess;
  }
  Print(
      fmt::format("Account {} was added; a running server knows it within a second. Its root's "
                  "keys, which `bedplate accounts list --keys` tells again:\n\n"
                  "export AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n",
                  root.account, root.access_key_id, root.secret_access_key));
  return kExitSuccess;
}

int ListAccounts(const Settings& settings, bool keys, bool as_json) {
  auto opened = Open(settings);
  if (!opened) return Failed(opened.error());
  const auto loaded = state::IdentityTable(*opened->database).Load();
  if (!loaded) return Failed(loaded.error());
  std::vector<std::pair<account::RootCredentials, std::string>> accounts;
  accounts.emplace_back(opened->first, "");
  for (const state::AccountRow& row : loaded->accounts) {
    auto root = account::OpenRoot(row.root, opened->sealer);
    if (!root) return Failed(root.error());
    accounts.emplace_back(std::move(*root), row.name);
  }
  json::Value::Array list;
  std::string text;
  for (const auto& [root, name] : accounts) {
    json::Value value = ToJson(root, name);
    for (const char* secret : {"access_key_id", "secret_access_key", "bearer_key"}) {
      if (!keys) value.Remove(secret);
    }
    list.push_back(std::move(value));
    text += fmt::format("{}  {}\n", root.account, name);
    if (keys) text += fmt::format("  {}  {}\n", root.access_key_id, root.secret_access_key);
  }
  Print(as_json ? json::Value(std::move(list)).ToJson() + "\n" : text);
  return kExitSuccess;
}

}  // namespace bedplate::app
