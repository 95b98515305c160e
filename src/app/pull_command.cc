// `bedplate models pull`: a model from a hub into the data folder, and under an id of one's own.
#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/engine_settings.h"
#include "app/model_store.h"
#include "app/print.h"
#include "app/pulled_folder.h"
#include "base/clock.h"
#include "base/environment.h"
#include "models/hosting/engine_description.h"
#include "models/model_id.h"
#include "models/pull/download.h"
#include "models/pull/hub_exchange.h"
#include "models/pull/hub_files.h"
#include "models/pull/pulled_models.h"
#include "models/pull/reference.h"
#include "models/user_models.h"
#include "net/reactors.h"

namespace bedplate::app {
namespace {

using models::HubReference;

constexpr std::chrono::seconds kProgressPause{1};

int Failed(const Error& error) {
  Complain(error.message);
  return kExitFailure;
}

// No hub is built in: the person says which one, for this pull or for all.
std::string HubUrl(const Settings& settings, const Environment& environment,
                   const HubReference& reference, const std::string& given) {
  if (!given.empty()) return given;
  if (reference.hub == HubReference::Hub::kOllama) return settings.models.ollama_url;
  if (!settings.models.hugging_face_url.empty()) return settings.models.hugging_face_url;
  return Find(environment, "HF_ENDPOINT").value_or("");
}

std::string NoHub(const HubReference& reference) {
  if (reference.hub == HubReference::Hub::kOllama) {
    return fmt::format(
        "{} is of an Ollama registry: say which with --hub URL or the setting "
        "models.ollama_url",
        reference.Text());
  }
  return fmt::format(
      "{} is of a Hugging Face hub: say which with --hub URL, the setting "
      "models.hugging_face_url or the variable HF_ENDPOINT",
      reference.Text());
}

// About once a second, for a person or a log.
class Progress {
 public:
  Progress(std::string name, uint64_t bytes) : name_(std::move(name)), bytes_(bytes) {}

  void Tell(uint64_t bytes) {
    const MonotonicTime now = SystemClock().Monotonic();
    if (now - told_ < kProgressPause && bytes < bytes_) return;
    told_ = now;
    std::fputs(fmt::format("{}: {} of {}\n", name_, ShowBytes(bytes), ShowBytes(bytes_)).c_str(),
               stderr);
  }

 private:
  const std::string name_;
  const uint64_t bytes_;
  MonotonicTime told_{};
};

net::Task<Result<void>> Bring(models::HubExchange& hub, const std::vector<models::HubFile>& files,
                              const std::filesystem::path& folder) {
  for (const models::HubFile& file : files) {
    Progress progress(file.name, file.bytes);
    auto done =
        co_await models::Download(hub, file, folder, [&](uint64_t bytes) { progress.Tell(bytes); });
    if (!done) co_return done;
  }
  co_return Result<void>();
}

// Where the files of a pulled model lie.
struct PulledFiles {
  std::string weights;
  std::string projector;  // empty without
};

// Whether the id may be given to a model of these files, asked before gigabytes of them come:
// whether it is served from them already, else why not.
Result<bool> CheckId(ModelStore& store, const std::string& id, const PulledFiles& files) {
  if (auto good = models::CheckNewModelId(id); !good) return std::unexpected(good.error());
  const auto listed = store.Models();
  if (!listed) return std::unexpected(listed.error());
  for (const models::ModelPtr& known : *listed) {
    if (known->facts.id != id) continue;
    const auto* weights = std::get_if<models::LocalWeights>(&known->binding);
    if (weights != nullptr && weights->file == files.weights) {
      if (weights->projector == files.projector) return true;
      const auto shown = [](const std::string& projector) {
        return projector.empty() ? "without a projector" : "with the projector " + projector;
      };
      return Fail(Fault::kConflict,
                  fmt::format("{} is served from it {}, and not {}; remove it, choose another id "
                              "with --id or say which with --projector",
                              id, shown(weights->projector), shown(files.projector)));
    }
    return Fail(Fault::kConflict,
                fmt::format("{} is {} already; choose another id with --id", id,
                            known->user_added ? "a model of another file" : "in the catalog"));
  }
  return false;
}

void TellOfProjector(const models::HubModel& model) {
  if (model.projectors == 0) return;
  if (!model.projector) {
    Print(fmt::format("The hub has {} projectors of it; it comes without, and takes no images",
                      model.projectors));
    return;
  }
  Print(fmt::format(
      "With the projector {}{}", model.projector->name,
      model.projectors == 1 ? "" : fmt::format(" (of {}; --projector chooses)", model.projectors)));
}

int AddPulled(ModelStore& store, const models::EngineDescription& description,
              const std::string& id, const PulledFiles& files) {
  const auto added = models::AddUserModel(store.repository(), store.scope(),
                                          {.id = id,
                                           .gguf_file = files.weights,
                                           .projector_file = files.projector,
                                           .use = description.use});
  if (!added) return Failed(added.error());
  Print(fmt::format("Added {}: {}", added->facts.id, store.TellServer()));
  return kExitSuccess;
}

}  // namespace

int PullModel(const Settings& settings, const PullArguments& arguments) {
  const auto reference = models::ParseHubReference(arguments.reference);
  if (!reference) return Failed(reference.error());
  const Environment environment = ReadEnvironment();
  const std::string url = HubUrl(settings, environment, *reference, arguments.hub);
  if (url.empty()) {
    Complain(NoHub(*reference));
    return kExitUsage;
  }
  // A limit on the size of files is an error of a write, as a full disk is.
  signal(SIGXFSZ, SIG_IGN);
  const bool takes_token = reference->hub == HubReference::Hub::kHuggingFace;
  const auto pulled = OpenPulledModels(settings);
  if (!pulled) return Failed(pulled.error());
  net::Reactors reactors({.threads = 1});
  models::HubExchange hub(reactors,
                          {.url = url,
                           .token = takes_token ? Find(environment, "HF_TOKEN").value_or("") : "",
                           .tls_ca_file = Find(environment, "SSL_CERT_FILE").value_or("")});
  const auto model = reactors.Run(0, models::FindHubFiles(hub, *reference, arguments.projector));
  if (!model) return Failed(model.error());
  std::vector<models::HubFile> files = model->weights;
  PulledFiles places{.weights = pulled->PathOf(*reference, files.front()), .projector = {}};
  if (model->projector) {
    files.push_back(*model->projector);
    places.projector = pulled->PathOf(*reference, files.back());
  }
  const std::string id = arguments.id.empty() ? models::ModelIdFor(*reference) : arguments.id;
  std::unique_ptr<ModelStore> store;
  bool is_served = false;
  if (!arguments.only_files) {
    auto opened = ModelStore::Open(settings);
    if (!opened) return Failed(opened.error());
    store = std::move(*opened);
    const auto checked = CheckId(*store, id, places);
    if (!checked) return Failed(checked.error());
    is_served = *checked;
  }
  const auto brought = reactors.Run(0, Bring(hub, files, pulled->FolderOf(*reference)));
  if (!brought) return Failed(brought.error());
  const auto noted = pulled->Note(*reference, files);
  if (!noted) return Failed(noted.error());
  Print(fmt::format("Pulled {} to {}", reference->Text(), *noted));
  TellOfProjector(*model);
  if (arguments.only_files) return kExitSuccess;
  if (is_served) {
    Print(fmt::format("{} is served from it already", id));
    return kExitSuccess;
  }

  const models::EngineOptions engine = MakeEngineOptions(settings, environment);
  auto command = models::EngineCommand(engine, 0, models::Use::kText);
  command.arguments.insert(command.arguments.begin(), {"--describe", places.weights});
  if (!places.projector.empty()) {
    command.arguments.insert(command.arguments.end(), {"--projector", places.projector});
  }
  const auto description =
      reactors.Run(0, models::Describe(reactors.at(0).executor(), command, engine.describe_max));
  if (!description) {
    Complain(fmt::format(
        "it was not added, as the engine can't use it: {}{}", description.error().message,
        places.projector.empty() ? "" : ". With --projector none it comes without one"));
    return kExitFailure;
  }
  return AddPulled(*store, *description, id, places);
}

}  // namespace bedplate::app
