#include "app/wire_services.h"

#include <array>
#include <utility>

#include "anthropic_api/service.h"
#include "base/clock.h"
#include "bedrock/service.h"
#include "bedrock_agent/service.h"
#include "bedrock_agent_runtime/service.h"
#include "bedrock_runtime/service.h"
#include "iam/service.h"
#include "kms/service.h"
#include "openai_api/service.h"
#include "s3/service.h"
#include "sts/service.h"

namespace bedplate::app {

ServiceParts::ServiceParts(ModelParts& models, IdentityParts& identity, KeyParts& keys,
                           ObjectParts& objects, net::Reactors& reactors,
                           services::bedrock_runtime::RelayOptions relay)
    : bedrock_(models.directory(), models.access(), models.profiles(), models.tags(),
               {.endpoints = models.endpoints(),
                .routers = models.routers(),
                .policies = models.policies(),
                .hosts = models.hosts()},
               models.pool()),
      bedrock_runtime_(models.directory(), models.converser(), models.invoker(), models.usage()),
      iam_(identity.store(), models.pool()),
      kms_(keys.services(), identity.store(), models.pool()),
      s3_(objects.store(), objects.uploads(), objects.pool(), identity.identities(),
          identity.store()),
      serves_buckets_(objects.are_here()),
      sts_(identity.store(), reactors),
      openai_api_(models.directory(), models.invoker(), models.stored_responses(), models.usage()),
      anthropic_api_(models.directory(), models.invoker(), models.usage()),
      relay_(models.directory(), models.usage(), reactors, std::move(relay), SystemClock()) {}

wire::Dispatcher ServiceParts::MakeDispatcher() {
  wire::Dispatcher dispatcher;
  gen::bedrock::Register(dispatcher, bedrock_);
  gen::bedrock_runtime::Register(dispatcher, bedrock_runtime_);
  gen::iam::Register(dispatcher, iam_);
  gen::kms::Register(dispatcher, kms_);
  if (serves_buckets_) gen::s3::Register(dispatcher, s3_);
  gen::sts::Register(dispatcher, sts_);
  gen::openai_api::Register(dispatcher, openai_api_);
  gen::anthropic_api::Register(dispatcher, anthropic_api_);
  return dispatcher;
}

std::span<const wire::Service* const> ServiceParts::All() {
  static constexpr std::array kAll = {&gen::bedrock::kService,
                                      &gen::bedrock_runtime::kService,
                                      &gen::bedrock_agent::kService,
                                      &gen::bedrock_agent_runtime::kService,
                                      &gen::iam::kService,
                                      &gen::kms::kService,
                                      &gen::s3::kService,
                                      &gen::sts::kService,
                                      &gen::openai_api::kService,
                                      &gen::anthropic_api::kService};
  return kAll;
}

}  // namespace bedplate::app
