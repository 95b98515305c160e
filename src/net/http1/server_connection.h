// HTTP/1.1 on one connection of the server: reads heads, runs the handler on each request in turn,
// and watches the client all the while.
//
// Threads: its reactor's. Owned by the connection's coroutine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "net/http1/request_parser.h"
#include "net/io/byte_stream.h"
#include "net/io/peer_pace.h"
#include "net/io/waiter.h"
#include "net/server/protocol.h"
#include "net/server/shard.h"
#include "net/ticker.h"

namespace bedplate::net::http1 {

class Exchange;

class Http1Connection final : public ServerProtocol,
                              private ByteStreamEvents,
                              private Ticker::Entry {
 public:
  Http1Connection(ServerShard& shard, ConnectionControl& control,
                  std::shared_ptr<ByteStream> stream, const ConnectionPeer& peer);
  ~Http1Connection() override;

  // Serves until the connection is to be closed; or until a client has upgraded it to h2c: then
  // the request that asked for it, already acknowledged by 101, and its settings are in upgrade().
  Task<void> Run();

  struct Upgrade {
    Request request;
    std::string settings;  // as in HTTP2-Settings: base64url
  };
  std::optional<Upgrade>& upgrade() { return upgrade_; }

  void BeginDrain() override {}  // each head written from now on says close
  void CloseWhenIdle() override;
  void Abort() override { control_.Leave(); }

 private:
  friend class Exchange;
  enum class Phase : uint8_t {
    kIdle,      // nothing of a request is there
    kHead,      // some of one
    kExchange,  // the handler runs: a client that leaves cancels it
    kFinish,    // the rest of a body is taken, an answer is sent
    kLinger,    // the answer is sent; what still comes is dropped
  };

  Task<bool> ReadHead();
  Task<bool> Serve();  // one exchange; whether the connection goes on
  bool TakeUpgrade();
  Task<void> Refuse(int status, std::string_view message);
  Task<void> Linger();

  const ServerLimits& limits() const { return shard_.setup.options.limits; }
  bool draining() const { return shard_.draining.load(std::memory_order_relaxed); }
  bool PeerLeft() const;
  Task<void> WaitInput();  // until there is more input, or its end, or a deadline

  // ByteStreamEvents
  void OnInput() override;
  void OnOutput() override;
  // Ticker::Entry
  void OnDeadline() override;
  void WatchExchange();

  ServerShard& shard_;
  ConnectionControl& control_;
  std::shared_ptr<ByteStream> stream_;
  RequestParser parser_;
  Request request_;
  Waiter input_waiter_;
  Waiter output_waiter_;
  PeerPace read_pace_;
  PeerPace write_pace_;
  std::optional<Upgrade> upgrade_;
  Phase phase_ = Phase::kIdle;
  bool deadline_passed_ = false;
  bool waits_for_body_ = false;
  bool body_too_slow_ = false;
  bool close_when_idle_ = false;
};

}  // namespace bedplate::net::http1
