#include "app/wire_services.h"

#include <array>

#include "bedrock/service.h"
#include "bedrock_agent/service.h"
#include "bedrock_agent_runtime/service.h"
#include "bedrock_runtime/service.h"

namespace bedplate::app {

ServiceParts::ServiceParts(ModelParts& models)
    : bedrock_(models.directory(), models.access(), models.profiles(), models.tags(),
               {.endpoints = models.endpoints(),
                .routers = models.routers(),
                .policies = models.policies(),
                .hosts = models.hosts()},
               models.pool()),
      bedrock_runtime_(models.directory(), models.converser(), models.invoker(), models.usage()) {}

wire::Dispatcher ServiceParts::MakeDispatcher() {
  wire::Dispatcher dispatcher;
  gen::bedrock::Register(dispatcher, bedrock_);
  gen::bedrock_runtime::Register(dispatcher, bedrock_runtime_);
  return dispatcher;
}

std::span<const wire::Service* const> ServiceParts::All() {
  static constexpr std::array kAll = {&gen::bedrock::kService, &gen::bedrock_runtime::kService,
                                      &gen::bedrock_agent::kService,
                                      &gen::bedrock_agent_runtime::kService};
  return kAll;
}

}  // namespace bedplate::app
