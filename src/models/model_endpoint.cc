#include "models/model_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json/value.h"
#include "models/binding_target.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kHub = "hub-content/SageMakerPublicHub/Model/";
constexpr std::string_view kInstances = "instances";
constexpr std::string_view kInstanceType = "instance_type";
constexpr std::string_view kRole = "role";
constexpr std::string_view kKmsKey = "kms_key";
constexpr std::string_view kSubnets = "subnets";
constexpr std::string_view kSecurityGroups = "security_groups";

std::unexpected<Error> BadSource(std::string_view identifier, std::string_view why) {
  return Fail(Fault::kValidation,
              fmt::format("The modelSourceIdentifier '{}' can't be used: {}", identifier, why));
}

Result<std::string> BehindHub(std::string_view identifier) {
  const size_t at = identifier.find(kHub);
  if (at == std::string_view::npos || at + kHub.size() == identifier.size()) {
    return BadSource(identifier, fmt::format("it names no model behind {}.", kHub));
  }
  return std::string(identifier.substr(at + kHub.size()));
}

bool IsUrl(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

json::Value ToArray(const std::vector<std::string>& texts) {
  json::Value::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

std::string Text(const json::Value& object, std::string_view key) {
  const json::Value* member = object.Find(key);
  const std::string* text = member == nullptr ? nullptr : member->AsString();
  return text == nullptr ? "" : *text;
}

std::vector<std::string> Texts(const json::Value& object, std::string_view key) {
  std::vector<std::string> texts;
  const json::Value* member = object.Find(key);
  if (member == nullptr || !member->is_array()) return texts;
  for (const json::Value& item : *member->AsArray()) {
    if (const std::string* text = item.AsString()) texts.push_back(*text);
  }
  return texts;
}

}  // namespace

std::string EndpointArn(const Scope& scope, std::string_view name) {
  return fmt::format("arn:aws:sagemaker:{}:{}:endpoint/{}", scope.region, scope.account, name);
}

std::optional<std::string> EndpointName(std::string_view arn, const Scope& scope) {
  const std::string head = EndpointArn(scope, "");
  if (!arn.starts_with(head) || arn.size() == head.size()) return std::nullopt;
  return std::string(arn.substr(head.size()));
}

Result<void> CheckEndpointName(std::string_view name) {
  const bool known = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (known && !name.empty() && !name.starts_with('-') && !name.ends_with('-')) return {};
  return Fail(Fault::kValidation,
              fmt::format("The endpointName '{}' can't be used: it may have letters, digits and "
                          "hyphens, and no hyphen at its ends.",
                          name));
}

Result<EndpointSource> ReadEndpointSource(std::string_view identifier) {
  auto name = BehindHub(identifier);
  if (!name) return std::unexpected(std::move(name.error()));
  if (!IsUrl(*name)) return EndpointSource{.url = {}, .model = name->substr(0, name->find('/'))};
  const size_t hash = name->find('#');
  if (hash == std::string::npos || hash + 1 == name->size()) {
    return BadSource(identifier, "behind a URL it says '#' and what that server calls the model.");
  }
  auto upstream =
      UpstreamAt(UpstreamProtocol::kOpenAi, name->substr(0, hash), name->substr(hash + 1), "");
  if (!upstream) return BadSource(identifier, upstream.error().message);
  return EndpointSource{.url = std::move(upstream->url), .model = std::move(upstream->model_name)};
}

Result<EndpointSource> ReadRegisteredServer(std::string_view url, std::string_view identifier) {
  auto name = BehindHub(identifier);
  if (!name) return std::unexpected(std::move(name.error()));
  if (!IsUrl(url)) {
    return Fail(Fault::kValidation,
                fmt::format("The endpointIdentifier '{}' is neither the ARN of an endpoint of this "
                            "account and region nor an http:// or https:// URL of a server.",
                            url));
  }
  auto upstream = UpstreamAt(UpstreamProtocol::kOpenAi, std::string(url), std::move(*name), "");
  if (!upstream) {
    return Fail(Fault::kValidation, fmt::format("The endpointIdentifier '{}' can't be used: {}",
                                                url, upstream.error().message));
  }
  return EndpointSource{.url = std::move(upstream->url), .model = std::move(upstream->model_name)};
}

Model EndpointModel(const Scope& scope, const ModelEndpoint& endpoint) {
  Model model;
  ModelFacts& facts = model.facts;
  facts.id = EndpointArn(scope, endpoint.name);
  facts.name = endpoint.name;
  facts.provider = "Marketplace";
  facts.input_modalities = {Modality::kText};
  facts.output_modalities = {Modality::kText};
  facts.streaming = true;
  facts.inference_types = {InferenceType::kOnDemand};
  model.binding = RemoteUpstream{.url = endpoint.source.url, .model_name = endpoint.source.model};
  model.user_added = true;
  return model;
}

std::string WriteEndpointConfig(const EndpointConfig& config) {
  json::Value value;
  value.Set(kInstances, config.instances);
  value.Set(kInstanceType, config.instance_type);
  value.Set(kRole, config.role);
  value.Set(kKmsKey, config.kms_key);
  value.Set(kSubnets, ToArray(config.subnets));
  value.Set(kSecurityGroups, ToArray(config.security_groups));
  return value.ToJson();
}

Result<EndpointConfig> ReadEndpointConfig(std::string_view json) {
  const auto value = json::Value::Parse(json);
  int64_t instances = 0;
  const json::Value* member = value ? value->Find(kInstances) : nullptr;
  if (member == nullptr || !member->ToInt64(instances)) {
    return Fail(Fault::kInternal, "the configuration of an endpoint can't be read");
  }
  return EndpointConfig{.instances = static_cast<int>(instances),
                        .instance_type = Text(*value, kInstanceType),
                        .role = Text(*value, kRole),
                        .kms_key = Text(*value, kKmsKey),
                        .subnets = Texts(*value, kSubnets),
                        .security_groups = Texts(*value, kSecurityGroups)};
}

}  // namespace bedplate::models
