#include "net/server/listen_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace bedplate::net {

namespace {

constexpr int kBacklog = 4096;  // the kernel lowers it to net.core.somaxconn

// Closes a descriptor that nobody took.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int take() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::string Reason() { return std::strerror(errno); }

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

bool ParseAddress(std::string_view host, uint16_t port, Address& address, socklen_t& size) {
  const std::string text(host == "localhost" ? "127.0.0.1" : host);
  std::memset(&address, 0, sizeof(address));
  if (inet_pton(AF_INET, text.c_str(), &address.v4.sin_addr) == 1) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(port);
    size = sizeof(address.v4);
    return true;
  }
  if (inet_pton(AF_INET6, text.c_str(), &address.v6.sin6_addr) == 1) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(port);
    size = sizeof(address.v6);
    return true;
  }
  return false;
}

// Whether somebody answers on the Unix socket of this address.
bool Answers(const sockaddr_un& address) {
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

}  // namespace

Result<ListenSocket> OpenTcpListener(std::string_view host, uint16_t port) {
  Address address;
  socklen_t size = 0;
  const auto where = std::string(host) + " port " + std::to_string(port);
  if (!ParseAddress(host, port, address, size)) {
    return Fail(Fault::kValidation, "Cannot listen on '" + std::string(host) +
                                        "': it is no IP address and not localhost");
  }
  Descriptor fd(::socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return Fail(Fault::kUnavailable, "Cannot listen on " + where + ": " + Reason());
  const int on = 1;
  // Lets a server start again at once; it does not let two servers share a port.
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // Inherited by accepted sockets: answers are gathered by us, not by the kernel.
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::bind(fd.get(), &address.any, size) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    return Fail(Fault::kUnavailable, "Cannot listen on " + where + ": " + Reason());
  }
  if (::getsockname(fd.get(), &address.any, &(size = sizeof(address))) != 0) {
    return Fail(Fault::kUnavailable, "Cannot listen on " + where + ": " + Reason());
  }
  const auto bound = address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port;
  return ListenSocket{.fd = fd.take(), .port = ntohs(bound)};
}

Result<ListenSocket> OpenUnixListener(const std::string& path, unsigned mode) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return Fail(Fault::kValidation, "Cannot listen on the Unix socket '" + path +
                                        "': its path must have 1 to " +
                                        std::to_string(sizeof(address.sun_path) - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (Answers(address)) {
    return Fail(Fault::kUnavailable, "Cannot listen on " + path + ": another process does");
  }
  struct stat file{};
  if (::lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode)) ::unlink(path.c_str());
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // The mode is set before listen: nobody connects in between.
  if (fd.get() < 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::chmod(path.c_str(), mode) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    return Fail(Fault::kUnavailable, "Cannot listen on " + path + ": " + Reason());
  }
  return ListenSocket{.fd = fd.take()};
}

std::string FormatPeer(const void* address, uint32_t size) {
  const auto* any = static_cast<const sockaddr*>(address);
  char text[INET6_ADDRSTRLEN] = {};
  if (size >= sizeof(sockaddr_in) && any->sa_family == AF_INET) {
    const auto* v4 = static_cast<const sockaddr_in*>(address);
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
    return std::string(text) + ":" + std::to_string(ntohs(v4->sin_port));
  }
  if (size >= sizeof(sockaddr_in6) && any->sa_family == AF_INET6) {
    const auto* v6 = static_cast<const sockaddr_in6*>(address);
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6->sin6_port));
  }
  return "unix";
}

}  // namespace bedplate::net
