// The services: their handlers over the domain, and the table of all that are routed.
//
// Threads: made and destroyed by main; the handlers run on all reactors.
#pragma once

#include <span>

#include "app/wire_identity.h"
#include "app/wire_keys.h"
#include "app/wire_models.h"
#include "app/wire_objects.h"
#include "services/anthropic_api/service.h"
#include "services/bedrock/service.h"
#include "services/bedrock_runtime/relay/relay.h"
#include "services/bedrock_runtime/service.h"
#include "services/iam/service.h"
#include "services/kms/service.h"
#include "services/openai_api/service.h"
#include "services/s3/service.h"
#include "services/sts/service.h"
#include "wire/dispatcher.h"
#include "wire/operation.h"

namespace bedplate::app {

class ServiceParts {
 public:
  // All but `relay` outlive this.
  ServiceParts(ModelParts& models, IdentityParts& identity, KeyParts& keys, ObjectParts& objects,
               net::Reactors& reactors, services::bedrock_runtime::RelayOptions relay);

  // A dispatcher to these handlers; this outlives it.
  wire::Dispatcher MakeDispatcher();
  // Answers for models that are bound to Amazon Bedrock.
  const wire::Detour& relay() const { return relay_; }
  // Every service whose operations are routed; those not served answer that they are not.
  static std::span<const wire::Service* const> All();

 private:
  services::bedrock::Bedrock bedrock_;
  services::bedrock_runtime::BedrockRuntime bedrock_runtime_;
  services::iam::Iam iam_;
  services::kms::Kms kms_;
  services::s3::S3 s3_;
  bool serves_buckets_;  // else objects.url does
  services::sts::Sts sts_;
  services::openai_api::OpenAiApi openai_api_;
  services::anthropic_api::AnthropicApi anthropic_api_;
  services::bedrock_runtime::Relay relay_;
};

}  // namespace bedplate::app
