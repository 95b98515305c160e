// A server that says what a test tells it to, for clients that must bear it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace bedplate::net::testing {

// One connection, as the script of a RawServer sees it.
class RawPeer {
 public:
  explicit RawPeer(int fd) : fd_(fd) {}

  // Until the end of a request's head has come; empty when the client left first.
  std::string ReadHead() {
    while (input_.find("\r\n\r\n") == std::string::npos) {
      char bytes[4096];
      const auto count = ::recv(fd_, bytes, sizeof(bytes), 0);
      if (count <= 0) return {};
      input_.append(bytes, static_cast<size_t>(count));
    }
    const auto end = input_.find("\r\n\r\n") + 4;
    auto head = input_.substr(0, end);
    input_.erase(0, end);
    return head;
  }
  bool Send(std::string_view bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // Whether the client closes within ten seconds.
  bool ClientLeaves() {
    for (;;) {
      pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
      if (::poll(&wanted, 1, 10'000) <= 0) return false;
      char bytes[4096];
      if (::recv(fd_, bytes, sizeof(bytes), 0) <= 0) return true;
    }
  }
  void Reset() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  }

 private:
  int fd_;
  std::string input_;
};

class RawServer {
 public:
  // `script` runs on a thread for each connection; the connection ends with it.
  explicit RawServer(std::function<void(RawPeer&)> script) : script_(std::move(script)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(fd_, 64);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    acceptor_ = std::thread([this] {
      for (;;) {
        const int client = ::accept(fd_, nullptr, nullptr);
        if (client < 0) return;
        ++connections;
        const int on = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        scripts_.emplace_back([this, client] {
          RawPeer peer(client);
          script_(peer);
          ::close(client);
        });
      }
    });
  }
  ~RawServer() {
    ::shutdown(fd_, SHUT_RDWR);
    acceptor_.join();
    for (auto& script : scripts_) script.join();
    ::close(fd_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port); }

  uint16_t port = 0;
  std::atomic<int> connections = 0;

 private:
  std::function<void(RawPeer&)> script_;
  int fd_;
  std::thread acceptor_;
  std::vector<std::thread> scripts_;
};

}  // namespace bedplate::net::testing
