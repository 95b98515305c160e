#include "engine/server/describe.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "base/json/writer.h"
#include "base/process_memory.h"
#include "engine/inference/image_loop.h"
#include "engine/kernels/install.h"
#include "engine/llamacpp/context.h"
#include "engine/llamacpp/embedder.h"
#include "engine/llamacpp/model.h"
#include "engine/llamacpp/model_files.h"
#include "engine/llamacpp/projector.h"
#include "engine/llamacpp/thread_pool.h"
#include "engine/products/install.h"
#include "engine/server/completion_plan.h"
#include "engine/server/draft_model.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BEDPLATE_SHADOW_MEMORY 1
#endif
#endif

namespace bedplate::engine {
namespace {

[[maybe_unused]] constexpr rlim_t kAddressBytesMax =
    rlim_t{8} << 30;  // the vocabulary and the list of tensors
constexpr rlim_t kProcessorSecondsMax = 60;
constexpr uint32_t kCellsMin = 512;

struct Context {
  uint32_t cells = 0;
  MemoryUse memory;
};

void Limit(int resource, rlim_t value) {
  rlimit limit{};
  if (getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0) return;
  limit.rlim_cur = std::min(value, limit.rlim_max);
  setrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
}

// llama.cpp does not count those of adapters, which are as many as their files have.
uint64_t AdapterBytes(const EngineOptions& options) {
  std::set<std::string> files;
  for (const AdapterSource& adapter : options.adapters) files.insert(adapter.path);
  uint64_t bytes = 0;
  for (const std::string& file : files) bytes += ModelFilesBytes(file);
  return bytes;
}

Result<std::vector<Context>> CompletionContexts(const Model& model, ThreadPool& threads,
                                                const EngineOptions& options, bool flash) {
  auto plan = PlanCompletions(model.info(), options, flash);
  if (!plan) return std::unexpected(plan.error());
  MemoryUse draft;
  if (!options.draft_file.empty()) {
    auto made = DraftModel::Create(options.draft_file, model, threads, *plan, /*weightless=*/true);
    if (!made) return std::unexpected(std::move(made.error()));
    draft = (*made)->memory();
  }
  std::vector<Context> contexts;
  for (ContextOptions& context = plan->context; contexts.empty() || context.cells >= kCellsMin;
       context.cells /= 2) {
    auto made = LlamaContext::Create(model, threads, context);
    if (!made) return std::unexpected(made.error());
    Context described{.cells = (*made)->cells(), .memory = (*made)->memory()};
    described.memory.weights_bytes += draft.weights_bytes + AdapterBytes(options);
    described.memory.cache_bytes += draft.cache_bytes;
    described.memory.compute_bytes += draft.compute_bytes;
    contexts.push_back(described);
  }
  return contexts;
}

Result<std::vector<Context>> EmbeddingContext(const Model& model, ThreadPool& threads,
                                              const EngineOptions& options, EmbedderOutput output) {
  const uint32_t tokens = EmbeddingInputTokens(model.info(), options);
  auto made =
      Embedder::Create(model, threads, output, tokens, EmbeddingBatchTokens(model.info(), options));
  if (!made) return std::unexpected(made.error());
  Context described{.cells = tokens, .memory = (*made)->memory()};
  described.memory.weights_bytes += AdapterBytes(options);
  return std::vector<Context>{described};
}

std::string ToJson(const EngineOptions& options, const ModelInfo& info,
                   std::optional<EmbedderOutput> output, const std::vector<Context>& contexts,
                   uint64_t overhead_bytes, const Projector* projector) {
  std::string out;
  json::Writer writer(out);
  const auto number = [&](std::string_view key, uint64_t value) {
    writer.Key(key);
    writer.Unsigned(value);
  };
  writer.BeginObject();
  writer.Key("description");
  writer.BeginObject();
  writer.Key("architecture");
  writer.String(info.architecture);
  writer.Key("name");
  writer.String(info.name);
  number("parameters", info.parameters);
  number("context_length", info.context_length);
  writer.Key("embeddings");
  writer.Boolean(output == EmbedderOutput::kVectors);
  writer.Key("ranks");
  writer.Boolean(output == EmbedderOutput::kScores);
  number("file_bytes", ModelFilesBytes(options.model_file));
  number("weights_bytes", contexts.front().memory.weights_bytes);
  number("overhead_bytes", overhead_bytes);
  if (projector != nullptr) {
    writer.Key("projector");
    writer.BeginObject();
    writer.Key("kind");
    writer.String(projector->info().kind);
    number("embedding_length", projector->info().embedding_length);
    number("bytes", projector->info().bytes + ImageLoop::Limits{}.bytes());
    writer.EndObject();
  }
  writer.Key("contexts");
  writer.BeginArray();
  for (const Context& context : contexts) {
    writer.BeginObject();
    number("cells", context.cells);
    number("cache_bytes", context.memory.cache_bytes);
    number("compute_bytes", context.memory.compute_bytes);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  writer.EndObject();
  return out;
}

}  // namespace

void LimitResources() {
  Limit(RLIMIT_CORE, 0);
  Limit(RLIMIT_CPU, kProcessorSecondsMax);
#ifndef BEDPLATE_SHADOW_MEMORY  // sanitizers map terabytes for themselves
  Limit(RLIMIT_AS, kAddressBytesMax);
#endif
}

Result<std::string> Describe(const EngineOptions& options) {
  // As an engine does it: which buffers weights lie in and how much they take depends on these.
  (void)products::Install(options.products);
  const bool flash = kernels::Install(options.attention).active;
  auto model = Model::Load(options.model_file, {.weightless = true, .adapters = options.adapters});
  if (!model) return std::unexpected(model.error());
  for (const ModelAdapter& adapter : (*model)->adapters()) {
    if (!adapter.error.empty()) return Fail(Fault::kValidation, adapter.error);
  }
  ThreadPool threads(1);
  const ModelInfo& info = (*model)->info();
  if (auto ok = CheckDraft(info, options); !ok) return std::unexpected(std::move(ok.error()));
  const std::optional<EmbedderOutput> output = OutputOf(info, options);
  auto contexts = output ? EmbeddingContext(**model, threads, options, *output)
                         : CompletionContexts(**model, threads, options, flash);
  if (!contexts) return std::unexpected(contexts.error());
  const auto own = ReadProcessMemory(getpid());
  std::unique_ptr<Projector> projector;
  if (!options.projector_file.empty()) {
    if (output) return Fail(Fault::kValidation, "a model that makes no text takes no projector");
    auto loaded = Projector::Load(options.projector_file, **model, threads.size());
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    projector = std::move(*loaded);
  }
  return ToJson(options, info, output, *contexts, own ? own->resident_bytes : 0, projector.get());
}

}  // namespace bedplate::engine
