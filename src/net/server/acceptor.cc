#include "net/server/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>

#include "base/log.h"
#include "net/http1/head_writer.h"
#include "net/server/connection.h"
#include "net/server/listen_socket.h"

namespace bedplate::net {

namespace {

constexpr int kAcceptsAtOnce = 64;  // then the reactor's other work gets its turn
constexpr std::chrono::milliseconds kPauseWithoutDescriptors{100};

// A peer that is switched off while an answer is worked on is noticed after two minutes, not after
// the kernel's two hours.
void KeepAlive(int fd) {
  const int on = 1;
  const int idle_s = 60;
  const int interval_s = 10;
  const int probes = 6;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

}  // namespace

Acceptor::Acceptor(std::vector<std::shared_ptr<ServerShard>> shards, AcceptCounts& counts, int fd,
                   bool tls, std::string unix_path)
    : shards_(std::move(shards)),
      counts_(counts),
      socket_(shards_.front()->reactor.context(), fd),
      tls_(tls),
      unix_path_(std::move(unix_path)) {}

Acceptor::~Acceptor() { Close(); }

void Acceptor::Start() { Wait(); }

void Acceptor::Close() {
  if (!socket_.is_open()) return;
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
}

void Acceptor::Wait() {
  socket_.async_wait(Descriptor::wait_read,
                     [self = shared_from_this()](boost::system::error_code error) {
                       if (!error) self->Accept();
                     });
}

void Acceptor::Accept() {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    const int fd = ::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      Take(fd, FormatPeer(&address, size));
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log::Warning("net", "connections wait: no file descriptor or memory is left");
      auto timer = std::make_shared<boost::asio::steady_timer>(socket_.get_executor(),
                                                               kPauseWithoutDescriptors);
      timer->async_wait([self = shared_from_this(), timer](boost::system::error_code) {
        if (self->socket_.is_open()) self->Wait();
      });
      return;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    // The rest are troubles of one connection that is gone already.
  }
  if (socket_.is_open()) Wait();
}

ServerShard* Acceptor::Choose(size_t& total) {
  // Round robin among equals.
  ServerShard* best = nullptr;
  size_t best_count = 0;
  total = 0;
  next_ = (next_ + 1) % shards_.size();
  for (size_t i = 0; i < shards_.size(); ++i) {
    auto* shard = shards_[(next_ + i) % shards_.size()].get();
    const auto count = shard->connection_count.load(std::memory_order_acquire);
    total += count;
    if (!best || count < best_count) {
      best = shard;
      best_count = count;
    }
  }
  return best;
}

void Acceptor::Take(int fd, std::string peer) {
  counts_.accepted.fetch_add(1, std::memory_order_relaxed);
  size_t total = 0;
  auto* shard = Choose(total);
  if (total >= shard->setup.options.limits.connections_max) return Refuse(fd);
  KeepAlive(fd);
  shard->connection_count.fetch_add(1, std::memory_order_acq_rel);
  if (shard == shards_.front().get()) {
    return ServerConnection::Start(*shard, fd, {std::move(peer), tls_});
  }
  boost::asio::post(shard->reactor.context(), [shard, fd, peer = std::move(peer), tls = tls_] {
    ServerConnection::Start(*shard, fd, {peer, tls});
  });
}

// One packet that the socket's empty buffer always takes. Under TLS there is no time for words.
void Acceptor::Refuse(int fd) {
  counts_.refused.fetch_add(1, std::memory_order_relaxed);
  if (!tls_) {
    const auto response =
        shards_.front()->setup.ErrorResponse(503, "The server has as many connections as it takes");
    std::string bytes;
    http1::AppendHead(bytes, {.status = 503, .length = response.body.size(), .close = true},
                      response.headers);
    bytes.append(response.body);
    [[maybe_unused]] const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::shutdown(fd, SHUT_WR);
  }
  ::close(fd);
}

}  // namespace bedplate::net
