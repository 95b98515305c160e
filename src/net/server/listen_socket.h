// Opens listening sockets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::net {

struct ListenSocket {
  int fd = -1;        // non-blocking, close-on-exec; the caller's
  uint16_t port = 0;  // of TCP
};

// kValidation for an address that is none, kUnavailable when it cannot be listened on.
Result<ListenSocket> OpenTcpListener(std::string_view host, uint16_t port);
// A socket file that nobody answers on is replaced.
Result<ListenSocket> OpenUnixListener(const std::string& path, unsigned mode);

// "127.0.0.1:4242" or "[::1]:4242" of an accepted TCP socket's address; "unix" for a Unix one.
std::string FormatPeer(const void* address, uint32_t size);

}  // namespace bedplate::net
