// A client on a bare blocking socket, for tests that say exactly which bytes go over the wire.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace bedplate::net::testing {

class RawClient {
 public:
  // `receive_buffer`: the kernel's, small for a client that is slow to read.
  explicit RawClient(uint16_t port, int receive_buffer = 0) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (receive_buffer > 0) {
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { Close(); }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  RawClient& operator=(RawClient&&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  // False when the server does not take all of it.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // What comes until `stop` is in it, the connection ends or nothing comes for `patience`.
  std::string ReadUntil(std::string_view stop,
                        std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    std::string got = std::exchange(kept_, {});
    for (;;) {
      const auto found = stop.empty() ? std::string::npos : got.find(stop);
      if (found != std::string::npos) {
        kept_ = got.substr(found + stop.size());
        got.resize(found + stop.size());
        return got;
      }
      if (!Wait(patience)) return got;
      char bytes[64 * 1024];
      const auto count = ::recv(fd_, bytes, sizeof(bytes), 0);
      if (count <= 0) {
        ended_ = true;
        reset_ = count < 0;
        return got;
      }
      got.append(bytes, static_cast<size_t>(count));
    }
  }
  std::string ReadToEnd(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    return ReadUntil({}, patience);
  }
  // A whole answer with a content-length.
  std::string ReadAnswer() {
    auto answer = ReadUntil("\r\n\r\n");
    const auto at = answer.find("content-length: ");
    if (at == std::string::npos) return answer;
    const auto length = std::stoul(answer.substr(at + 16));
    while (kept_.size() < length && Wait(std::chrono::seconds(10))) {
      char bytes[64 * 1024];
      const auto count = ::recv(fd_, bytes, sizeof(bytes), 0);
      if (count <= 0) {
        ended_ = true;
        break;
      }
      kept_.append(bytes, static_cast<size_t>(count));
    }
    const auto body = std::min<size_t>(length, kept_.size());
    answer.append(kept_, 0, body);
    kept_.erase(0, body);
    return answer;
  }

  bool ended() const { return ended_; }  // the server closed, as the last read found
  bool was_reset() const { return reset_; }

  void ShutdownSend() { ::shutdown(fd_, SHUT_WR); }
  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  // Closes with a reset.
  void Abort() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    Close();
  }

 private:
  bool Wait(std::chrono::milliseconds patience) const {
    pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, static_cast<int>(patience.count())) > 0;
  }

  int fd_ = -1;
  bool connected_ = false;
  bool ended_ = false;
  bool reset_ = false;
  std::string kept_;
};

}  // namespace bedplate::net::testing
