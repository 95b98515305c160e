#include "models/user_models.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "models/formats/native_format.h"
#include "net/client.h"

namespace bedplate::models {
namespace {

constexpr size_t kBrandedNameCharactersMax = 20;  // spec: bedrock#BrandedName

std::unexpected<Error> Refuse(std::string message) {
  return Fail(Fault::kValidation, std::move(message));
}

Result<Binding> BindFile(const std::string& file) {
  std::error_code error;
  auto path = std::filesystem::absolute(file, error);
  if (error || !std::filesystem::is_regular_file(path, error)) {
    return Refuse(fmt::format("There is no file {}.", file));
  }
  // spec: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md: the first four bytes.
  std::array<char, 4> magic{};
  std::ifstream stream(path, std::ios::binary);
  if (!stream.read(magic.data(), magic.size()) ||
      std::string_view(magic.data(), magic.size()) != "GGUF") {
    return Refuse(fmt::format("{} is not a GGUF file.", file));
  }
  return LocalWeights{.file = path.lexically_normal().string()};
}

Result<Binding> BindUrl(const NewModel& model) {
  std::string url = model.url;
  while (url.ends_with('/')) url.pop_back();
  if (auto endpoint = net::Endpoint::Parse(url); !endpoint) {
    return Refuse(fmt::format("The URL {} can't be used: {}", model.url, endpoint.error().message));
  }
  return RemoteUpstream{
      .url = std::move(url),
      .model_name = model.upstream_model.empty() ? model.id : model.upstream_model,
      .api_key_env = model.api_key_env};
}

// A family whose bodies ask for what the model makes.
Result<void> CheckFamily(const std::string& family, bool embeddings) {
  if (family.empty()) return {};
  std::string known;
  for (const NativeFormat& format : AllFormats()) {
    if ((format.read_embeddings != nullptr) != embeddings) continue;
    if (format.family == family) return {};
    known += fmt::format("{}{}", known.empty() ? "" : ", ", format.family);
  }
  return Refuse(fmt::format("{} is no family of bodies for {}. There are: {}.", family,
                            embeddings ? "embeddings" : "text", known));
}

}  // namespace

Result<Model> AddUserModel(ModelRepository& repository, const Scope& scope,
                           const NewModel& new_model) {
  if (auto ok = CheckNewModelId(new_model.id); !ok) return std::unexpected(ok.error());
  if (new_model.gguf_file.empty() == new_model.url.empty()) {
    return Refuse("Say where the model is: either --gguf FILE or --url URL.");
  }
  if (new_model.url.empty() &&
      !(new_model.upstream_model.empty() && new_model.api_key_env.empty())) {
    return Refuse("--upstream-model and --api-key-env belong to --url.");
  }
  if (auto ok = CheckFamily(new_model.family, new_model.embeddings); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  auto binding = new_model.url.empty() ? BindFile(new_model.gguf_file) : BindUrl(new_model);
  if (!binding) return std::unexpected(std::move(binding.error()));

  size_t dot = new_model.id.find('.');
  Model model{.facts = {}, .binding = std::move(*binding), .user_added = true};
  ModelFacts& facts = model.facts;
  facts.id = new_model.id;
  facts.name = new_model.name.empty() ? new_model.id.substr(dot + 1) : new_model.name;
  facts.provider = new_model.provider.empty() ? new_model.id.substr(0, dot) : new_model.provider;
  // Names given by hand are held to the service's limit; names taken from the id are cut to it.
  if (new_model.name.size() > kBrandedNameCharactersMax ||
      new_model.provider.size() > kBrandedNameCharactersMax) {
    return Refuse(fmt::format("A name or a provider can have at most {} characters.",
                              kBrandedNameCharactersMax));
  }
  facts.name.resize(std::min(facts.name.size(), kBrandedNameCharactersMax));
  facts.provider.resize(std::min(facts.provider.size(), kBrandedNameCharactersMax));
  facts.input_modalities = {Modality::kText};
  facts.output_modalities = {new_model.embeddings ? Modality::kEmbedding : Modality::kText};
  facts.streaming = !new_model.embeddings;
  facts.inference_types = {InferenceType::kOnDemand};
  facts.body_format = new_model.embeddings ? BodyFormat::kTitanEmbeddings : BodyFormat::kOpenAiChat;
  facts.family = new_model.family;
  if (auto added = repository.Add({.scope = scope, .model = model}); !added) {
    return std::unexpected(std::move(added.error()));
  }
  return model;
}

}  // namespace bedplate::models
