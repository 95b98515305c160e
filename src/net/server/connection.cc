#include "net/server/connection.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "base/log.h"
#include "net/cancelled.h"
#include "net/http1/server_connection.h"
#include "net/http2/session.h"
#include "net/io/socket_transport.h"
#include "net/io/tls_transport.h"
#include "net/server/preface.h"

namespace bedplate::net {

namespace {

// Enough for a signed request with a short body; it grows when more comes.
constexpr size_t kInputBytes = 8 * 1024;

}  // namespace

void ServerConnection::Start(ServerShard& shard, int fd, ConnectionPeer peer) {
  auto& context = shard.reactor.context();
  std::unique_ptr<Transport> transport;
  if (peer.tls) {
    transport =
        std::make_unique<TlsTransport>(context, fd, shard.setup.tls, TlsTransport::Role::kServer);
  } else {
    transport = std::make_unique<SocketTransport>(context, fd);
  }
  auto stream = std::make_shared<ByteStream>(shard.reactor, std::move(transport), kInputBytes);
  std::shared_ptr<ServerConnection> self(
      new ServerConnection(shard, std::move(stream), std::move(peer)));
  boost::asio::co_spawn(
      shard.reactor.executor(), self->Run(),
      boost::asio::bind_cancellation_slot(self->cancel_.slot(), [self](std::exception_ptr thrown) {
        self->stream_->Close();
        if (!thrown) return;
        try {
          std::rethrow_exception(thrown);
        } catch (const std::exception& exception) {
          if (IsCancelled(exception)) return;
          log::Error("net", "a connection failed", {{"exception", exception.what()}});
        }
      }));
}

ServerConnection::ServerConnection(ServerShard& shard, std::shared_ptr<ByteStream> stream,
                                   ConnectionPeer peer)
    : shard_(shard), stream_(std::move(stream)), peer_(std::move(peer)) {
  shard_.connections.insert(this);
}

ServerConnection::~ServerConnection() {
  stream_->Close();
  shard_.connections.erase(this);
  shard_.connection_count.fetch_sub(1, std::memory_order_release);
}

void ServerConnection::BeginDrain() {
  if (protocol_) protocol_->BeginDrain();
}

void ServerConnection::CloseWhenIdle() {
  if (protocol_) return protocol_->CloseWhenIdle();
  Abort();  // not a byte of a request has come
}

void ServerConnection::Abort() {
  stream_->Close();
  if (protocol_) return protocol_->Abort();
  Leave();
}

void ServerConnection::Leave() { cancel_.emit(boost::asio::cancellation_type::terminal); }

Task<void> ServerConnection::Run() {
  const bool http2 = co_await SpeaksHttp2();
  if (stream_->closed()) co_return;
  if (http2) {
    co_await RunHttp2();
  } else {
    co_await RunHttp1();
  }
}

// By ALPN, or by the first bytes: the preface of HTTP/2 is no HTTP/1 request.
Task<bool> ServerConnection::SpeaksHttp2() {
  if (!shard_.setup.options.http2) co_return false;
  const auto& limits = shard_.setup.options.limits;
  // Under TLS the first byte comes after the handshake, which must not take long.
  Preface preface(shard_.reactor.ticker(), *stream_, peer_.tls ? limits.head : limits.idle,
                  limits.head);
  co_return co_await preface.IsHttp2();
}

Task<void> ServerConnection::RunHttp1() {
  http1::Http1Connection http1(shard_, *this, stream_, peer_);
  protocol_ = &http1;
  const ForgetProtocol forget{protocol_};
  co_await http1.Run();
  if (!http1.upgrade()) co_return;
  http2::Session http2(shard_, stream_, peer_);
  protocol_ = &http2;
  co_await http2.RunUpgraded(std::move(http1.upgrade()->request), http1.upgrade()->settings);
}

Task<void> ServerConnection::RunHttp2() {
  http2::Session http2(shard_, stream_, peer_);
  protocol_ = &http2;
  const ForgetProtocol forget{protocol_};
  co_await http2.Run();
}

}  // namespace bedplate::net
