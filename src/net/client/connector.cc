#include "net/client/connector.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <functional>
#include <vector>

#include "net/io/socket_transport.h"
#include "net/io/tls_transport.h"
#include "net/ticker.h"

namespace bedplate::net {

namespace {

using Executor = boost::asio::io_context::executor_type;
using Resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, Executor>;
using Address = boost::asio::generic::stream_protocol::endpoint;

// As an answer's head, with a streaming body, fits mostly; it grows for large bodies.
constexpr size_t kInputBytes = 16 * 1024;

// Calls `act` when the time is over.
class Deadline final : public Ticker::Entry {
 public:
  Deadline(Ticker& ticker, std::chrono::milliseconds patience) : Ticker::Entry(ticker) {
    SetDeadlineIn(patience);
  }
  bool passed() const { return passed_; }
  std::function<void()> act;

 private:
  void OnDeadline() override {
    passed_ = true;
    if (act) act();
  }
  bool passed_ = false;
};

// An operation that was aborted, but not by the deadline, was cancelled with its coroutine.
void RethrowCancelled(const boost::system::error_code& error, const Deadline& deadline) {
  if (error == boost::asio::error::operation_aborted && !deadline.passed()) {
    throw boost::system::system_error(error);
  }
}

Error Unreachable(const Endpoint& endpoint, const std::string& why) {
  return {.fault = Fault::kUnavailable,
          .message = "Cannot connect to " + Describe(endpoint) + ": " + why};
}

Error TooLong(const Endpoint& endpoint, std::chrono::milliseconds patience) {
  return {.fault = Fault::kModelTimeout,
          .message = "Connecting to " + Describe(endpoint) + " took longer than " +
                     std::to_string(patience.count()) + " ms"};
}

Task<Result<std::vector<Address>>> Resolve(Reactor& reactor, const Endpoint& endpoint,
                                           Deadline& deadline) {
  std::vector<Address> addresses;
  if (endpoint.kind == Endpoint::Kind::kUnix) {
    if (endpoint.path.size() >= sizeof(sockaddr_un::sun_path)) {
      co_return std::unexpected(Unreachable(endpoint, "the path is too long for a socket"));
    }
    addresses.emplace_back(boost::asio::local::stream_protocol::endpoint(endpoint.path));
    co_return addresses;
  }
  boost::system::error_code error;
  const auto literal = boost::asio::ip::make_address(endpoint.host, error);
  if (!error) {
    addresses.emplace_back(boost::asio::ip::tcp::endpoint(literal, endpoint.port));
    co_return addresses;
  }
  Resolver resolver(reactor.context());
  deadline.act = [&resolver] { resolver.cancel(); };
  const auto found = co_await resolver.async_resolve(
      endpoint.host, std::to_string(endpoint.port),
      boost::asio::redirect_error(boost::asio::use_awaitable, error));
  deadline.act = nullptr;
  RethrowCancelled(error, deadline);
  if (error) co_return std::unexpected(Unreachable(endpoint, error.message()));
  for (const auto& entry : found) addresses.emplace_back(entry.endpoint());
  co_return addresses;
}

// Whether `socket` is connected to `address`; `error` says why not.
Task<bool> ConnectTo(StreamSocket& socket, const Address& address, Deadline& deadline,
                     std::string& why) {
  boost::system::error_code error;
  socket.open(address.protocol(), error);
  if (!error) socket.native_non_blocking(true, error);
  if (error) {
    why = error.message();
    co_return false;
  }
  if (::connect(socket.native_handle(), reinterpret_cast<const sockaddr*>(address.data()),
                static_cast<socklen_t>(address.size())) == 0) {
    co_return true;
  }
  if (errno != EINPROGRESS) {  // EAGAIN of a Unix socket: its backlog is full
    why = std::strerror(errno);
    co_return false;
  }
  deadline.act = [&socket] { socket.cancel(); };
  co_await socket.async_wait(StreamSocket::wait_write,
                             boost::asio::redirect_error(boost::asio::use_awaitable, error));
  deadline.act = nullptr;
  RethrowCancelled(error, deadline);
  int failure = 0;
  socklen_t size = sizeof(failure);
  getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure != 0) why = std::strerror(failure);
  co_return !error && failure == 0;
}

}  // namespace

std::string Describe(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::kUnix) return endpoint.path;
  return endpoint.host + ":" + std::to_string(endpoint.port);
}

Task<Result<std::shared_ptr<ByteStream>>> Connect(Reactor& reactor, const Endpoint& endpoint,
                                                  const TlsContext& tls,
                                                  std::chrono::milliseconds patience) {
  Deadline deadline(reactor.ticker(), patience);
  auto addresses = co_await Resolve(reactor, endpoint, deadline);
  if (!addresses) {
    if (deadline.passed()) co_return std::unexpected(TooLong(endpoint, patience));
    co_return std::unexpected(std::move(addresses.error()));
  }
  std::string why = "the name has no address";
  for (const auto& address : *addresses) {
    StreamSocket socket(reactor.context());
    if (!co_await ConnectTo(socket, address, deadline, why)) {
      if (deadline.passed()) co_return std::unexpected(TooLong(endpoint, patience));
      continue;
    }
    const int on = 1;
    if (endpoint.kind != Endpoint::Kind::kUnix) {
      setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    const int fd = socket.release();
    std::unique_ptr<Transport> transport;
    if (endpoint.kind == Endpoint::Kind::kTls) {
      transport = std::make_unique<TlsTransport>(reactor.context(), fd, tls,
                                                 TlsTransport::Role::kClient, endpoint.host);
    } else {
      transport = std::make_unique<SocketTransport>(reactor.context(), fd);
    }
    co_return std::make_shared<ByteStream>(reactor, std::move(transport), kInputBytes);
  }
  co_return std::unexpected(Unreachable(endpoint, why));
}

}  // namespace bedplate::net
