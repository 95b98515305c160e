#include "net/io/socket_transport.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <cerrno>

#include "net/reactors.h"

namespace bedplate::net {

namespace {

boost::asio::generic::stream_protocol ProtocolOf(int fd) {
  int family = AF_INET;
  socklen_t size = sizeof(family);
  getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return {family, 0};
}

}  // namespace

SocketTransport::SocketTransport(boost::asio::io_context& context, int fd) : socket_(context) {
  boost::system::error_code error;
  socket_.assign(ProtocolOf(fd), fd, error);
  if (error) ::close(fd);  // no memory for it: reading will say that it is not open
  socket_.native_non_blocking(true, error);
}

SocketTransport::~SocketTransport() { SocketTransport::Close(false); }

void SocketTransport::StartRead(std::span<char> buffer, std::shared_ptr<TransportEvents> events) {
  socket_.async_read_some(
      boost::asio::buffer(buffer.data(), buffer.size()),
      [events = std::move(events)](boost::system::error_code error, size_t bytes) {
        if (error == boost::asio::error::operation_aborted) return;  // closed by ourselves
        events->OnRead(bytes, error && error != boost::asio::error::eof);
      });
}

std::optional<size_t> SocketTransport::TryWrite(std::span<const iovec> pieces) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  for (;;) {
    const auto taken = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken >= 0) return static_cast<size_t>(taken);
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    return std::nullopt;
  }
}

void SocketTransport::WaitWritable(std::shared_ptr<TransportEvents> events) {
  socket_.async_wait(StreamSocket::wait_write,
                     [events = std::move(events)](boost::system::error_code error) {
                       if (!error) events->OnWritable();
                     });
}

void SocketTransport::ShutdownSend() {
  if (socket_.is_open()) ::shutdown(socket_.native_handle(), SHUT_WR);
}

bool SocketTransport::PeerHasShut() const {
  if (!socket_.is_open()) return true;
  pollfd probe{
      .fd = const_cast<StreamSocket&>(socket_).native_handle(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&probe, 1, 0) > 0 && (probe.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void SocketTransport::Close(bool reset) {
  if (!socket_.is_open()) return;
  boost::system::error_code ignored;
  if (reset) socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

std::unique_ptr<Transport> MakeSocketTransport(Reactor& reactor, int fd) {
  return std::make_unique<SocketTransport>(reactor.context(), fd);
}

}  // namespace bedplate::net
