#include "app/server_program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "account/identity/root_credentials.h"
#include "app/client_lines.h"
#include "app/own_program.h"
#include "app/print.h"
#include "app/server_document.h"
#include "app/server_metrics.h"
#include "app/version.h"
#include "app/wire_authorization.h"
#include "app/wire_gateway.h"
#include "app/wire_identity.h"
#include "app/wire_keys.h"
#include "app/wire_models.h"
#include "app/wire_net.h"
#include "app/wire_objects.h"
#include "app/wire_services.h"
#include "base/byte_budget.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/log.h"
#include "net/blocking_pool.h"
#include "net/reactors.h"
#include "net/server.h"
#include "state/database.h"

namespace bedplate::app {
namespace {

// As long as an engine keeps them itself.
constexpr std::chrono::hours kPrefixesUnusedMax{24};
// Engines do it too, but not those of models that nobody uses, or that are no more.
constexpr std::chrono::hours kTidyEvery{1};

}  // namespace

// Destroyed from the last to the first: each part uses those above it.
class ServerProgram::Parts {
 public:
  Parts(Settings given, DataFolder opened, ServerLock taken)
      : settings(std::move(given)), folder(std::move(opened)), lock(std::move(taken)) {}

  void TidyPrefixes();

  Settings settings;
  DataFolder folder;
  ServerLock lock;
  const Environment environment = ReadEnvironment();
  account::RootCredentials root;
  std::filesystem::path runtime_folder;
  MonotonicTime tidy_at{};
  std::unique_ptr<state::Database> database;
  // What requests hold: their bodies, and images as pixels.
  const std::shared_ptr<ByteBudget> bodies =
      std::make_shared<ByteBudget>(static_cast<uint64_t>(settings.limits.bodies_bytes_max));
  std::optional<net::Reactors> reactors;
  std::optional<net::BlockingPool> pool;
  std::unique_ptr<ModelParts> models;
  std::unique_ptr<IdentityParts> identity;
  std::unique_ptr<KeyParts> keys;
  std::unique_ptr<ObjectParts> objects;
  std::optional<ServiceParts> services;
  std::optional<AuthorizationParts> authorization;
  std::unique_ptr<GatewayParts> gateway;
  std::optional<net::Server> server;
  ServerDocument document;
  bool document_written = false;
};

ServerProgram::ServerProgram(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

ServerProgram::~ServerProgram() {
  if (parts_->reactors) Stop(std::chrono::milliseconds(0));
}

Result<std::unique_ptr<ServerProgram>> ServerProgram::Start(const Settings& settings,
                                                            const RecordingChoice& recording) {
  auto recordings = RecordingParts::Open(recording);
  if (!recordings) return std::unexpected(std::move(recordings.error()));
  auto folder = DataFolder::Open(settings.data.folder);
  if (!folder) return std::unexpected(folder.error());
  auto lock = ServerLock::Take(*folder);
  if (!lock) return std::unexpected(lock.error());
  auto owned = std::make_unique<Parts>(settings, std::move(*folder), std::move(*lock));
  Parts& parts = *owned;
  // From here on a failure goes through Stop, which takes apart what is there.
  std::unique_ptr<ServerProgram> program(new ServerProgram(std::move(owned)));

  auto root = account::LoadOrCreateRootCredentials(parts.folder.path());
  if (!root) return std::unexpected(root.error());
  parts.root = std::move(*root);
  auto database = state::Database::Open(parts.folder.database());
  if (!database) return std::unexpected(database.error());
  parts.database = std::move(*database);
  parts.TidyPrefixes();
  auto runtime_folder = OpenRuntimeFolder(parts.folder);
  if (!runtime_folder) return std::unexpected(runtime_folder.error());
  parts.runtime_folder = std::move(*runtime_folder);

  parts.reactors.emplace(MakeReactorOptions(settings));
  parts.pool.emplace(static_cast<size_t>(settings.server.blocking_threads));
  auto models =
      ModelParts::Make({.settings = settings,
                        .environment = parts.environment,
                        .scope = {.account = parts.root.account, .region = settings.account.region},
                        .runtime_folder = parts.runtime_folder,
                        .prefixes_folder = parts.folder.prefixes(),
                        .database = *parts.database,
                        .reactors = *parts.reactors,
                        .pool = *parts.pool,
                        .bodies = *parts.bodies});
  if (!models) return std::unexpected(models.error());
  parts.models = std::move(*models);
  auto identity = IdentityParts::Make(parts.folder, parts.root, *parts.database);
  if (!identity) return std::unexpected(identity.error());
  parts.identity = std::move(*identity);
  auto keys = KeyParts::Make(settings, parts.environment, parts.folder.path(), *parts.database);
  if (!keys) return std::unexpected(keys.error());
  parts.keys = std::move(*keys);
  auto objects = ObjectParts::Make(settings, parts.folder.objects(), *parts.database,
                                   parts.keys->envelopes(), *parts.reactors);
  if (!objects) return std::unexpected(objects.error());
  parts.objects = std::move(*objects);
  parts.services.emplace(
      *parts.models, *parts.identity, *parts.keys, *parts.objects, *parts.reactors,
      services::bedrock_runtime::RelayOptions{
          .connect_max = std::chrono::milliseconds(settings.models.connect_ms_max),
          .request_max = std::chrono::milliseconds(settings.models.request_ms_max),
          .environment = parts.environment,
          .credentials_file = settings.bedrock.credentials_file});
  parts.authorization.emplace(AuthorizationInputs{.models = *parts.models,
                                                  .keys = parts.keys->store(),
                                                  .identities = &parts.identity->store(),
                                                  .buckets = &parts.objects->buckets(),
                                                  .objects = &parts.objects->store()});
  parts.gateway = std::make_unique<GatewayParts>(
      settings, parts.root, parts.identity->identities(), parts.bodies, ServiceParts::All(),
      parts.services->MakeDispatcher(),
      // Called by requests, so only while the server is there.
      [&parts](gateway::Exposition& out) {
        WriteConnectionMetrics(parts.server->Counts(), out);
        WriteEngineMetrics(parts.models->Engines(), parts.models->memory_budget_bytes(), out);
        WriteUsageMetrics(parts.models->usage().Lines(), out);
      },
      parts.services->relay(), std::move(*recordings), *parts.pool,
      parts.authorization->directories(), &parts.objects->buckets());

  parts.server.emplace(*parts.reactors, parts.gateway->handler(), MakeServerOptions(settings));
  const auto port =
      parts.server->ListenTcp(settings.listen.address, static_cast<uint16_t>(settings.listen.port));
  if (!port) {
    return Fail(
        port.error().fault,
        fmt::format("{}. The settings are listen.address and listen.port", port.error().message));
  }
  const auto now_ms = std::chrono::floor<std::chrono::milliseconds>(SystemClock().Now());
  parts.document = {.version = std::string(kVersion),
                    .pid = getpid(),
                    .endpoint = EndpointUrl(settings, *port),
                    .region = settings.account.region,
                    .started_at_ms = now_ms.time_since_epoch().count(),
                    .models_revision = 0,
                    .memory_budget_bytes = parts.models->memory_budget_bytes(),
                    .engines = {},
                    .usage = {}};
  program->KeepHouse();
  parts.gateway->SetReady(true);
  if (!recording.replays()) {
    parts.models->Pin(settings.models.pinned);
    parts.models->WarmUp(settings.models.warm_up);
  }
  return program;
}

const DataFolder& ServerProgram::data_folder() const { return parts_->folder; }
const std::string& ServerProgram::endpoint() const { return parts_->document.endpoint; }

std::string ServerProgram::ReadyText(bool folder_was_chosen) const {
  std::string program = OwnProgramForShell(parts_->environment) + " env";
  if (folder_was_chosen) {
    program += " --set " + QuoteForShell("data.folder=" + parts_->folder.path().string());
  }
  const auto programs = Find(parts_->environment, "BEDPLATE_CLIENTS_FOLDER");
  return fmt::format(
      "Bedplate {} is ready. Paste this into another shell (or: eval \"$({})\"):\n\n"
      "{}\n\nThen try:\n\n{}\n",
      kVersion, program,
      ExportLines(endpoint(), parts_->settings.account.region, parts_->root, false),
      TryLines(kFirstModelId, programs.value_or("")));
}

void ServerProgram::Parts::TidyPrefixes() {
  if (SystemClock().Monotonic() < tidy_at) return;
  tidy_at = SystemClock().Monotonic() + kTidyEvery;
  const WallTime now = SystemClock().Now();
  RemoveOldPrefixes(folder, settings.engine.prefixes_mb == 0 ? now : now - kPrefixesUnusedMax);
}

void ServerProgram::KeepHouse() {
  parts_->TidyPrefixes();
  parts_->models->Tend();
  parts_->models->KeepUsage();
  parts_->identity->KeepHouse();
  parts_->keys->Tend();
  parts_->objects->Tend();
  ServerDocument now = parts_->document;
  now.models_revision = parts_->models->ReloadIfChanged();
  now.engines.clear();
  for (const models::EngineStatus& engine : parts_->models->Engines()) {
    std::vector<AdapterLine> adapters;
    adapters.reserve(engine.adapters.size());
    for (const models::AdapterStatus& adapter : engine.adapters) {
      adapters.push_back({.model_id = adapter.model_id, .error = adapter.error});
    }
    now.engines.push_back({.model_id = engine.model_id,
                           .state = std::string(engine.state),
                           .pid = engine.pid,
                           .error = engine.error,
                           .pinned = engine.pinned,
                           .held_bytes = engine.held_bytes,
                           .loaded_bytes = engine.loaded_bytes,
                           .total_bytes = engine.total_bytes,
                           .adapters = std::move(adapters)});
  }
  now.usage = parts_->models->usage().Lines();
  if (parts_->document_written && now == parts_->document) return;
  if (const auto written = WriteServerDocument(parts_->folder.server_document(), now); !written) {
    log::Warning("app", "`bedplate status` will be out of date",
                 {{"reason", written.error().message}});
    return;
  }
  parts_->document = std::move(now);
  parts_->document_written = true;
}

bool ServerProgram::Stop(std::chrono::milliseconds grace) {
  Parts& parts = *parts_;
  if (!parts.reactors) return true;
  if (parts.gateway) parts.gateway->SetReady(false);
  const bool whole = parts.server ? parts.server->Drain(grace) : true;
  if (parts.models) {
    parts.models->KeepUsage();
    parts.models->Stop();
  }
  if (parts.identity) parts.identity->KeepHouse();
  parts.server.reset();
  parts.reactors->Stop();
  parts.gateway.reset();
  parts.services.reset();
  parts.objects.reset();
  parts.keys.reset();
  parts.identity.reset();
  parts.models.reset();
  parts.pool.reset();
  parts.reactors.reset();
  std::error_code ignored;
  std::filesystem::remove(parts.folder.server_document(), ignored);
  std::filesystem::remove_all(parts.runtime_folder, ignored);
  return whole;
}

}  // namespace bedplate::app
