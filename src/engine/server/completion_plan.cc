#include "engine/server/completion_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engine/server/scheduler_config.h"

namespace bedplate::engine {
namespace {

constexpr uint32_t kCellsDefaultMax = 32768;
constexpr uint32_t kEmbeddingBatchTokens = 512;
constexpr uint32_t kEmbeddingInputTokensMax = 8192;  // unless the operator says more
// As far as it was measured to pay (bench/speculation); a step of more answers is full without
// drafts.
constexpr uint32_t kSpeculatingMax = 4;
constexpr uint32_t kDraftRowsMax = 15;     // with the row of one answer a tile of the products
constexpr uint32_t kContextTokensMin = 2;  // a token of the prompt, and one of the answer

}  // namespace

Result<CompletionPlan> PlanCompletions(const ModelInfo& info, const EngineOptions& options,
                                       bool flash_attention) {
  if (!info.causal) {
    return Fail(Fault::kValidation,
                "the model only reads text (it is an encoder), and the file does not say how to "
                "make embeddings of what it reads");
  }
  if (info.context_length < kContextTokensMin) {
    return Fail(Fault::kValidation,
                fmt::format("the model's context is {} tokens, which is too few for a prompt and "
                            "an answer",
                            info.context_length));
  }
  auto config = MakeSchedulerConfig(options.sequences);
  if (!config) return std::unexpected(config.error());
  SetTargets(options, *config);
  config->share_prefixes = info.splits_sequences;
  config->idle_max = std::chrono::seconds(options.idle_prefix_seconds);
  const bool speculates = options.speculation != "off" || !options.draft_file.empty();
  if (speculates && info.splits_sequences) {
    config->speculating_max = kSpeculatingMax;
    config->draft_rows_max = kDraftRowsMax;
  }
  const auto cache_type = CacheTypeNamed(options.cache_type);
  if (!cache_type) {
    return Fail(Fault::kValidation,
                "--cache-type: expected f16, bf16 or q8_0, got " + options.cache_type);
  }
  const uint32_t speculating_rows = config->speculating_max + config->draft_rows_max;
  const uint64_t suits = std::min<uint64_t>(kCellsDefaultMax, uint64_t{8} * info.context_length);
  const uint32_t cells =
      options.context_cells > 0 ? options.context_cells : static_cast<uint32_t>(suits);
  return CompletionPlan{
      .scheduler = *config,
      .context = {.cells = cells,
                  .sequences = config->sequences,
                  .batch_rows = config->batch_tokens_max,
                  .outputs = std::max(config->sequences, speculating_rows),
                  // ggml's own flash attention is slower on a processor than
                  // none; ours needs the operation, and so does Q8_0.
                  .flash_attention = flash_attention || *cache_type == CacheType::kQ8,
                  .cache_type = *cache_type}};
}

Result<void> CheckDraft(const ModelInfo& info, const EngineOptions& options) {
  if (options.draft_file.empty()) return {};
  if (OutputOf(info, options)) {
    return Fail(Fault::kValidation, "a draft model guesses text, and the model makes none");
  }
  if (!info.splits_sequences) {
    return Fail(
        Fault::kValidation,
        "a draft model can't guess for the model: its memory of a text can't be cut, and so "
        "no guess can be taken back");
  }
  return {};
}

std::optional<EmbedderOutput> OutputOf(const ModelInfo& info, const EngineOptions& options) {
  if (options.rerank || (info.ranks && !options.embedding)) return EmbedderOutput::kScores;
  if (info.embeds || options.embedding) return EmbedderOutput::kVectors;
  return std::nullopt;
}

uint32_t EmbeddingInputTokens(const ModelInfo& info, const EngineOptions& options) {
  const uint32_t bound =
      options.context_cells > 0 ? options.context_cells : kEmbeddingInputTokensMax;
  return std::min(info.context_length, bound);
}

uint32_t EmbeddingBatchTokens(const ModelInfo& info, const EngineOptions& options) {
  return std::max(kEmbeddingBatchTokens, EmbeddingInputTokens(info, options));
}

}  // namespace bedplate::engine
