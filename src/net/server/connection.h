// One accepted connection: finds out which protocol the client speaks and lets that serve it.
//
// Threads: its shard's reactor. Owned by its coroutine; the shard knows it while it lives.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <string>

#include "net/io/byte_stream.h"
#include "net/server/protocol.h"
#include "net/server/shard.h"
#include "net/task.h"

namespace bedplate::net {

class ServerConnection final : public ConnectionControl,
                               public std::enable_shared_from_this<ServerConnection> {
 public:
  // Takes over the socket `fd`, which the shard has counted already.
  static void Start(ServerShard& shard, int fd, ConnectionPeer peer);
  ~ServerConnection() override;

  void BeginDrain();
  void CloseWhenIdle();
  void Abort();

  void Leave() override;

 private:
  ServerConnection(ServerShard& shard, std::shared_ptr<ByteStream> stream, ConnectionPeer peer);

  Task<void> Run();
  Task<bool> SpeaksHttp2();
  Task<void> RunHttp1();
  Task<void> RunHttp2();

  ServerShard& shard_;
  std::shared_ptr<ByteStream> stream_;
  ConnectionPeer peer_;
  ServerProtocol* protocol_ = nullptr;
  boost::asio::cancellation_signal cancel_;
};

}  // namespace bedplate::net
