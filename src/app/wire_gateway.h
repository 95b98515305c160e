// The gateway with what it stands on: routes, dispatcher, identities.
//
// Threads: made and destroyed by main; SetReady from main, the handler on all reactors.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>

#include "account/identity/identities.h"
#include "app/wire_recording.h"
#include "base/byte_budget.h"
#include "base/settings.h"
#include "gateway/authorization/directories.h"
#include "gateway/gateway.h"
#include "gateway/metrics/exposition.h"
#include "net/blocking_pool.h"
#include "wire/dispatcher.h"
#include "wire/router.h"

namespace bedplate::app {

class GatewayParts {
 public:
  using Collector = std::function<void(gateway::Exposition&)>;

  // `bodies` is the memory that requests may take; `services` are all that are routed; `dispatcher`
  // holds the handlers of those served. `collector` writes metrics beyond the gateway's own; called
  // on any reactor. `relay` answers what it takes. It, `identities`, `pool` and
  // `directories` and `buckets` (may be null) outlive this.
  GatewayParts(const Settings& settings, const account::RootCredentials& root,
               const account::Identities& identities, std::shared_ptr<ByteBudget> bodies,
               std::span<const wire::Service* const> services, wire::Dispatcher dispatcher,
               Collector collector, const wire::Detour& relay, RecordingParts recordings,
               net::BlockingPool& pool, const gateway::ResourceDirectories& directories,
               const account::objects::Buckets* buckets);

  net::Handler& handler() { return gateway_; }
  // What /readyz says.
  void SetReady(bool ready) { ready_ = ready; }

 private:
  std::atomic<bool> ready_ = false;
  wire::Router router_;
  wire::Dispatcher dispatcher_;
  RecordingParts recordings_;
  gateway::Gateway gateway_;
};

}  // namespace bedplate::app
