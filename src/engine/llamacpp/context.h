// LlamaContext: the Decoder of a loaded model: its unified KV cache and its computation.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/inference/decoder.h"
#include "engine/llamacpp/model.h"
#include "engine/llamacpp/thread_pool.h"

struct llama_context;

namespace bedplate::engine {

// What llama.cpp takes for a model and one context of it, as it counts its buffers itself.
struct MemoryUse {
  uint64_t weights_bytes = 0;
  uint64_t cache_bytes = 0;    // the KV cache, and the states of recurrent layers
  uint64_t compute_bytes = 0;  // what a computation needs beside them
};
MemoryUse MemoryOf(const llama_context* context);

// What the numbers of the KV cache are kept as.
enum class CacheType : uint8_t {
  kF16,
  kBf16,
  kQ8,  // Q8_0: 32 share a scale, 8.5 bits each; needs flash attention
};
// Of "f16", "bf16", "q8_0"; nothing for other names.
std::optional<CacheType> CacheTypeNamed(std::string_view name);

struct ContextOptions {
  uint32_t cells = 4096;      // positions the KV cache holds, of all sequences together
  uint32_t sequences = 64;    // <= 255
  uint32_t batch_rows = 512;  // of one Decode at most
  uint32_t outputs = 64;      // rows of one Decode that may want logits
  bool flash_attention = false;
  CacheType cache_type = CacheType::kF16;
};

class LlamaContext final : public Decoder {
 public:
  // `model` and `threads` outlive it. kModelError when memory does not suffice.
  static Result<std::unique_ptr<LlamaContext>> Create(const Model& model, ThreadPool& threads,
                                                      const ContextOptions& options);
  ~LlamaContext() override;

  Result<void> Decode(const DecodeRows& rows, const std::atomic<bool>& give_up) override;
  std::span<float> Logits(size_t row) override;
  void CopySequence(int32_t from, int32_t to, int32_t begin, int32_t end) override;
  void RemoveSequence(int32_t sequence, int32_t begin, int32_t end) override;
  void Clear() override;
  std::vector<std::byte> Save(int32_t sequence, int32_t begin, int32_t end) override;
  bool Load(std::span<const std::byte> saved, int32_t sequence, int32_t begin,
            int32_t end) override;

  uint32_t cells() const;  // what the cache really has
  bool flash_attention() const { return flash_attention_; }
  MemoryUse memory() const { return MemoryOf(context_); }

 private:
  LlamaContext(llama_context* context, const ContextOptions& options, const Model& model,
               ThreadPool& threads);

  static bool ShouldGiveUp(void* context);
  // Rows begin .. end - 1, which are all tokens or all of images.
  Result<void> DecodeRun(const DecodeRows& rows, size_t begin, size_t end,
                         const std::atomic<bool>& give_up);
  Result<void> DecodeRuns(const DecodeRows& rows, const std::atomic<bool>& give_up);
  void SaveLogits(const DecodeRows& rows, size_t begin, size_t end);

  llama_context* context_;
  const Model& model_;
  ThreadPool& threads_;
  AdapterId adapter_ = 0;  // in force now
  // One more than callers have: what is saved or loaded passes through it.
  const int32_t passage_;
  const bool flash_attention_;
  size_t vocabulary_;
  size_t embedding_length_;
  const std::atomic<bool>* give_up_ = nullptr;  // during a Decode
  std::vector<int32_t> ones_;                   // every row is of one sequence
  std::vector<int32_t*> pointers_;              // llama_batch wants a pointer for each row
  std::vector<float> image_rows_;               // of a run, one after the other
  // Of a Decode in several runs, as llama.cpp has those of the last alone: the row of each, then.
  std::vector<size_t> saved_rows_;
  std::vector<float> saved_logits_;
};

}  // namespace bedplate::engine
