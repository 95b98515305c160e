// HTTP/2 on one connection of the server: nghttp2 speaks, this feeds it, bounds it and runs the
// handler on each stream.
//
// Threads: its reactor's. Owned by the connection's coroutine, which ends when no stream lives.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/http.h"
#include "net/http2/frame_meter.h"
#include "net/io/byte_stream.h"
#include "net/io/peer_pace.h"
#include "net/io/waiter.h"
#include "net/server/protocol.h"
#include "net/server/shard.h"
#include "net/ticker.h"

namespace bedplate::net::http2 {

class Stream;

class Session final : public ServerProtocol, private ByteStreamEvents, private Ticker::Entry {
 public:
  Session(ServerShard& shard, std::shared_ptr<ByteStream> stream, ConnectionPeer peer);
  ~Session() override;

  // Serves until the connection is to be closed.
  Task<void> Run();
  // The same for a connection that began as HTTP/1.1 and was upgraded: `request` is answered as
  // stream 1; `settings` is the client's HTTP2-Settings.
  Task<void> RunUpgraded(Request request, std::string_view settings);

  // ServerProtocol
  void BeginDrain() override;
  void CloseWhenIdle() override;
  void Abort() override;

  // --- For streams ---
  nghttp2_session* native() { return session_.get(); }
  ServerShard& shard() { return shard_; }
  const ConnectionPeer& peer() const { return peer_; }
  const ServerLimits& limits() const { return shard_.setup.options.limits; }
  // Sends what nghttp2 has to send at the end of this turn.
  void SendSoon();
  void SendNow() { Pump(); }
  void StreamEnded(int32_t id);

 private:
  friend struct Callbacks;

  Task<void> UntilDone();
  void Feed();
  void Pump();
  void Watch();
  void Done();
  void Terminate(uint32_t error_code);

  // From nghttp2, by way of Callbacks; each returns nghttp2's result.
  int BeginRequest(int32_t id);
  int FrameReceived(const nghttp2_frame& frame);
  Stream* FindStream(int32_t id);

  // ByteStreamEvents
  void OnInput() override;
  void OnOutput() override;
  // Ticker::Entry
  void OnDeadline() override;

  ServerShard& shard_;
  std::shared_ptr<ByteStream> stream_;
  ConnectionPeer peer_;
  std::unique_ptr<nghttp2_session, decltype(&nghttp2_session_del)> session_;
  std::unordered_map<int32_t, std::shared_ptr<Stream>> streams_;  // whose handlers live
  std::shared_ptr<Session*> alive_;  // for what is posted: nullptr once this is gone
  FrameMeter meter_;
  PeerPace write_pace_;
  Waiter waiter_;
  Ticker::Time idle_since_;
  Ticker::Time drain_since_{};
  bool send_posted_ = false;
  bool output_full_ = false;  // nghttp2 has more to send than fits now
  bool goaway_sent_ = false;
  bool close_when_idle_ = false;
  bool done_ = false;
};

}  // namespace bedplate::net::http2
