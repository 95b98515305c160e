#include "engine/llamacpp/context.h"

#include <algorithm>
#include <cassert>
#include <exception>
#include <limits>
#include <string>

#include "llama-ext.h"
#include "llama.h"

namespace bedplate::engine {

MemoryUse MemoryOf(const llama_context* context) {
  MemoryUse use;
  for (const auto& [type, bytes] : llama_get_memory_breakdown(context)) {
    use.weights_bytes += bytes.model;
    use.cache_bytes += bytes.context;
    use.compute_bytes += bytes.compute;
  }
  return use;
}

std::optional<CacheType> CacheTypeNamed(std::string_view name) {
  if (name == "f16") return CacheType::kF16;
  if (name == "bf16") return CacheType::kBf16;
  if (name == "q8_0") return CacheType::kQ8;
  return std::nullopt;
}

namespace {

ggml_type ToGgml(CacheType type) {
  switch (type) {
    case CacheType::kF16:
      return GGML_TYPE_F16;
    case CacheType::kBf16:
      return GGML_TYPE_BF16;
    case CacheType::kQ8:
      return GGML_TYPE_Q8_0;
  }
  return GGML_TYPE_F16;
}

}  // namespace

Result<std::unique_ptr<LlamaContext>> LlamaContext::Create(const Model& model, ThreadPool& threads,
                                                           const ContextOptions& options) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = options.cells;
  params.n_batch = options.batch_rows;
  params.n_ubatch = options.batch_rows;
  params.n_seq_max = options.sequences + 1;
  params.n_outputs_max = std::max(options.outputs, params.n_seq_max);  // it asserts that
  params.n_threads = threads.size();
  params.n_threads_batch = threads.size();
  params.flash_attn_type =
      options.flash_attention ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
  // One cache for all sequences: they can share a prefix without copying it.
  params.kv_unified = true;
  params.type_k = params.type_v = ToGgml(options.cache_type);
  params.no_perf = true;
  llama_context* context = nullptr;
  std::string reason = "not enough memory";
  try {
    context = llama_init_from_model(model.handle(), params);
  } catch (const std::exception& exception) {
    reason = exception.what();
  }
  if (context == nullptr) {
    return Fail(Fault::kModelError, "a context of " + std::to_string(options.cells) +
                                        " cells cannot be made for the model: " + reason);
  }
  threads.Attach(context);
  std::unique_ptr<LlamaContext> made(new LlamaContext(context, options, model, threads));
  llama_set_abort_callback(context, ShouldGiveUp, made.get());
  return made;
}

LlamaContext::LlamaContext(llama_context* context, const ContextOptions& options,
                           const Model& model, ThreadPool& threads)
    : context_(context),
      model_(model),
      threads_(threads),
      passage_(static_cast<int32_t>(options.sequences)),
      flash_attention_(options.flash_attention),
      vocabulary_(model.info().vocabulary_size),
      embedding_length_(static_cast<size_t>(llama_model_n_embd_inp(model.handle()))),
      ones_(options.batch_rows, 1),
      pointers_(options.batch_rows) {}

LlamaContext::~LlamaContext() {
  llama_detach_threadpool(context_);
  llama_free(context_);
}

// ggml asks this between the operations of a computation.
bool LlamaContext::ShouldGiveUp(void* context) {
  const std::atomic<bool>* give_up = static_cast<LlamaContext*>(context)->give_up_;
  return give_up != nullptr && give_up->load(std::memory_order_relaxed);
}

Result<void> LlamaContext::Decode(const DecodeRows& rows, const std::atomic<bool>& give_up) {
  saved_rows_.clear();
  saved_logits_.clear();
  if (rows.adapter != adapter_) {
    if (auto put = model_.PutAdapterTo(context_, rows.adapter); !put) return put;
    adapter_ = rows.adapter;
  }
  if (rows.images.empty()) return DecodeRun(rows, 0, rows.tokens.size(), give_up);
  return DecodeRuns(rows, give_up);
}

// llama.cpp takes a batch of tokens or of embeddings, never both.
Result<void> LlamaContext::DecodeRuns(const DecodeRows& rows, const std::atomic<bool>& give_up) {
  const size_t count = rows.tokens.size();
  for (size_t begin = 0; begin < count;) {
    const bool image = rows.images[begin] != nullptr;
    size_t end = begin + 1;
    while (end < count && (rows.images[end] != nullptr) == image) ++end;
    if (auto decoded = DecodeRun(rows, begin, end, give_up); !decoded) return decoded;
    SaveLogits(rows, begin, end);
    begin = end;
  }
  return {};
}

void LlamaContext::SaveLogits(const DecodeRows& rows, size_t begin, size_t end) {
  for (size_t row = begin; row < end; ++row) {
    if (rows.outputs[row] == 0) continue;
    const float* logits = llama_get_logits_ith(context_, static_cast<int32_t>(row - begin));
    if (logits == nullptr) continue;
    saved_rows_.push_back(row);
    saved_logits_.insert(saved_logits_.end(), logits, logits + vocabulary_);
  }
}

Result<void> LlamaContext::DecodeRun(const DecodeRows& rows, size_t begin, size_t end,
                                     const std::atomic<bool>& give_up) {
  const size_t count = end - begin;
  assert(count <= ones_.size());
  // llama_batch is not const-correct; llama_decode does not write to what it points to.
  for (size_t i = 0; i < count; ++i) {
    pointers_[i] = const_cast<int32_t*>(&rows.sequences[begin + i]);
  }
  llama_batch batch = {};
  batch.n_tokens = static_cast<int32_t>(count);
  if (rows.images.empty() || rows.images[begin] == nullptr) {
    batch.token = const_cast<TokenId*>(rows.tokens.data() + begin);
  } else {
    image_rows_.clear();
    for (const float* row : rows.images.subspan(begin, count)) {
      image_rows_.insert(image_rows_.end(), row, row + embedding_length_);
    }
    batch.embd = image_rows_.data();
  }
  batch.pos = const_cast<int32_t*>(rows.positions.data() + begin);
  batch.n_seq_id = ones_.data();
  batch.seq_id = pointers_.data();
  batch.logits = const_cast<int8_t*>(rows.outputs.data() + begin);
  int code = 0;
  give_up_ = &give_up;
  try {
    const ThreadPool::Turn turn(threads_, context_);
    code = llama_decode(context_, batch);
  } catch (const std::exception& exception) {
    return Fail(Fault::kModelError, std::string("the computation failed: ") + exception.what());
  }
  give_up_ = nullptr;
  if (code == 0) return {};
  if (code == 2) return Fail(Fault::kModelError, "nobody waits for the result any more");
  if (code == 1) return Fail(Fault::kModelError, "the KV cache has no place for the batch");
  return Fail(Fault::kModelError, "the computation failed with code " + std::to_string(code));
}

std::span<float> LlamaContext::Logits(size_t row) {
  if (const auto saved = std::ranges::find(saved_rows_, row); saved != saved_rows_.end()) {
    const auto at = static_cast<size_t>(saved - saved_rows_.begin());
    return std::span(saved_logits_).subspan(at * vocabulary_, vocabulary_);
  }
  float* logits = llama_get_logits_ith(context_, static_cast<int32_t>(row));
  if (logits == nullptr) return {};
  return {logits, vocabulary_};
}

void LlamaContext::CopySequence(int32_t from, int32_t to, int32_t begin, int32_t end) {
  llama_memory_seq_cp(llama_get_memory(context_), from, to, begin, end);
}

void LlamaContext::RemoveSequence(int32_t sequence, int32_t begin, int32_t end) {
  // Some of llama.cpp's caches take only its own word for "all that follows".
  const int32_t last = end == std::numeric_limits<int32_t>::max() ? -1 : end;
  llama_memory_seq_rm(llama_get_memory(context_), sequence, begin, last);
}

void LlamaContext::Clear() { llama_memory_clear(llama_get_memory(context_), /*data=*/true); }

// llama.cpp saves whole sequences, so the stretch becomes one for a moment. It then is nobody
// else's as well, as a sequence to be loaded has to be.
std::vector<std::byte> LlamaContext::Save(int32_t sequence, int32_t begin, int32_t end) {
  if (!model_.info().saves_sequences) return {};
  CopySequence(sequence, passage_, begin, end);
  std::vector<std::byte> saved(llama_state_seq_get_size(context_, passage_));
  const size_t bytes = llama_state_seq_get_data(context_, reinterpret_cast<uint8_t*>(saved.data()),
                                                saved.size(), passage_);
  RemoveSequence(passage_, -1, -1);
  saved.resize(bytes);
  return saved;
}

bool LlamaContext::Load(std::span<const std::byte> saved, int32_t sequence, int32_t begin,
                        int32_t end) {
  bool loaded = false;
  try {
    loaded = llama_state_seq_set_data(context_, reinterpret_cast<const uint8_t*>(saved.data()),
                                      saved.size(), passage_) == saved.size();
  } catch (const std::exception&) {  // of what is not the contents of a cache at all
  }
  const llama_memory_t memory = llama_get_memory(context_);
  loaded = loaded && llama_memory_seq_pos_min(memory, passage_) <= begin &&
           llama_memory_seq_pos_max(memory, passage_) + 1 >= end;
  if (loaded) CopySequence(passage_, sequence, begin, end);
  RemoveSequence(passage_, -1, -1);
  return loaded;
}

uint32_t LlamaContext::cells() const { return llama_n_ctx(context_); }

}  // namespace bedplate::engine
