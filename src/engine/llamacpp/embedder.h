// Embedder: texts of tokens in, one vector for each out, pooled as the model file says, or the
// score of its ranking head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/llamacpp/context.h"
#include "engine/llamacpp/model.h"
#include "engine/llamacpp/thread_pool.h"

struct llama_context;

namespace bedplate::engine {

enum class EmbedderOutput : uint8_t { kVectors, kScores };

// Not thread-safe.
class Embedder {
 public:
  // Inputs of one Embed at most; tokens of one input are bounded by the model's context.
  static constexpr size_t kInputsMax = 64;

  // `model` and `threads` outlive it. Inputs have at most `input_tokens` tokens, and one
  // computation takes at most `batch_tokens` (at least as many). kScores: each vector is one
  // number. The model must have a ranking head (ranking_head.h).
  static Result<std::unique_ptr<Embedder>> Create(const Model& model, ThreadPool& threads,
                                                  EmbedderOutput output, uint32_t input_tokens,
                                                  uint32_t batch_tokens);
  ~Embedder();
  Embedder(const Embedder&) = delete;
  Embedder& operator=(const Embedder&) = delete;

  uint32_t input_tokens() const { return input_tokens_; }
  uint32_t batch_tokens() const { return batch_tokens_; }
  MemoryUse memory() const { return MemoryOf(context_); }

  // One vector for each input, in order, not normalised. The inputs together are within
  // batch_tokens(), none is empty. All are computed with one adapter of the model, which can be
  // used. kModelError when the computation fails.
  Result<std::vector<std::vector<float>>> Embed(std::span<const std::span<const TokenId>> inputs,
                                                AdapterId adapter);

 private:
  Embedder(const Model& model, ThreadPool& threads, llama_context* context, size_t vector_length,
           uint32_t input_tokens, uint32_t batch_tokens);

  const Model& model_;
  ThreadPool& threads_;
  llama_context* context_;
  AdapterId adapter_ = 0;  // in force now
  size_t vector_length_;
  uint32_t input_tokens_;
  uint32_t batch_tokens_;
};

// Scales to length 1; a vector of zeros stays.
void Normalize(std::vector<float>& vector);

}  // namespace bedplate::engine
