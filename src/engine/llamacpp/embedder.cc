#include "engine/llamacpp/embedder.h"

#include <cassert>
#include <cmath>
#include <exception>
#include <string>

#include "llama.h"

namespace bedplate::engine {

Result<std::unique_ptr<Embedder>> Embedder::Create(const Model& model, ThreadPool& threads,
                                                   EmbedderOutput output, uint32_t input_tokens,
                                                   uint32_t batch_tokens) {
  const bool scores = output == EmbedderOutput::kScores;
  llama_context_params params = llama_context_default_params();
  params.embeddings = true;
  if (scores) params.pooling_type = LLAMA_POOLING_TYPE_RANK;
  // An encoder looks at all of its input at once, so one computation must hold all of it.
  params.n_ctx = batch_tokens;
  params.n_batch = batch_tokens;
  params.n_ubatch = batch_tokens;
  params.n_seq_max = kInputsMax;
  params.n_threads = threads.size();
  params.n_threads_batch = threads.size();
  // The inputs of a computation do not see each other: the kernels pass over what is masked, while
  // ggml's plain attention multiplies each token with all of them.
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
  params.kv_unified = true;
  params.no_perf = true;
  llama_context* context = nullptr;
  std::string reason = "not enough memory";
  try {
    context = llama_init_from_model(model.handle(), params);
  } catch (const std::exception& exception) {
    reason = exception.what();
  }
  if (context == nullptr) {
    return Fail(Fault::kModelError, "the model cannot be made ready for embeddings: " + reason);
  }
  threads.Attach(context);
  const auto pooling = llama_pooling_type(context);
  if (!scores && (pooling == LLAMA_POOLING_TYPE_NONE || pooling == LLAMA_POOLING_TYPE_RANK)) {
    llama_detach_threadpool(context);
    llama_free(context);
    return Fail(Fault::kValidation,
                "the model does not say how the vectors of its tokens become one (pooling_type), "
                "so it makes no embeddings");
  }
  const size_t length = scores ? 1 : model.info().embedding_length;
  return std::unique_ptr<Embedder>(
      new Embedder(model, threads, context, length, input_tokens, batch_tokens));
}

Embedder::Embedder(const Model& model, ThreadPool& threads, llama_context* context,
                   size_t vector_length, uint32_t input_tokens, uint32_t batch_tokens)
    : model_(model),
      threads_(threads),
      context_(context),
      vector_length_(vector_length),
      input_tokens_(input_tokens),
      batch_tokens_(batch_tokens) {}

Embedder::~Embedder() {
  llama_detach_threadpool(context_);
  llama_free(context_);
}

Result<std::vector<std::vector<float>>> Embedder::Embed(
    std::span<const std::span<const TokenId>> inputs, AdapterId adapter) {
  assert(inputs.size() <= kInputsMax);
  if (adapter != adapter_) {
    if (auto put = model_.PutAdapterTo(context_, adapter); !put) {
      return std::unexpected(std::move(put.error()));
    }
    adapter_ = adapter;
  }
  std::vector<TokenId> tokens;
  std::vector<int32_t> positions;
  std::vector<int32_t> sequences;
  for (size_t i = 0; i < inputs.size(); ++i) {
    for (size_t at = 0; at < inputs[i].size(); ++at) {
      tokens.push_back(inputs[i][at]);
      positions.push_back(static_cast<int32_t>(at));
      sequences.push_back(static_cast<int32_t>(i));
    }
  }
  assert(tokens.size() <= batch_tokens_);
  std::vector<int32_t> ones(tokens.size(), 1);
  std::vector<int32_t*> pointers(tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i) pointers[i] = &sequences[i];
  std::vector<int8_t> outputs(tokens.size(), 1);
  llama_batch batch = {};
  batch.n_tokens = static_cast<int32_t>(tokens.size());
  batch.token = tokens.data();
  batch.pos = positions.data();
  batch.n_seq_id = ones.data();
  batch.seq_id = pointers.data();
  batch.logits = outputs.data();

  llama_memory_t memory = llama_get_memory(context_);  // none for an encoder
  if (memory != nullptr) llama_memory_clear(memory, false);
  int code = 0;
  try {
    const ThreadPool::Turn turn(threads_, context_);
    code = memory != nullptr ? llama_decode(context_, batch) : llama_encode(context_, batch);
  } catch (const std::exception& exception) {
    return Fail(Fault::kModelError, std::string("the computation failed: ") + exception.what());
  }
  if (code != 0) {
    return Fail(Fault::kModelError, "the computation failed with code " + std::to_string(code));
  }
  std::vector<std::vector<float>> vectors;
  vectors.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const float* vector = llama_get_embeddings_seq(context_, static_cast<int32_t>(i));
    if (vector == nullptr) return Fail(Fault::kModelError, "the model gave no embedding");
    vectors.emplace_back(vector, vector + vector_length_);
    for (const float value : vectors.back()) {
      if (!std::isfinite(value)) {
        return Fail(Fault::kModelError, "the model gave an embedding that is not a number");
      }
    }
  }
  return vectors;
}

void Normalize(std::vector<float>& vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * value;
  if (squares == 0) return;
  const double scale = 1.0 / std::sqrt(squares);
  for (float& value : vector) value = static_cast<float>(value * scale);
}

}  // namespace bedplate::engine
