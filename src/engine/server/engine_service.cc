#include "engine/server/engine_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "engine/inference/batch_profile.h"
#include "engine/kernels/install.h"
#include "engine/llamacpp/backend.h"
#include "engine/llamacpp/model_files.h"
#include "engine/llamacpp/ranking_head.h"
#include "engine/server/completion_plan.h"
#include "engine/server/fields.h"

namespace bedplate::engine {
namespace {

SamplingDefaults DefaultsOf(const ModelInfo& info) {
  SamplingDefaults defaults;
  if (info.temperature >= 0) defaults.temperature = info.temperature;
  if (info.top_p >= 0) defaults.top_p = std::min(info.top_p, 1.0F);
  if (info.top_k >= 0) defaults.top_k = info.top_k;
  if (info.min_p >= 0) defaults.min_p = std::min(info.min_p, 1.0F);
  return defaults;
}

// To be raised when what our code makes of a text changes.
constexpr int kCellsVersion = 1;

// All that the cells of a text depend on, for the model alone and with each of its adapters.
std::vector<std::string> CacheIdentities(const EngineOptions& options,
                                         const std::string& model_files,
                                         const std::vector<ModelAdapter>& adapters,
                                         const LlamaContext& context) {
  // Some models turn positions by other factors in a large context.
  const std::string model =
      fmt::format("{} {} {} {} {} {}", kCellsVersion, LibraryVersion(), model_files,
                  options.cache_type, context.cells(),
                  context.flash_attention() ? "rows" : "columns");  // how the values lie
  std::vector<std::string> identities = {model};
  for (const ModelAdapter& adapter : adapters) {
    identities.push_back(
        fmt::format("{} {} {}", model, FilesIdentity(adapter.source.path), adapter.source.scale));
  }
  return identities;
}

// What starting an engine may wait to know how fast it is.
constexpr std::chrono::milliseconds kProfileBudget{200};

// "1: 8.1 ms, 8: 13.9 ms": rows and how long they took.
std::string ShownProfile(std::span<const scheduler::Measured> profile) {
  std::string shown;
  for (const scheduler::Measured& batch : profile) {
    shown +=
        fmt::format("{}{}: {:.1f} ms", shown.empty() ? "" : ", ", batch.rows, 1e3 * batch.seconds);
  }
  return shown;
}

}  // namespace

Result<std::unique_ptr<EngineService>> EngineService::Create(const EngineOptions& options,
                                                             boost::asio::io_context& reactor,
                                                             LoadProgress& progress) {
  std::unique_ptr<EngineService> service(new EngineService(reactor));
  if (auto loaded = service->Load(options, progress); !loaded)
    return std::unexpected(loaded.error());
  return service;
}

EngineService::EngineService(boost::asio::io_context& reactor)
    : reactor_(reactor), channels_(reactor.get_executor()) {}

EngineService::~EngineService() = default;

Result<void> EngineService::Load(const EngineOptions& options, LoadProgress& progress) {
  // First: it has to be in ggml's list of buffer types before anyone asks for that.
  products_ = products::Install(options.products);
  if (!products_.note.empty()) {
    log::Warning("engine", "matrix products are not at their best", {{"reason", products_.note}});
  }
  attention_ = kernels::Install(options.attention);
  if (!attention_.note.empty()) {
    log::Warning("engine", "attention is not at its best", {{"reason", attention_.note}});
  }
  model_id_ = std::filesystem::path(options.model_file).stem().string();
  if (!options.prefix_folder.empty()) model_files_ = FilesIdentity(options.model_file);
  const uint64_t total_bytes = ModelFilesBytes(options.model_file);
  progress.total_bytes = total_bytes;
  const auto tell = [&](float part) {
    progress.loaded_bytes =
        static_cast<uint64_t>(static_cast<double>(part) * static_cast<double>(total_bytes));
  };
  auto model = Model::Load(options.model_file, {.progress = tell, .adapters = options.adapters});
  if (!model) return std::unexpected(model.error());
  model_ = std::move(*model);
  for (const ModelAdapter& adapter : model_->adapters()) {
    if (adapter.error.empty()) continue;
    log::Error("engine", adapter.error, {{"adapter", adapter.source.name}});
  }
  threads_ =
      std::make_unique<ThreadPool>(options.threads > 0 ? options.threads : SuitableThreads());
  kernels::CutFor(threads_->size());
  if (auto loaded = LoadProjector(options); !loaded) return loaded;
  auto prompts = PromptMaker::Create(*model_, projector_.get());
  if (!prompts) return std::unexpected(prompts.error());
  prompts_ = std::move(*prompts);
  constraints_ = std::make_unique<ConstraintMaker>(*model_);
  sampling_defaults_ = DefaultsOf(model_->info());
  if (auto ok = CheckDraft(model_->info(), options); !ok) return ok;
  const std::optional<EmbedderOutput> output = OutputOf(model_->info(), options);
  if (!output) return StartCompletions(options);
  if (*output == EmbedderOutput::kScores) {
    if (!HasRankingHead(options.model_file)) {
      return Fail(Fault::kValidation,
                  "the model ranks nothing: the file has no layer that makes a score "
                  "(cls.output.weight)");
    }
    pairs_ = std::make_unique<PairMaker>(*model_);
  }
  return StartEmbeddings(options, *output);
}

Result<AdapterId> EngineService::AdapterNamed(std::string_view name) const {
  const std::vector<ModelAdapter>& adapters = model_->adapters();
  if (adapters.empty() || name.empty() || name == model_id_) return AdapterId{0};
  const auto found = std::ranges::find(
      adapters, name,
      [](const ModelAdapter& adapter) -> std::string_view { return adapter.source.name; });
  if (found == adapters.end()) {
    return Fail(Fault::kNotFound,
                fmt::format("model: expected {} or the name of one of its adapters, got {}",
                            model_id_, Shown(json::Value(std::string(name)))));
  }
  if (!found->error.empty()) {
    return Fail(Fault::kModelError,
                fmt::format("model: the adapter {} can't be used with the model", name));
  }
  return static_cast<AdapterId>(found - adapters.begin()) + 1;
}

const std::string& EngineService::NameOf(AdapterId adapter) const {
  return adapter == 0 ? model_id_ : model_->adapters()[adapter - 1].source.name;
}

Result<void> EngineService::LoadProjector(const EngineOptions& options) {
  if (options.projector_file.empty()) return {};
  if (OutputOf(model_->info(), options)) {
    return Fail(Fault::kValidation, "a model that makes no text takes no projector");
  }
  auto projector = Projector::Load(options.projector_file, *model_, threads_->size());
  if (!projector) return std::unexpected(std::move(projector.error()));
  projector_ = std::move(*projector);
  images_ = std::make_unique<ImageLoop>(*projector_, ImageLoop::Limits{}, counters_);
  return {};
}

Result<void> EngineService::StartCompletions(const EngineOptions& options) {
  const ModelInfo& info = model_->info();
  auto plan = PlanCompletions(info, options, attention_.active);
  if (!plan) return std::unexpected(plan.error());
  scheduler::Config config = plan->scheduler;
  auto context = LlamaContext::Create(*model_, *threads_, plan->context);
  if (!context) return std::unexpected(context.error());
  context_ = std::move(*context);
  config.cells = context_->cells();
  config.context_tokens_max = std::min(config.cells, info.context_length);
  context_length_ = config.context_tokens_max;
  for (TokenId token = 0; token < static_cast<TokenId>(info.vocabulary_size); ++token) {
    if (model_->EndsGeneration(token)) ending_tokens_.push_back(token);
  }
  if (auto started = StartSpeculation(options, *plan); !started) return started;
  KeepPrefixes(options);
  config.saves_evicted = kept_prefixes_ != nullptr;
  // llama.cpp takes no batch that is larger than its cache.
  const std::vector<scheduler::Measured> profile = MeasureBatches(
      *context_, {.budget = kProfileBudget,
                  .rows_max = std::min(config.batch_tokens_max, config.context_tokens_max),
                  .vocabulary_size = info.vocabulary_size});
  inference_ = std::make_unique<InferenceLoop>(
      *context_, *model_, config,
      [this](std::vector<Progress> news) {
        boost::asio::post(reactor_, [this, news = std::move(news)]() mutable {
          channels_.Deliver(std::move(news));
        });
      },
      counters_,
      LoopHelpers{
          .speculator = speculator_.get(), .kept = kept_prefixes_.get(), .profile = profile});
  log::Info("engine", "model loaded",
            {{"model", model_id_},
             {"adapters", model_->adapters().size()},
             {"projector", options.projector_file},
             {"draft", options.draft_file},
             {"speculation", options.speculation},
             {"context_cells", config.cells},
             {"context_length", config.context_tokens_max},
             {"attention", attention_.kernel},
             {"products", products_.kernel},
             {"batches_measured", ShownProfile(profile)},
             {"threads", threads_->size()}});
  return {};
}

// Without it prefixes are computed more often, and everything else is as it was.
void EngineService::KeepPrefixes(const EngineOptions& options) {
  if (options.prefix_folder.empty() || !model_->info().saves_sequences) return;
  if (FilesIdentity(options.model_file) != model_files_) {
    log::Warning("engine", "prefixes are not kept", {{"reason", "the model's file has changed"}});
    return;
  }
  auto store = PrefixStore::Open(
      {.folder = options.prefix_folder, .bytes_max = options.prefix_megabytes * 1'000'000});
  if (!store) {
    log::Warning("engine", "prefixes are not kept", {{"reason", store.error().message}});
    return;
  }
  prefix_store_ = std::move(*store);
  kept_prefixes_ = std::make_unique<KeptPrefixes>(
      *prefix_store_, CacheIdentities(options, model_files_, model_->adapters(), *context_));
}

Result<void> EngineService::StartSpeculation(const EngineOptions& options,
                                             const CompletionPlan& plan) {
  if (plan.scheduler.speculating_max == 0) return {};
  if (!options.draft_file.empty()) {
    auto draft = DraftModel::Create(options.draft_file, *model_, *threads_, plan);
    if (!draft) return std::unexpected(std::move(draft.error()));
    draft_ = std::move(*draft);
  }
  speculator_ = std::make_unique<Speculator>(options.speculation != "off",
                                             draft_ ? &draft_->drafter() : nullptr);
  return {};
}

Result<void> EngineService::StartEmbeddings(const EngineOptions& options, EmbedderOutput output) {
  auto embedder =
      Embedder::Create(*model_, *threads_, output, EmbeddingInputTokens(model_->info(), options),
                       EmbeddingBatchTokens(model_->info(), options));
  if (!embedder) return std::unexpected(embedder.error());
  embedder_ = std::move(*embedder);
  context_length_ = embedder_->input_tokens();
  embeddings_ = std::make_unique<EmbeddingLoop>(
      [this](std::span<const std::span<const TokenId>> inputs, AdapterId adapter) {
        return embedder_->Embed(inputs, adapter);
      },
      EmbeddingLoop::Limits{.inputs_max = Embedder::kInputsMax,
                            .tokens_max = embedder_->batch_tokens()},
      counters_);
  log::Info(
      "engine",
      output == EmbedderOutput::kScores ? "ranking model loaded" : "embedding model loaded",
      {{"model", model_id_}, {"context_length", context_length_}, {"threads", threads_->size()}});
  return {};
}

}  // namespace bedplate::engine
