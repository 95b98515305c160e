// A model endpoint: a name, by an ARN, of a server at a URL or of a model of this server. Accounts
// make them with the API of Bedrock's marketplace; the ARN is then a model identifier.
//
// Errors: kValidation. Threads: plain values, pure functions.
// spec: bedrock#MarketplaceModelEndpoint
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/model.h"
#include "models/model_id.h"

namespace bedplate::models {

// What answers at an endpoint.
struct EndpointSource {
  std::string url{};    // of an OpenAI-compatible server; empty for a model of this server
  std::string model{};  // what that server calls it, or an identifier of this server's model
  friend bool operator==(const EndpointSource&, const EndpointSource&) = default;
};

// What the caller said of instances. Bedplate starts none: it is kept and told back.
// spec: bedrock#SageMakerEndpoint
struct EndpointConfig {
  int instances = 0;
  std::string instance_type{};
  std::string role{};
  std::string kms_key{};
  std::vector<std::string> subnets{};
  std::vector<std::string> security_groups{};
  friend bool operator==(const EndpointConfig&, const EndpointConfig&) = default;
};

struct ModelEndpoint {
  std::string name{};
  std::string source_identifier{};  // as the caller gave it
  EndpointSource source{};
  std::optional<EndpointConfig> config{};  // none for a server that was registered
  bool registered = true;                  // whether it can be used as a model
  bool compatible = true;                  // as it was seen last, with the next
  std::string message{};
  int64_t created_at_ms = 0;  // since the Unix epoch
  int64_t updated_at_ms = 0;
};

// "arn:aws:sagemaker:REGION:ACCOUNT:endpoint/NAME", as the hosted service's.
std::string EndpointArn(const Scope& scope, std::string_view name);
// The name in an endpoint's ARN of this scope; nothing for any other text.
std::optional<std::string> EndpointName(std::string_view arn, const Scope& scope);
// Whether `name` can be in an ARN: letters, digits and hyphens, not at the ends.
Result<void> CheckEndpointName(std::string_view name);

// What follows "hub-content/SageMakerPublicHub/Model/" in a model source identifier: an identifier
// of a model of this server, with or without "/VERSION", or "URL#MODEL".
Result<EndpointSource> ReadEndpointSource(std::string_view identifier);
// "URL", with the model that `identifier` names as that server's.
Result<EndpointSource> ReadRegisteredServer(std::string_view url, std::string_view identifier);

// The model that an endpoint of a server at a URL is.
Model EndpointModel(const Scope& scope, const ModelEndpoint& endpoint);

std::string WriteEndpointConfig(const EndpointConfig& config);
// What WriteEndpointConfig wrote; kInternal for anything else.
Result<EndpointConfig> ReadEndpointConfig(std::string_view json);

}  // namespace bedplate::models
