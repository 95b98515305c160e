// What TLS connections share: certificates, versions, protocols offered.
//
// Threads: made by one, used by all reactors.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "net/server.h"

namespace bedplate::net {

using TlsContext = std::shared_ptr<SSL_CTX>;

// Serves the certificate of `options`; agrees on h2 (if `http2`) or http/1.1 by ALPN. TLS 1.2 or
// newer. kValidation names the file that cannot be used, and why.
Result<TlsContext> MakeServerTlsContext(const TlsOptions& options, bool http2);

// Verifies servers against `ca_file`, or the system's authorities when it is empty.
Result<TlsContext> MakeClientTlsContext(const std::string& ca_file, bool verify);

}  // namespace bedplate::net
