// What a model is: the facts that Bedrock publishes of it, and what answers for it (its binding).
//
// Plain values; copied freely, never changed after they were published by ModelDirectory.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace bedplate::models {

// Each list is spelled as the service model spells it (ModelModality, ModelCustomization, ...).
// spec: bedrock#FoundationModelDetails
enum class Modality : uint8_t { kText, kImage, kEmbedding };
enum class Customization : uint8_t { kFineTuning, kContinuedPreTraining, kDistillation };
enum class InferenceType : uint8_t { kOnDemand, kProvisioned };
enum class Lifecycle : uint8_t { kActive, kLegacy };

// What a model makes: text or embeddings; and the body that InvokeModel takes for it where its
// `family` has no format of its own (formats/).
enum class BodyFormat : uint8_t { kOpenAiChat, kTitanEmbeddings };

struct ModelFacts {
  std::string id{};        // e.g. "huggingfacetb.smollm2-135m-instruct-v1:0"
  std::string name{};      // at most 20 characters, e.g. "SmolLM2 135M"
  std::string provider{};  // at most 20 characters
  std::vector<Modality> input_modalities{};
  std::vector<Modality> output_modalities{};
  bool streaming = false;
  std::vector<Customization> customizations{};
  std::vector<InferenceType> inference_types{};
  Lifecycle lifecycle = Lifecycle::kActive;
  int64_t start_of_life_s = 0;   // Unix seconds; 0 where nobody published one
  int context_tokens = 0;        // prompt and answer together; 0 until the model told us
  int embedding_dimensions = 0;  // 0 for a model that makes no embeddings
  BodyFormat body_format = BodyFormat::kOpenAiChat;
  std::string family{};  // of the provider's own bodies, e.g. "anthropic-messages"

  bool MakesEmbeddings() const { return body_format == BodyFormat::kTitanEmbeddings; }
};

// A GGUF file that a bedplate-engine child of ours answers for.
struct LocalWeights {
  std::string file{};  // absolute path
  friend bool operator==(const LocalWeights&, const LocalWeights&) = default;
};

// A server that speaks OpenAI's protocol.
struct RemoteUpstream {
  std::string url{};          // base without a trailing slash, e.g. "http://gpu1:8000/v1"
  std::string model_name{};   // what that server calls the model
  std::string api_key_env{};  // environment variable that holds its key; empty for none
  friend bool operator==(const RemoteUpstream&, const RemoteUpstream&) = default;
};

using Binding = std::variant<LocalWeights, RemoteUpstream>;

struct Model {
  ModelFacts facts{};
  Binding binding{};
  bool user_added = false;  // by `bedplate models add`, not part of the catalog
};

}  // namespace bedplate::models
