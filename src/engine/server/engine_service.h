// EngineService: a loaded model and the loops that serve it; what the HTTP handlers call.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/inference/counters.h"
#include "engine/inference/embedding_loop.h"
#include "engine/inference/image_loop.h"
#include "engine/inference/inference_loop.h"
#include "engine/kernels/install.h"
#include "engine/llamacpp/context.h"
#include "engine/llamacpp/embedder.h"
#include "engine/llamacpp/model.h"
#include "engine/llamacpp/projector.h"
#include "engine/llamacpp/thread_pool.h"
#include "engine/products/install.h"
#include "engine/server/answer_channels.h"
#include "engine/server/constraint_maker.h"
#include "engine/server/draft_model.h"
#include "engine/server/engine_options.h"
#include "engine/server/load_progress.h"
#include "engine/server/pair_maker.h"
#include "engine/server/prompt_maker.h"

namespace bedplate::engine {

class EngineService {
 public:
  // Loads the model, which takes seconds; the service then runs. `reactor` outlives it and is the
  // one that answers. kValidation for a file that is no usable model.
  static Result<std::unique_ptr<EngineService>> Create(const EngineOptions& options,
                                                       boost::asio::io_context& reactor,
                                                       LoadProgress& progress);
  // Ends what runs.
  ~EngineService();

  const std::string& model_id() const { return model_id_; }  // the file's name without ".gguf"
  const Model& model() const { return *model_; }
  // What a request's `model` means. An engine without adapters has one model, by whatever name;
  // else that is named by its id or not at all. kNotFound for another name, kModelError for an
  // adapter that can't be used.
  Result<AdapterId> AdapterNamed(std::string_view name) const;
  const std::string& NameOf(AdapterId adapter) const;
  const PromptMaker& prompts() const { return *prompts_; }
  const ConstraintMaker& constraints() const { return *constraints_; }
  const SamplingDefaults& sampling_defaults() const { return sampling_defaults_; }
  const Counters& counters() const { return counters_; }
  const PrefixStore* prefixes() const { return prefix_store_.get(); }         // null: none are kept
  int threads_now() const { return threads_ ? threads_->threads_now() : 0; }  // that compute
  // Tokens of prompt and answer together, or of one input to embed.
  uint32_t context_length() const { return context_length_; }

  // Null when the model does not do this.
  InferenceLoop* inference() { return inference_.get(); }
  ImageLoop* images() { return images_.get(); }
  EmbeddingLoop* embeddings() { return pairs_ == nullptr ? embeddings_.get() : nullptr; }
  // Each input is a pair, each vector its score.
  EmbeddingLoop* ranking() { return pairs_ == nullptr ? nullptr : embeddings_.get(); }
  const PairMaker* pairs() const { return pairs_.get(); }

  // Reactor thread only.
  AnswerChannels& channels() { return channels_; }
  RequestId NextRequestId() { return ++last_request_; }
  // Tokens that end an answer; suppressed when a request asks not to end by itself.
  const std::vector<TokenId>& ending_tokens() const { return ending_tokens_; }

 private:
  explicit EngineService(boost::asio::io_context& reactor);
  Result<void> Load(const EngineOptions& options, LoadProgress& progress);
  Result<void> LoadProjector(const EngineOptions& options);
  Result<void> StartCompletions(const EngineOptions& options);
  void KeepPrefixes(const EngineOptions& options);
  Result<void> StartSpeculation(const EngineOptions& options, const CompletionPlan& plan);
  Result<void> StartEmbeddings(const EngineOptions& options, EmbedderOutput output);

  boost::asio::io_context& reactor_;
  std::string model_id_;
  std::string model_files_;  // which they are (FilesIdentity), where prefixes are to be kept
  SamplingDefaults sampling_defaults_;
  uint32_t context_length_ = 0;
  std::vector<TokenId> ending_tokens_;
  kernels::Installation attention_;
  products::Installation products_;
  Counters counters_;
  AnswerChannels channels_;
  RequestId last_request_ = 0;

  // In the order in which each needs the ones before it.
  std::unique_ptr<ThreadPool> threads_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Projector> projector_;  // of a model that takes images
  std::unique_ptr<PromptMaker> prompts_;
  std::unique_ptr<ConstraintMaker> constraints_;
  std::unique_ptr<PairMaker> pairs_;  // of a model that ranks
  std::unique_ptr<LlamaContext> context_;
  std::unique_ptr<DraftModel> draft_;
  std::unique_ptr<Speculator> speculator_;
  std::unique_ptr<PrefixStore> prefix_store_;
  std::unique_ptr<KeptPrefixes> kept_prefixes_;
  std::unique_ptr<Embedder> embedder_;
  std::unique_ptr<InferenceLoop> inference_;
  std::unique_ptr<ImageLoop> images_;
  std::unique_ptr<EmbeddingLoop> embeddings_;
};

}  // namespace bedplate::engine
