// One reactor's part of a server: its connections and their counts.
//
// Threads: its reactor's; the counts and `draining` are read by any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_set>

#include "net/io/tls_context.h"
#include "net/reactors.h"
#include "net/server.h"

namespace bedplate::net {

class ServerConnection;

// What all shards share; does not change while the server runs.
struct ServerSetup {
  Handler& handler;
  ServerOptions options;
  TlsContext tls;  // empty without TLS

  // The answer to a request that no handler sees.
  Response ErrorResponse(int status, std::string_view message) const;
};

struct alignas(64) ServerShard {
  ServerShard(Reactor& r, const ServerSetup& s) : reactor(r), setup(s) {}

  Reactor& reactor;
  const ServerSetup& setup;
  std::unordered_set<ServerConnection*> connections;
  std::atomic<bool> draining = false;
  std::atomic<size_t> connection_count = 0;  // includes those on their way from the acceptor
  std::atomic<size_t> exchange_count = 0;

  void CountExchange(bool begins) {
    // One writer: no locked instruction is needed.
    const auto count = exchange_count.load(std::memory_order_relaxed);
    exchange_count.store(begins ? count + 1 : count - 1, std::memory_order_release);
  }
};

// Counts a running exchange for as long as it lives.
class ExchangeCount {
 public:
  explicit ExchangeCount(ServerShard& shard) : shard_(shard) { shard_.CountExchange(true); }
  ~ExchangeCount() { shard_.CountExchange(false); }
  ExchangeCount(const ExchangeCount&) = delete;
  ExchangeCount& operator=(const ExchangeCount&) = delete;

 private:
  ServerShard& shard_;
};

}  // namespace bedplate::net
