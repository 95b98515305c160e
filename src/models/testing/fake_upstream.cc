#include "models/testing/fake_upstream.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace bedplate::models {
namespace {

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// Reads one request; false at the end of the connection.
bool ReadRequest(int socket, std::string& buffer, FakeRequest& request) {
  auto fill = [&] {
    char bytes[16384];
    ssize_t size = recv(socket, bytes, sizeof bytes, 0);
    if (size > 0) buffer.append(bytes, static_cast<size_t>(size));
    return size > 0;
  };
  size_t end = 0;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return false;
  }
  std::string head = buffer.substr(0, end + 2);
  request = {};
  size_t line_end = head.find("\r\n");
  std::string line = head.substr(0, line_end);
  request.method = line.substr(0, line.find(' '));
  request.target = line.substr(request.method.size() + 1);
  request.target.resize(request.target.find(' '));
  for (size_t at = line_end + 2; at < head.size();) {
    size_t next = head.find("\r\n", at);
    std::string field = head.substr(at, next - at);
    size_t colon = field.find(':');
    size_t value = field.find_first_not_of(' ', colon + 1);
    request.headers[Lower(field.substr(0, colon))] =
        value == std::string::npos ? "" : field.substr(value);
    at = next + 2;
  }
  size_t length = std::strtoul(request.headers["content-length"].c_str(), nullptr, 10);
  while (buffer.size() < end + 4 + length) {
    if (!fill()) return false;
  }
  request.body = buffer.substr(end + 4, length);
  buffer.erase(0, end + 4 + length);
  return true;
}

}  // namespace

void FakeExchange::Put(std::string_view bytes) {
  while (!bytes.empty() && !cut_) {
    ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void FakeExchange::Send(int status, std::string_view body, std::string_view extra_headers) {
  // With a copy of the body: who reads the answer may end before the call that sent it.
  Put(fmt::format(
      "HTTP/1.1 {} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{}\r\n{}", status,
      body.size(), extra_headers, body));
}

void FakeExchange::Start(int status, std::string_view content_type) {
  Put(fmt::format("HTTP/1.1 {} X\r\ncontent-type: {}\r\ntransfer-encoding: chunked\r\n\r\n", status,
                  content_type));
}

void FakeExchange::Write(std::string_view bytes) {
  Put(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes));
}

void FakeExchange::Event(std::string_view data) { Write(fmt::format("data: {}\n\n", data)); }

void FakeExchange::Finish() { Put("0\r\n\r\n"); }

void FakeExchange::Cut() {
  shutdown(socket_, SHUT_RDWR);
  cut_ = true;
}

bool FakeExchange::ClientLeft(int wait_ms) {
  pollfd entry{.fd = socket_, .events = POLLIN | POLLRDHUP, .revents = 0};
  if (poll(&entry, 1, wait_ms) <= 0) return false;
  char byte = 0;
  return recv(socket_, &byte, 1, MSG_PEEK) <= 0;
}

FakeUpstream::FakeUpstream(std::string path, Handler handler)
    : path_(std::move(path)), handler_(std::move(handler)) {
  unlink(path_.c_str());
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) std::abort();
  std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 128) != 0) {
    std::abort();
  }
  acceptor_ = std::thread([this] { Accept(); });
}

FakeUpstream::~FakeUpstream() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  unlink(path_.c_str());
  {
    std::lock_guard lock(mutex_);
    for (int socket : open_) shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

void FakeUpstream::Accept() {
  for (;;) {
    int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    ++connections_;
    std::lock_guard lock(mutex_);
    open_.push_back(socket);
    threads_.emplace_back([this, socket] { Serve(socket); });
  }
}

void FakeUpstream::Serve(int socket) {
  std::string buffer;
  FakeRequest request;
  while (!stopping_ && ReadRequest(socket, buffer, request)) {
    ++requests_;
    FakeExchange exchange(socket);
    handler_(request, exchange);
    if (exchange.cut()) break;
  }
  std::lock_guard lock(mutex_);
  std::erase(open_, socket);
  close(socket);
}

}  // namespace bedplate::models
