// What can be said of a model endpoint now: its server is asked, its engine looked at.
//
// Threads: any reactor; takes at most as long as a connection may take to be made, twice.
#pragma once

#include <string>

#include "models/directory.h"
#include "models/hosting/hosts.h"
#include "models/model_endpoint.h"
#include "net/task.h"

namespace bedplate::models {

struct EndpointState {
  enum class Serving : uint8_t { kCreating, kInService, kFailed };
  Serving serving = Serving::kInService;
  std::string serving_message{};  // may be empty, as the next
  bool compatible = true;         // false: what answers there is not the endpoint's model
  std::string message{};
};

// A server at a URL is asked for its models; an engine that is stopped is in service, as the next
// request starts it. Never fails: what went wrong is the state.
net::Task<EndpointState> ProbeEndpoint(Hosts& hosts, const ModelDirectory& directory, Scope scope,
                                       ModelEndpoint endpoint);

}  // namespace bedplate::models
