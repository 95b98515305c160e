// The transport of a TLS connection: OpenSSL over a non-blocking socket. The handshake happens
// inside the first reads and writes.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "net/io/socket_transport.h"
#include "net/io/tls_context.h"

namespace bedplate::net {

class TlsTransport final : public Transport {
 public:
  enum class Role : uint8_t { kServer, kClient };

  // Takes ownership of the connected socket. A client verifies `host` (and names it, for servers
  // with many); a server passes nothing.
  TlsTransport(boost::asio::io_context& context, int fd, const TlsContext& tls, Role role,
               const std::string& host = {});
  ~TlsTransport() override;

  void StartRead(std::span<char> buffer, std::shared_ptr<TransportEvents> events) override;
  std::optional<size_t> TryWrite(std::span<const iovec> pieces) override;
  void WaitWritable(std::shared_ptr<TransportEvents> events) override;
  void ShutdownSend() override;
  bool PeerHasShut() const override;
  void Close(bool reset) override;
  std::string AgreedProtocol() const override;
  std::string Failure() const override { return failure_; }

 private:
  using Events = std::shared_ptr<TransportEvents>;

  void ContinueRead(Events events);
  void WaitToRead(StreamSocket::wait_type what, Events events);
  void NoteFailure();

  StreamSocket socket_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::span<char> read_into_;
  // The last write can go on only after a read (the handshake); somebody waits for that.
  bool write_wants_read_ = false;
  bool write_waits_for_read_ = false;
  bool closed_ = false;
  std::string failure_;
};

}  // namespace bedplate::net
