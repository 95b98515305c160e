// Model: the weights, vocabulary and metadata of one GGUF file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/inference/decoder.h"
#include "engine/llamacpp/adapter.h"
#include "engine/text/token.h"

struct llama_context;
struct llama_model;
struct llama_vocab;

namespace bedplate::engine {

struct ModelInfo {
  std::string architecture;     // general.architecture, e.g. "llama"
  std::string name;             // general.name, may be empty
  uint32_t context_length = 0;  // tokens it was trained on
  uint32_t embedding_length = 0;
  uint32_t vocabulary_size = 0;
  uint64_t parameters = 0;
  uint64_t size_bytes = 0;
  std::string chat_template;  // Jinja source, empty when the model has none
  bool embeds = false;        // made for embeddings: it declares how to pool
  bool ranks = false;         // made for ranking: it declares that it pools to a score
  // A score is between 0 and 1 already, not a logit.
  bool scores_are_probabilities = false;
  std::string rerank_template;  // a prompt with {query} and {document}, empty where there is none
  bool causal = true;           // false for encoders such as BERT
  // Part of a sequence can be copied and cut. False for recurrent and hybrid models.
  bool splits_sequences = true;
  // What a part of a sequence has in the cache can be saved and loaded. False for models of which
  // some layers look at the last tokens only: llama.cpp saves no more of them than these.
  bool saves_sequences = true;
  // Bytes of text that one token stands for at most; 0 when the vocabulary leaves text out, so that
  // nothing follows from a text's length.
  size_t token_bytes_max = 0;
  // What the model's makers recommend for sampling, where the file says so; negative if not.
  float temperature = -1;
  float top_p = -1;
  int top_k = -1;
  float min_p = -1;
};

struct LoadOptions {
  // Told of the part of the weights that is in memory, 0 to 1, by the thread that loads.
  std::function<void(float)> progress{};
  // Reads what describes the model and no weights: such a model computes nothing, but a context of
  // it says what memory it would take.
  bool weightless = false;
  std::vector<AdapterSource> adapters{};
};

// Of a model, for one batch: 0 is the model alone, 1 the first of its adapters.
using AdapterId = uint32_t;

struct ModelAdapter {
  AdapterSource source{};
  std::string error{};                   // why it can't be used, or empty
  llama_adapter_lora* loaded = nullptr;  // the model's own; null where it can't be used
};

enum class SpecialTokens : uint8_t {
  kAsText,  // "<|im_end|>" is ten characters like others: for what a user wrote
  kParsed,  // it is the one token: for what a chat template wrote
};

// Immutable after Load; every method may be called from any thread.
class Model final : public Vocabulary {
 public:
  // Reads `path`. kValidation with what is wrong with the file. A file that makes llama.cpp crash
  // ends the process as backend.h says. Takes seconds for large models.
  // Adapters that do not fit it fail alone: adapters() says why.
  static Result<std::unique_ptr<Model>> Load(const std::string& path,
                                             const LoadOptions& options = {});
  ~Model() override;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const ModelInfo& info() const { return info_; }

  // `add_special` puts the beginning (and for BERT the end) token that the model wants around.
  std::vector<TokenId> Tokenize(std::string_view text, SpecialTokens special,
                                bool add_special) const;
  void AppendPiece(TokenId token, std::string& out) const override;
  void AppendControlText(TokenId token, std::string& out) const override;
  bool EndsGeneration(TokenId token) const override;
  // Text of the beginning and end tokens, empty when there is none.
  std::string BeginText() const;
  std::string EndText() const;
  bool AddsBegin() const;
  bool AddsEnd() const;
  // What goes before, between and behind the tokens of a query and a document that a model without
  // a rerank template reads as a pair.
  struct PairFrame {
    std::vector<TokenId> before;
    std::vector<TokenId> between;
    std::vector<TokenId> behind;
  };
  PairFrame FrameOfPairs() const;
  // Texts of all control tokens: what a user must not be able to write.
  const std::vector<std::string>& control_texts() const { return control_texts_; }
  // Tokens the file says must never be generated.
  std::span<const TokenId> SuppressedTokens() const;

  // In the order of their sources, those that can't be used with them.
  const std::vector<ModelAdapter>& adapters() const { return adapters_; }

  // For this folder.
  llama_model* handle() const { return model_; }
  // What `context` computes from now on is with this adapter, which can be used. kModelError when
  // it can't be put to it. Of a context that is used by this thread alone.
  Result<void> PutAdapterTo(llama_context* context, AdapterId adapter) const;

 private:
  explicit Model(llama_model* model);
  std::string Metadata(const std::string& key) const;
  float MetadataNumber(const std::string& key, float absent) const;
  std::string TokenText(TokenId token) const;
  void ReadInfo();
  void LoadAdapters(const std::vector<AdapterSource>& sources);
  size_t LongestToken() const;

  llama_model* model_;
  std::vector<ModelAdapter> adapters_;
  const llama_vocab* vocabulary_;
  ModelInfo info_;
  std::vector<std::string> control_texts_;
};

}  // namespace bedplate::engine
