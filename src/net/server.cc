#include "net/server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/io/tls_context.h"
#include "net/server/acceptor.h"
#include "net/server/connection.h"
#include "net/server/listen_socket.h"
#include "net/server/shard.h"

namespace bedplate::net {

namespace {

constexpr std::chrono::milliseconds kLookEvery{2};     // while draining
constexpr std::chrono::milliseconds kFlushFor{2'000};  // for answers written at the last moment

}  // namespace

Response ServerSetup::ErrorResponse(int status, std::string_view message) const {
  if (options.error_answer) {
    auto response = options.error_answer(status, message);
    response.status = status;
    return response;
  }
  Response response{.status = status, .headers = {}, .body = std::string(message) + "\n"};
  response.headers.Set("content-type", "text/plain; charset=utf-8");
  return response;
}

class Server::Impl {
 public:
  Impl(Reactors& reactors, Handler& handler, ServerOptions options)
      : reactors_(reactors), setup_{handler, std::move(options), {}} {
    for (size_t i = 0; i < reactors.size(); ++i) {
      shards_.push_back(std::make_shared<ServerShard>(reactors.at(i), setup_));
    }
  }

  Result<ListenSocket> Listen(Result<ListenSocket> socket, bool tls, std::string unix_path) {
    if (!socket) return socket;
    auto acceptor =
        std::make_shared<Acceptor>(shards_, counts_, socket->fd, tls, std::move(unix_path));
    boost::asio::post(shards_.front()->reactor.context(), [this, acceptor] {
      acceptors_.push_back(acceptor);
      acceptor->Start();
    });
    return socket;
  }

  Result<void> PrepareTls() {
    if (setup_.tls || !setup_.options.tls) return {};
    auto made = MakeServerTlsContext(*setup_.options.tls, setup_.options.http2);
    if (!made) return std::unexpected(std::move(made.error()));
    setup_.tls = std::move(*made);
    return {};
  }

  bool Drain(std::chrono::milliseconds patience) {
    if (!reactors_.running()) return false;
    return reactors_.Run(0, DrainTask(patience));
  }

  size_t Connections() const {
    size_t total = 0;
    for (const auto& shard : shards_) {
      total += shard->connection_count.load(std::memory_order_acquire);
    }
    return total;
  }
  size_t Exchanges() const {
    size_t total = 0;
    for (const auto& shard : shards_) {
      total += shard->exchange_count.load(std::memory_order_acquire);
    }
    return total;
  }
  const AcceptCounts& counts() const { return counts_; }
  bool uses_tls() const { return setup_.tls != nullptr; }

 private:
  // On the first shard's reactor, where the acceptors live.
  Task<bool> DrainTask(std::chrono::milliseconds patience) {
    const auto until = SystemClock().Monotonic() + patience;
    co_await ForEachShard([](ServerShard& shard) {
      shard.draining.store(true, std::memory_order_relaxed);
      for (auto* connection : Snapshot(shard)) connection->BeginDrain();
    });
    const bool finished = co_await WaitUntil(until, [this] { return Exchanges() == 0; });
    for (auto& acceptor : acceptors_) acceptor->Close();
    acceptors_.clear();
    if (finished) {
      co_await ForEachShard([](ServerShard& shard) {
        for (auto* connection : Snapshot(shard)) connection->CloseWhenIdle();
      });
      co_await WaitUntil(std::max(until, SystemClock().Monotonic() + kFlushFor),
                         [this] { return Connections() == 0; });
    }
    while (Connections() > 0) {  // an accepted socket may still be on its way to its reactor
      co_await ForEachShard([](ServerShard& shard) {
        for (auto* connection : Snapshot(shard)) connection->Abort();
      });
      co_await SleepFor(kLookEvery);
    }
    co_return finished;
  }

  // Runs `act` on every shard's reactor, and waits for it.
  template <class Act>
  Task<void> ForEachShard(Act act) {
    std::atomic<size_t> left = shards_.size();
    for (auto& shard : shards_) {
      boost::asio::post(shard->reactor.context(), [&left, act, shard = shard.get()] {
        act(*shard);
        left.fetch_sub(1, std::memory_order_release);
      });
    }
    while (left.load(std::memory_order_acquire) > 0) co_await SleepFor(kLookEvery);
  }

  // Connections leave the shard's set while they are told.
  static std::vector<ServerConnection*> Snapshot(const ServerShard& shard) {
    return {shard.connections.begin(), shard.connections.end()};
  }

  template <class Condition>
  static Task<bool> WaitUntil(MonotonicTime until, Condition condition) {
    while (!condition()) {
      if (SystemClock().Monotonic() >= until) co_return false;
      co_await SleepFor(kLookEvery);
    }
    co_return true;
  }

  Reactors& reactors_;
  ServerSetup setup_;
  AcceptCounts counts_;
  std::vector<std::shared_ptr<ServerShard>> shards_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;  // the first reactor's
};

Server::Server(Reactors& reactors, Handler& handler, ServerOptions options)
    : impl_(std::make_unique<Impl>(reactors, handler, std::move(options))) {}

Server::~Server() { Drain(std::chrono::milliseconds(0)); }

Result<uint16_t> Server::ListenTcp(std::string_view host, uint16_t port) {
  if (auto prepared = impl_->PrepareTls(); !prepared) {
    return std::unexpected(std::move(prepared.error()));
  }
  const auto socket = impl_->Listen(OpenTcpListener(host, port), impl_->uses_tls(), std::string());
  if (!socket) return std::unexpected(socket.error());
  return socket->port;
}

Result<void> Server::ListenUnix(const std::string& path, unsigned mode) {
  const auto socket = impl_->Listen(OpenUnixListener(path, mode), false, path);
  if (!socket) return std::unexpected(socket.error());
  return {};
}

bool Server::Drain(std::chrono::milliseconds patience) { return impl_->Drain(patience); }

ServerCounts Server::Counts() const {
  return {.connections = impl_->Connections(),
          .exchanges = impl_->Exchanges(),
          .accepted = impl_->counts().accepted.load(std::memory_order_relaxed),
          .refused = impl_->counts().refused.load(std::memory_order_relaxed)};
}

}  // namespace bedplate::net
