// Settings as the net module takes them.
#pragma once

#include "base/settings.h"
#include "net/reactors.h"
#include "net/server.h"

namespace bedplate::app {

net::ReactorOptions MakeReactorOptions(const Settings& settings);
net::ServerOptions MakeServerOptions(const Settings& settings);

}  // namespace bedplate::app
