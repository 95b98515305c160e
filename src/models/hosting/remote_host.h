// RemoteHost: a server at a URL that answers OpenAI's protocol or Anthropic's. Whether it is there
// shows with the first request.
//
// Threads: any.
#pragma once

#include <chrono>
#include <string>

#include "base/environment.h"
#include "models/hosting/host.h"
#include "models/model.h"
#include "net/reactors.h"

namespace bedplate::models {

class RemoteHost final : public Host {
 public:
  // A URL or key that can't be used makes every Acquire fail with kModelError.
  RemoteHost(net::Reactors& reactors, const RemoteUpstream& upstream,
             const net::HttpClientOptions& options, const Environment& environment);

  net::Task<Result<ModelServerPtr>> Acquire() override;

 private:
  Result<ModelServerPtr> server_;
};

}  // namespace bedplate::models
