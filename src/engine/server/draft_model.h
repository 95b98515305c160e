// DraftModel: a second, small model that guesses for the one that answers: its weights, its own
// context, and the Drafter over both.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "engine/llamacpp/context.h"
#include "engine/llamacpp/model.h"
#include "engine/llamacpp/thread_pool.h"
#include "engine/server/completion_plan.h"
#include "engine/speculation/model_drafter.h"

namespace bedplate::engine {

class DraftModel {
 public:
  // Reads `file` for `model`, whose completions are planned so. kValidation for one that is no
  // usable model, or does not fit. `threads` outlives it. A weightless one only tells its memory.
  static Result<std::unique_ptr<DraftModel>> Create(const std::string& file, const Model& model,
                                                    ThreadPool& threads, const CompletionPlan& plan,
                                                    bool weightless = false);

  Drafter& drafter() { return *drafter_; }
  MemoryUse memory() const { return context_->memory(); }

 private:
  DraftModel() = default;

  std::unique_ptr<Model> model_;
  std::unique_ptr<LlamaContext> context_;
  std::unique_ptr<ModelDrafter> drafter_;
};

}  // namespace bedplate::engine
