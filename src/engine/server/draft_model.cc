#include "engine/server/draft_model.h"

#include <algorithm>
#include <utility>

#include "engine/llamacpp/shared_vocabulary.h"

namespace bedplate::engine {
namespace {

constexpr uint32_t kSequences = 4;     // answers that it guesses for at a time
constexpr uint32_t kCellsMax = 16384;  // of all of them
constexpr uint32_t kBatchRows = 256;   // what another answer may wait for

}  // namespace

Result<std::unique_ptr<DraftModel>> DraftModel::Create(const std::string& file, const Model& model,
                                                       ThreadPool& threads,
                                                       const CompletionPlan& plan,
                                                       bool weightless) {
  auto loaded = Model::Load(file, {.weightless = weightless});
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  const ModelInfo& info = (*loaded)->info();
  if (!info.causal || !info.splits_sequences) {
    return Fail(Fault::kValidation, "the draft model " + file +
                                        " can't guess: it makes no text, or its memory of a text "
                                        "can't be cut");
  }
  const auto shared = SharedVocabulary(model, **loaded);
  if (!shared) return std::unexpected(shared.error());
  std::unique_ptr<DraftModel> draft(new DraftModel);
  draft->model_ = std::move(*loaded);
  auto context = LlamaContext::Create(*draft->model_, threads,
                                      {.cells = std::min(plan.context.cells, kCellsMax),
                                       .sequences = kSequences,
                                       .batch_rows = kBatchRows,
                                       .outputs = kSequences,
                                       .flash_attention = plan.context.flash_attention});
  if (!context) return std::unexpected(std::move(context.error()));
  draft->context_ = std::move(*context);
  draft->drafter_ = std::make_unique<ModelDrafter>(
      *draft->context_,
      ModelDrafter::Limits{.sequences = kSequences,
                           .tokens_max = std::min(draft->context_->cells() / kSequences,
                                                  draft->model_->info().context_length),
                           .batch_rows = kBatchRows,
                           .vocabulary = *shared});
  return draft;
}

}  // namespace bedplate::engine
