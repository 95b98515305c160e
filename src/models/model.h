// What a model is: the facts that Bedrock publishes of it, and what answers for it (its binding).
//
// Plain values; copied freely, never changed after they were published by ModelDirectory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace bedplate::models {

// Each list is spelled as the service spells it (ModelModality, ModelCustomization, ...). The
// service answers with more modalities and inference types than its model lists.
// spec: bedrock#FoundationModelDetails
enum class Modality : uint8_t { kText, kImage, kEmbedding, kVideo, kAudio, kSpeech };
enum class Customization : uint8_t { kFineTuning, kContinuedPreTraining, kDistillation };
enum class InferenceType : uint8_t { kOnDemand, kProvisioned, kInferenceProfile };
enum class Lifecycle : uint8_t { kActive, kLegacy };

// What a model makes: text, embeddings or an order of documents; and the body that InvokeModel
// takes for it where its `family` has no format of its own (formats/). kNone: a kind of model (of
// images, of speech, ...) that nothing here can answer for yet, so it can't be bound.
enum class BodyFormat : uint8_t { kOpenAiChat, kTitanEmbeddings, kRerank, kNone };

// What weights or a server are for. The numbers are kept in the database.
enum class Use : uint8_t { kText = 0, kEmbeddings = 1, kRanking = 2 };

struct ModelFacts {
  std::string id{};        // e.g. "huggingfacetb.smollm2-135m-instruct-v1:0"
  std::string name{};      // e.g. "SmolLM2 135M"
  std::string provider{};  // e.g. "HuggingFaceTB"
  std::vector<Modality> input_modalities{};
  std::vector<Modality> output_modalities{};
  bool streaming = false;
  std::vector<Customization> customizations{};
  std::vector<InferenceType> inference_types{};
  Lifecycle lifecycle = Lifecycle::kActive;
  int64_t start_of_life_s = 0;  // Unix seconds, as the next three; 0 where nobody published one
  int64_t legacy_s = 0;         // when it became, or becomes, a legacy model
  int64_t extended_access_s = 0;
  int64_t end_of_life_s = 0;     // when the hosted service takes it away
  int context_tokens = 0;        // prompt and answer together; 0 until the model told us
  int embedding_dimensions = 0;  // 0 for a model that makes no embeddings
  BodyFormat body_format = BodyFormat::kOpenAiChat;
  std::string family{};  // of the provider's own bodies, e.g. "anthropic-messages"

  bool MakesEmbeddings() const { return body_format == BodyFormat::kTitanEmbeddings; }
  bool RanksDocuments() const { return body_format == BodyFormat::kRerank; }
  Use use() const {
    if (RanksDocuments()) return Use::kRanking;
    return MakesEmbeddings() ? Use::kEmbeddings : Use::kText;
  }
};

// Nothing answers for the model: it is listed, and each use of it is refused.
struct Unbound {
  friend bool operator==(const Unbound&, const Unbound&) = default;
};

// A GGUF file that a bedplate-engine child of ours answers for, alone or with a LoRA adapter, and
// with a projector where the model takes images.
struct LocalWeights {
  std::string file{};        // absolute path
  std::string adapter{};     // likewise, of a GGUF file; empty for none
  double adapter_scale = 1;  // of what the adapter adds
  std::string projector{};   // likewise; it then takes images
  std::string draft{};       // likewise, of a small model that guesses for it
  friend bool operator==(const LocalWeights&, const LocalWeights&) = default;
};

// What a server at a URL speaks: OpenAI's chat completions, or Anthropic's Messages API.
enum class UpstreamProtocol : uint8_t { kOpenAi, kAnthropic };

// A server of models.
struct RemoteUpstream {
  UpstreamProtocol protocol = UpstreamProtocol::kOpenAi;
  std::string url{};          // base without a trailing slash, e.g. "http://gpu1:8000/v1"
  std::string model_name{};   // what that server calls the model
  std::string api_key_env{};  // environment variable that holds its key; empty for none
  friend bool operator==(const RemoteUpstream&, const RemoteUpstream&) = default;
};

// Amazon Bedrock itself, or what speaks as it does: it gets the caller's request as it is, signed
// anew.
struct BedrockUpstream {
  std::string url{};         // of bedrock-runtime, e.g. "https://bedrock-runtime.eu-west-1.…"
  std::string region{};      // that requests are signed for
  std::string model_name{};  // what it calls the model; empty: as the caller does
  std::string profile{};     // of the AWS credentials file; empty: the environment's credentials
  friend bool operator==(const BedrockUpstream&, const BedrockUpstream&) = default;
};

using Binding = std::variant<Unbound, LocalWeights, RemoteUpstream, BedrockUpstream>;

// Another model of this server, which answers in its place.
struct OtherModel {
  std::string id{};
  friend bool operator==(const OtherModel&, const OtherModel&) = default;
};

// What a user may bind to models of the catalog. A RemoteUpstream without a model_name means the
// id of the model that is bound.
using BindingTarget = std::variant<LocalWeights, RemoteUpstream, BedrockUpstream, OtherModel>;

struct BindingRule {
  std::string pattern{};  // an id, or '*' in it for any run of characters
  BindingTarget target{};
  Use use = Use::kText;  // what weights or a server are for
};

// Who publishes models in the catalog, and where the catalog has their facts from.
struct Provider {
  std::string name{};
  std::string source{};       // a page of documentation
  std::string as_of{};        // the date of that page, "2026-02-15"
  std::string price_as_of{};  // the month of the prices, "2025-06"; empty where there are none
  std::string licence_url{};
  bool agreement = false;  // each of its models is used under an agreement made beforehand
  bool use_case = false;   // and the account has to say first what it wants with them
};

// On-demand price of a million tokens in millionths of a US dollar, in the service's first region.
struct TokenPrice {
  int64_t input = 0;
  std::optional<int64_t> output{};  // nothing for a model that makes no text
};

// What the catalog says of a model beside its facts.
struct Publication {
  std::shared_ptr<const Provider> provider{};
  std::vector<std::string> geographies{};  // of its inference profiles: "us", "eu", ...
  std::optional<TokenPrice> price{};       // where it is known for certain
  std::string licence{};
};

struct Model {
  ModelFacts facts{};
  Binding binding{};
  bool user_added = false;  // by `bedplate models add`, not part of the catalog
  std::shared_ptr<const Publication> published{};  // null for a model that a user added
  std::string bound_by{};    // the pattern of the rule that bound it, or empty
  std::string stands_for{};  // the other model that the rule names, or empty

  bool IsBound() const { return !std::holds_alternative<Unbound>(binding); }
  // Whether what answers is a server of Anthropic's protocol.
  bool SpeaksMessages() const {
    const auto* remote = std::get_if<RemoteUpstream>(&binding);
    return remote != nullptr && remote->protocol == UpstreamProtocol::kAnthropic;
  }
  const BedrockUpstream* AtBedrock() const { return std::get_if<BedrockUpstream>(&binding); }
};

}  // namespace bedplate::models
