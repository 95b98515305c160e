#include <fmt/format.h>

#include "app/commands.h"
#include "app/print.h"
#include "app/version.h"

namespace bedplate::app {

int PrintVersion() {
  Print(fmt::format("bedplate {}", kVersion));
  return kExitSuccess;
}

}  // namespace bedplate::app
