// What the model-side operations of the control plane stand on, beside the directory.
//
// Threads: as each part says.
#pragma once

#include "models/endpoint_store.h"
#include "models/hosting/hosts.h"
#include "models/policy_store.h"
#include "models/router_store.h"

namespace bedplate::services::bedrock {

// All outlive the service.
struct ControlPlane {
  models::EndpointStore& endpoints;
  models::RouterStore& routers;
  models::PolicyStore& policies;
  models::Hosts& hosts;
};

}  // namespace bedplate::services::bedrock
