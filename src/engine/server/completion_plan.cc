#include "engine/server/completion_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/server/scheduler_config.h"

namespace bedplate::engine {
namespace {

constexpr uint32_t kCellsDefaultMax = 32768;
constexpr uint32_t kEmbeddingBatchTokens = 512;
constexpr uint32_t kEmbeddingInputTokensMax = 8192;  // unless the operator says more
constexpr uint32_t kContextTokensMin = 2;            // a token of the prompt, and one of the answer

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
  config->share_prefixes = info.splits_sequences;
  const uint64_t suits = std::min<uint64_t>(kCellsDefaultMax, uint64_t{8} * info.context_length);
  const uint32_t cells =
      options.context_cells > 0 ? options.context_cells : static_cast<uint32_t>(suits);
  return CompletionPlan{.scheduler = *config,
                        .context = {.cells = cells,
                                    .sequences = config->sequences,
                                    .batch_rows = config->batch_tokens_max,
                                    .outputs = config->sequences,
                                    // ggml's own flash attention is slower on a processor than
                                    // none; ours needs the operation.
                                    .flash_attention = flash_attention}};
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
