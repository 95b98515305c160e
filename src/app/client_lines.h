// The lines a user pastes into a shell so that the AWS SDKs and the AWS CLI come here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "account/identity/root_credentials.h"
#include "base/settings.h"

namespace bedplate::app {

// Where a client on this machine reaches a server that listens as `settings` say on `port`.
std::string EndpointUrl(const Settings& settings, uint16_t port);

// The export lines; the bearer key only when asked for, because an SDK that sees it signs nothing.
std::string ExportLines(std::string_view endpoint, std::string_view region,
                        const account::RootCredentials& root, bool bearer);

// One line of boto3 and one of the AWS CLI to paste behind the export lines. `programs` is the
// folder with python3 and aws, or empty for those on the PATH.
std::string TryLines(std::string_view model_id, std::string_view programs);

}  // namespace bedplate::app
