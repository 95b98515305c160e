// What a model's context for completions is made with, from what the program was told.
//
// Threads: pure functions.
#pragma once

#include <optional>

#include "base/result.h"
#include "engine/llamacpp/context.h"
#include "engine/llamacpp/embedder.h"
#include "engine/llamacpp/model.h"
#include "engine/scheduler/scheduler.h"
#include "engine/server/engine_options.h"

namespace bedplate::engine {

struct CompletionPlan {
  scheduler::Config scheduler;  // cells and context_tokens_max are the made context's to say
  ContextOptions context;
};

// kValidation for a model that makes no completions. `flash_attention`: our kernels compute.
Result<CompletionPlan> PlanCompletions(const ModelInfo& info, const EngineOptions& options,
                                       bool flash_attention);

// kValidation where a draft model is named for a model of these options that it can't guess for.
Result<void> CheckDraft(const ModelInfo& info, const EngineOptions& options);

// What the model makes in place of text; nothing for one that makes text.
std::optional<EmbedderOutput> OutputOf(const ModelInfo& info, const EngineOptions& options);

// Tokens of one input of a model that makes vectors or scores: what the model takes, within
// engine.context_cells or, where that is not set, 8,192. What computing takes grows with the
// square.
uint32_t EmbeddingInputTokens(const ModelInfo& info, const EngineOptions& options);
// Tokens of one computation of it: of several inputs when they are short.
uint32_t EmbeddingBatchTokens(const ModelInfo& info, const EngineOptions& options);

}  // namespace bedplate::engine
