#include "account/identity/root_credentials.h"
#include "app/client_lines.h"
#include "app/commands.h"
#include "app/find_server.h"
#include "app/print.h"

namespace bedplate::app {

int PrintClientEnvironment(const Settings& settings, bool bearer) {
  const auto folder = DataFolder::Open(settings.data.folder);
  if (!folder) {
    Complain(folder.error().message);
    return kExitFailure;
  }
  const auto root = account::LoadOrCreateRootCredentials(folder->path());
  if (!root) {
    Complain(root.error().message);
    return kExitFailure;
  }
  // The running server may listen elsewhere, and for another region, than the settings of this call
  // say.
  std::string endpoint;
  std::string region = settings.account.region;
  const auto server = FindServer(*folder);
  if (server && server->document) {
    endpoint = server->document->endpoint;
    region = server->document->region;
  } else if (settings.listen.port != 0) {
    endpoint = EndpointUrl(settings, static_cast<uint16_t>(settings.listen.port));
  } else {
    Complain("listen.port is 0 (any free one) and no server runs, so there is no address to tell");
    return kExitNotRunning;
  }
  Print(ExportLines(endpoint, region, *root, bearer));
  return kExitSuccess;
}

}  // namespace bedplate::app
