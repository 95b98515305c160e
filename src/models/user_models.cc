#include "models/user_models.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/binding_target.h"
#include "models/citations/words.h"
#include "models/facts_json.h"
#include "models/formats/native_format.h"

namespace bedplate::models {
namespace {

constexpr size_t kBrandedNameCharactersMax = 20;  // spec: bedrock#BrandedName

std::unexpected<Error> Refuse(std::string message) {
  return Fail(Fault::kValidation, std::move(message));
}

Result<Binding> BindingOf(const NewModel& model) {
  auto target = ReadTarget({.gguf_file = model.gguf_file,
                            .url = model.url,
                            .lora_file = model.lora_file,
                            .lora_scale = model.lora_scale,
                            .projector_file = model.projector_file,
                            .draft_file = model.draft_file,
                            .protocol = model.protocol,
                            .upstream_model = model.upstream_model,
                            .api_key_env = model.api_key_env,
                            .region = model.region,
                            .profile = model.profile},
                           FileIsWanted::kToday);
  if (!target) return std::unexpected(std::move(target.error()));
  if (auto* weights = std::get_if<LocalWeights>(&*target)) return std::move(*weights);
  // A server knows a model by the id unless another name is said.
  if (auto* bedrock = std::get_if<BedrockUpstream>(&*target)) return std::move(*bedrock);
  auto& upstream = std::get<RemoteUpstream>(*target);
  if (upstream.model_name.empty()) upstream.model_name = model.id;
  if (upstream.protocol == UpstreamProtocol::kAnthropic && model.use != Use::kText) {
    return Refuse("A server that speaks Anthropic's protocol makes text alone.");
  }
  return std::move(upstream);
}

BodyFormat BodyFormatFor(Use use) {
  switch (use) {
    case Use::kEmbeddings:
      return BodyFormat::kTitanEmbeddings;
    case Use::kRanking:
      return BodyFormat::kRerank;
    case Use::kText:
      break;
  }
  return BodyFormat::kOpenAiChat;
}

// A family whose bodies ask for what the model makes.
Result<void> CheckFamily(const std::string& family, Use use) {
  if (family.empty()) return {};
  std::string known;
  for (const NativeFormat& format : AllFormats()) {
    if (format.use() != use) continue;
    if (format.family == family) return {};
    known += fmt::format("{}{}", known.empty() ? "" : ", ", format.family);
  }
  return Refuse(
      fmt::format("{} is no family of bodies for {}. There are: {}.", family, Text(use), known));
}

}  // namespace

Result<Model> AddUserModel(ModelRepository& repository, const Scope& scope,
                           const NewModel& new_model) {
  if (auto ok = CheckNewModelId(new_model.id); !ok) return std::unexpected(ok.error());
  const bool at_server = !new_model.url.empty() || new_model.protocol == kBedrockWord;
  if (new_model.gguf_file.empty() != at_server) {
    return Refuse(
        "Say where the model is: either --gguf FILE or --url URL, or --protocol bedrock.");
  }
  if (!at_server && !(new_model.protocol.empty() && new_model.upstream_model.empty() &&
                      new_model.api_key_env.empty())) {
    return Refuse("--protocol, --upstream-model and --api-key-variable belong to --url.");
  }
  if (!new_model.projector_file.empty() && new_model.use != Use::kText) {
    return Refuse("A projector belongs to a model that makes text.");
  }
  if (auto ok = CheckFamily(new_model.family, new_model.use); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  auto binding = BindingOf(new_model);
  if (!binding) return std::unexpected(std::move(binding.error()));

  size_t dot = new_model.id.find('.');
  Model model{.facts = {}, .binding = std::move(*binding), .user_added = true};
  ModelFacts& facts = model.facts;
  facts.id = new_model.id;
  // Names given by hand are held to the service's limit; names taken from the id, which is ASCII,
  // are cut to it.
  if (CountCharacters(new_model.name) > kBrandedNameCharactersMax ||
      CountCharacters(new_model.provider) > kBrandedNameCharactersMax) {
    return Refuse(fmt::format("A name or a provider can have at most {} characters.",
                              kBrandedNameCharactersMax));
  }
  facts.name = new_model.name.empty() ? new_model.id.substr(dot + 1, kBrandedNameCharactersMax)
                                      : new_model.name;
  facts.provider = new_model.provider.empty()
                       ? new_model.id.substr(0, std::min(dot, kBrandedNameCharactersMax))
                       : new_model.provider;
  facts.input_modalities = {Modality::kText};
  if (!new_model.projector_file.empty()) facts.input_modalities.push_back(Modality::kImage);
  facts.output_modalities = {new_model.use == Use::kEmbeddings ? Modality::kEmbedding
                                                               : Modality::kText};
  facts.streaming = new_model.use == Use::kText;
  facts.inference_types = {InferenceType::kOnDemand};
  facts.body_format = BodyFormatFor(new_model.use);
  facts.family = new_model.family;
  if (auto added = repository.Add({.scope = scope, .model = model}); !added) {
    return std::unexpected(std::move(added.error()));
  }
  return model;
}

}  // namespace bedplate::models
