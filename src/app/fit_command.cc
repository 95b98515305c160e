// `bedplate models fit`: what this machine can hold. The engine says what each file needs, in a
// process of its own.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/check_weights.h"
#include "app/commands.h"
#include "app/engine_settings.h"
#include "app/find_server.h"
#include "app/model_memory_budget.h"
#include "app/model_store.h"
#include "app/print.h"
#include "app/processor_facts.h"
#include "base/environment.h"
#include "base/json/value.h"
#include "base/machine_memory.h"
#include "models/hosting/engine_description.h"
#include "net/reactors.h"

namespace bedplate::app {
namespace {

struct Candidate {
  std::string name;  // a model's id, or a file as it was given
  models::LocalWeights weights;
  models::Use use = models::Use::kText;
  // The model whose engine has this one's adapter, or empty: the weights are in memory once.
  std::string shares_engine_of{};
};

struct Fitting {
  Candidate candidate;
  std::string trouble{};  // why the file can't be used, or empty
  models::EngineDescription description{};
  std::optional<models::Room> fits{};  // the largest context that does
};

struct Machine {
  MachineMemory memory;
  uint64_t budget_bytes = 0;
  ProcessorFacts processor;
};

std::string_view Verdict(const Fitting& fitting) {
  if (!fitting.trouble.empty()) return "unusable";
  if (!fitting.fits) return "does_not_fit";
  const int wanted = fitting.description.contexts.front().cells;
  return fitting.fits->context_cells < wanted ? "fits_smaller" : "fits";
}

std::string VerdictText(const Fitting& fitting) {
  const std::string_view verdict = Verdict(fitting);
  if (verdict == "unusable") return "can't be used: " + fitting.trouble;
  std::string text = "does not fit";
  if (verdict == "fits") text = "fits";
  if (verdict == "fits_smaller") {
    text = fmt::format("fits with a context of {}", fitting.fits->context_cells);
  }
  const std::string& shares = fitting.candidate.shares_engine_of;
  return shares.empty() ? text : fmt::format("{}, in the engine of {}", text, shares);
}

// A running server has its bound already, and what its models hold is no longer available.
uint64_t Budget(const Settings& settings) {
  std::error_code ignored;
  if (std::filesystem::exists(settings.data.folder, ignored)) {
    const auto folder = DataFolder::Open(settings.data.folder);
    const auto server = folder ? FindServer(*folder) : std::nullopt;
    if (server && server->document && server->document->memory_budget_bytes > 0) {
      return server->document->memory_budget_bytes;
    }
  }
  return MemoryForModels(settings);
}

Result<std::vector<Candidate>> ModelsWithWeights(const Settings& settings) {
  const auto store = ModelStore::Open(settings);
  if (!store) return std::unexpected(store.error());
  const auto listed = (*store)->Models();
  if (!listed) return std::unexpected(listed.error());
  std::vector<Candidate> candidates;
  for (const models::ModelPtr& model : *listed) {
    const auto* weights = std::get_if<models::LocalWeights>(&model->binding);
    if (weights == nullptr) continue;
    candidates.push_back({.name = model->facts.id, .weights = *weights, .use = model->facts.use()});
  }
  return candidates;
}

// Of models that differ by their adapters alone one has the engine: the weights alone, where they
// are a model, else the first.
void NoteSharedEngines(std::vector<Candidate>& candidates) {
  const auto base_of = [](const Candidate& candidate) {
    models::LocalWeights base = candidate.weights;
    base.adapter.clear();
    base.adapter_scale = 1;
    return std::pair(candidate.use, base);
  };
  for (Candidate& candidate : candidates) {
    if (candidate.weights.adapter.empty()) continue;
    const auto alone = std::ranges::find_if(candidates, [&](const Candidate& other) {
      return other.weights.adapter.empty() && base_of(other) == base_of(candidate);
    });
    const auto first = std::ranges::find_if(
        candidates, [&](const Candidate& other) { return base_of(other) == base_of(candidate); });
    const Candidate& owner = alone != candidates.end() ? *alone : *first;
    if (&owner != &candidate) candidate.shares_engine_of = owner.name;
  }
}

Fitting Fit(net::Reactors& reactors, const models::EngineOptions& engine, int context_cells,
            uint64_t budget_bytes, Candidate candidate) {
  Fitting fitting{.candidate = std::move(candidate)};
  if (auto ok = CheckFiles(fitting.candidate.weights); !ok) {
    fitting.trouble = std::move(ok.error().message);
    return fitting;
  }
  auto command = models::DescribeCommand(engine, context_cells, fitting.candidate.weights,
                                         fitting.candidate.use);
  auto described =
      reactors.Run(0, models::Describe(reactors.at(0).executor(), command, engine.describe_max));
  if (!described) {
    fitting.trouble = described.error().message;
    return fitting;
  }
  fitting.description = std::move(*described);
  const auto rooms = fitting.description.Rooms(context_cells, fitting.candidate.use);
  const auto fits = std::ranges::find_if(
      rooms, [&](const models::Room& room) { return room.bytes <= budget_bytes; });
  if (fits != rooms.end()) fitting.fits = *fits;
  return fitting;
}

void PrintJson(const Machine& machine, const std::vector<Fitting>& fittings) {
  json::Value memory;
  memory.Set("total_bytes", machine.memory.total_bytes);
  memory.Set("available_bytes", machine.memory.available_bytes);
  memory.Set("budget_bytes", machine.budget_bytes);
  json::Value::Array features;
  for (const std::string& feature : machine.processor.features) features.emplace_back(feature);
  json::Value processor;
  processor.Set("name", machine.processor.name);
  processor.Set("threads", machine.processor.threads);
  processor.Set("features", std::move(features));
  json::Value::Array models;
  for (const Fitting& fitting : fittings) {
    json::Value model;
    model.Set("name", fitting.candidate.name);
    model.Set("file", fitting.candidate.weights.file);
    model.Set("verdict", Verdict(fitting));
    if (!fitting.candidate.shares_engine_of.empty()) {
      model.Set("shares_engine_of", fitting.candidate.shares_engine_of);
    }
    if (fitting.trouble.empty()) {
      const auto& wanted = fitting.description.contexts.front();
      model.Set("architecture", fitting.description.architecture);
      model.Set("parameters", fitting.description.parameters);
      model.Set("weights_bytes", fitting.description.weights_bytes);
      if (!fitting.candidate.weights.projector.empty()) {
        model.Set("projector", fitting.description.projector);
        model.Set("projector_bytes", fitting.description.projector_bytes);
      }
      model.Set("context_cells", wanted.cells);
      model.Set("kv_cache_bytes", wanted.cache_bytes);
      model.Set("total_bytes", fitting.description.Need(wanted));
      model.Set("fitting_context_cells", fitting.fits ? fitting.fits->context_cells : 0);
    } else {
      model.Set("trouble", fitting.trouble);
    }
    models.push_back(std::move(model));
  }
  json::Value value;
  value.Set("memory", std::move(memory));
  value.Set("processor", std::move(processor));
  value.Set("models", std::move(models));
  Print(value.ToJson());
}

void PrintText(const Machine& machine, const std::vector<Fitting>& fittings) {
  std::string features;
  for (const std::string& feature : machine.processor.features) features += " " + feature;
  Print(
      Table({{"memory", fmt::format("{}, {} of it available", ShowBytes(machine.memory.total_bytes),
                                    ShowBytes(machine.memory.available_bytes))},
             {"for models", ShowBytes(machine.budget_bytes)},
             {"processor", fmt::format("{}, {} threads,{}", machine.processor.name,
                                       machine.processor.threads, features)}}));
  std::vector<std::vector<std::string>> rows = {
      {"MODEL", "WEIGHTS", "CONTEXT", "KV CACHE", "TOTAL", ""}};
  for (const Fitting& fitting : fittings) {
    if (!fitting.trouble.empty()) {
      rows.push_back({fitting.candidate.name, "-", "-", "-", "-", VerdictText(fitting)});
      continue;
    }
    const auto& wanted = fitting.description.contexts.front();
    rows.push_back({fitting.candidate.name, ShowBytes(fitting.description.weights_bytes),
                    fmt::format("{}", wanted.cells), ShowBytes(wanted.cache_bytes),
                    ShowBytes(fitting.description.Need(wanted)), VerdictText(fitting)});
  }
  Print("\n" + Table(rows));
}

}  // namespace

int FitModels(const Settings& settings, const FitArguments& arguments, bool as_json) {
  std::vector<Candidate> candidates;
  candidates.reserve(arguments.files.size());
  for (const std::string& file : arguments.files) {
    candidates.push_back({.name = file,
                          .weights = {.file = std::filesystem::absolute(file).string(),
                                      .projector = arguments.projector}});
  }
  if (arguments.files.empty()) {
    auto found = ModelsWithWeights(settings);
    if (!found) {
      Complain(found.error().message);
      return kExitFailure;
    }
    candidates = std::move(*found);
    NoteSharedEngines(candidates);
  }
  const Machine machine{.memory = ReadMachineMemory(),
                        .budget_bytes = Budget(settings),
                        .processor = ReadProcessorFacts()};
  const models::EngineOptions engine = MakeEngineOptions(settings, ReadEnvironment());
  const int cells = arguments.context > 0 ? arguments.context : engine.context_cells;
  std::vector<Fitting> fittings;
  {
    net::Reactors reactors({.threads = 1});
    for (Candidate& candidate : candidates) {
      fittings.push_back(Fit(reactors, engine, cells, machine.budget_bytes, std::move(candidate)));
    }
  }
  as_json ? PrintJson(machine, fittings) : PrintText(machine, fittings);
  // Models whose files are not there are nobody's mistake; files that were named are.
  const bool refused = std::ranges::any_of(
      fittings, [](const Fitting& fitting) { return !fitting.trouble.empty(); });
  return refused && !arguments.files.empty() ? kExitFailure : kExitSuccess;
}

}  // namespace bedplate::app
