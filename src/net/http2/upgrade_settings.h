// The settings a client sends when it upgrades HTTP/1.1 to h2c.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bedplate::net::http2 {

// The payload in an HTTP2-Settings field: base64url without padding. Nothing when it is malformed
// or no SETTINGS payload. spec: RFC 7540 3.2.1
std::optional<std::string> DecodeUpgradeSettings(std::string_view field);

}  // namespace bedplate::net::http2
