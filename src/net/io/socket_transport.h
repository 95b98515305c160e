// The transport of a plain socket, TCP or Unix; the TLS transport stands on it too.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "net/io/transport.h"

namespace bedplate::net {

// With the executor's concrete type: no type erasure for each operation.
using StreamSocket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                      boost::asio::io_context::executor_type>;

class SocketTransport final : public Transport {
 public:
  SocketTransport(boost::asio::io_context& context, int fd);
  ~SocketTransport() override;

  void StartRead(std::span<char> buffer, std::shared_ptr<TransportEvents> events) override;
  std::optional<size_t> TryWrite(std::span<const iovec> pieces) override;
  void WaitWritable(std::shared_ptr<TransportEvents> events) override;
  void ShutdownSend() override;
  bool PeerHasShut() const override;
  void Close(bool reset) override;

 private:
  StreamSocket socket_;
};

}  // namespace bedplate::net
