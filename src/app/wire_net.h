// Settings as the net module takes them.
#pragma once

#include <cstdint>

#include "base/settings.h"
#include "net/reactors.h"
#include "net/server.h"

namespace bedplate::app {

net::ReactorOptions MakeReactorOptions(const Settings& settings);
// Of a payload that is given on as it comes: what is put into a bucket at once.
uint64_t StreamedBodyBytesMax(const Settings& settings);
net::ServerOptions MakeServerOptions(const Settings& settings);

}  // namespace bedplate::app
