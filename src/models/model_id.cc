#include "models/model_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace bedplate::models {
namespace {

constexpr size_t kModelIdCharactersMax = 140;     // spec: bedrock#BedrockModelId
constexpr size_t kModelIdPartCharactersMax = 63;  // between two dots or colons
constexpr size_t kShownCharactersMax = 256;       // of an identifier in a message
constexpr size_t kModelIdVersionPartsMax = 2;     // "…:0:24k"

// The geographies of Bedrock's system-defined inference profiles, and "global".
constexpr std::array<std::string_view, 9> kGeographies = {"us", "us-gov", "eu", "apac",  "jp",
                                                          "au", "ca",     "sa", "global"};

std::vector<std::string_view> Split(std::string_view text, char separator, size_t parts_max) {
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < parts_max) {
    size_t at = text.find(separator);
    if (at == std::string_view::npos) break;
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.push_back(text);
  return parts;
}

bool IsIdPart(std::string_view part) {
  return !part.empty() && part.size() <= kModelIdPartCharactersMax &&
         std::ranges::all_of(part, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

std::unexpected<Error> BadNewId(std::string_view id, std::string_view why) {
  return Fail(Fault::kValidation,
              fmt::format("The model id '{}' can't be used: {}. Name it like Bedrock's own, lower "
                          "case with a provider before the first dot, e.g. "
                          "mycompany.tiny-chat-v1:0.",
                          id, why));
}

}  // namespace

Error UnknownModel(std::string_view identifier) {
  return Error{.fault = Fault::kValidation,
               .message = fmt::format("The provided model identifier is invalid. There is no model "
                                      "'{}' in this account and region.",
                                      identifier.substr(0, kShownCharactersMax))};
}

Result<ModelIdentifier> ParseModelIdentifier(std::string_view text) {
  if (text.empty()) return std::unexpected(UnknownModel(text));
  if (!text.starts_with("arn:")) {
    return ModelIdentifier{
        .form = ModelIdentifier::Form::kId, .id = std::string(text), .region = {}, .account = {}};
  }
  // arn:partition:bedrock:region:account:resource, where the resource may hold colons itself.
  auto parts = Split(text, ':', 6);
  constexpr std::string_view kEndpoint = "endpoint/";
  const bool of_endpoint =
      parts.size() == 6 && parts[2] == "sagemaker" && parts[5].starts_with(kEndpoint);
  if (parts.size() != 6 || !parts[1].starts_with("aws") ||
      (parts[2] != "bedrock" && !of_endpoint)) {
    return std::unexpected(UnknownModel(text));
  }
  ModelIdentifier identifier{.form = {}, .id = {}, .region = std::string(parts[3]), .account = {}};
  std::string_view resource = parts[5];
  constexpr std::string_view kFoundationModel = "foundation-model/";
  constexpr std::string_view kInferenceProfile = "inference-profile/";
  constexpr std::string_view kApplicationProfile = "application-inference-profile/";
  constexpr std::string_view kPromptRouter = "prompt-router/";
  if (resource.starts_with(kFoundationModel) && parts[4].empty()) {
    identifier.form = ModelIdentifier::Form::kFoundationModelArn;
    resource.remove_prefix(kFoundationModel.size());
  } else if (resource.starts_with(kInferenceProfile)) {
    // The account in it is the caller's own wherever it was written; a system-defined profile is
    // no account's property, so it is not compared.
    identifier.form = ModelIdentifier::Form::kInferenceProfileArn;
    resource.remove_prefix(kInferenceProfile.size());
  } else if (resource.starts_with(kApplicationProfile)) {
    identifier.form = ModelIdentifier::Form::kApplicationProfileArn;
    identifier.account = std::string(parts[4]);
    resource.remove_prefix(kApplicationProfile.size());
  } else if (resource.starts_with(kPromptRouter)) {
    identifier.form = ModelIdentifier::Form::kPromptRouterArn;
    identifier.account = std::string(parts[4]);
    resource.remove_prefix(kPromptRouter.size());
  } else if (of_endpoint) {
    identifier.form = ModelIdentifier::Form::kEndpointArn;
    identifier.account = std::string(parts[4]);
    resource.remove_prefix(kEndpoint.size());
  } else {
    return std::unexpected(UnknownModel(text));
  }
  if (resource.empty()) return std::unexpected(UnknownModel(text));
  identifier.id = std::string(resource);
  return identifier;
}

std::string_view WithoutGeography(std::string_view id) {
  size_t dot = id.find('.');
  if (dot == std::string_view::npos) return id;
  // A provider must be left behind the geography: "us.meta.llama" but not "us.llama".
  if (id.find('.', dot + 1) == std::string_view::npos) return id;
  if (std::ranges::find(kGeographies, id.substr(0, dot)) == kGeographies.end()) return id;
  return id.substr(dot + 1);
}

Result<void> CheckNewModelId(std::string_view id) {
  if (id.size() > kModelIdCharactersMax) {
    return BadNewId(id, fmt::format("it has {} characters and {} are allowed", id.size(),
                                    kModelIdCharactersMax));
  }
  auto versions = Split(id, ':', kModelIdVersionPartsMax + 2);
  if (versions.size() > kModelIdVersionPartsMax + 1) return BadNewId(id, "it has too many colons");
  auto names = Split(versions[0], '.', 4);
  if (names.size() < 2) return BadNewId(id, "it names no provider");
  if (names.size() > 3) return BadNewId(id, "it has too many dots");
  // spec: bedrock#GetFoundationModelIdentifier wants two characters behind the provider.
  if (names.size() == 2 && names[1].size() == 1) return BadNewId(id, "its name is one character");
  for (std::string_view part : names) {
    if (!IsIdPart(part)) return BadNewId(id, fmt::format("'{}' is not a name", part));
  }
  for (size_t i = 1; i < versions.size(); ++i) {
    if (!IsIdPart(versions[i])) return BadNewId(id, fmt::format("'{}' is no version", versions[i]));
  }
  if (WithoutGeography(id) != id) {
    return BadNewId(id, fmt::format("'{}' before the provider means a geography", names[0]));
  }
  return {};
}

std::string FoundationModelArn(std::string_view region, std::string_view model_id) {
  return fmt::format("arn:aws:bedrock:{}::foundation-model/{}", region, model_id);
}

}  // namespace bedplate::models
