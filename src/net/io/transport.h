// Transport: a connected byte stream as the operating system (or OpenSSL) gives it: reads that
// complete later, writes that take what fits now.
//
// Threads: one reactor's. Owned by a ByteStream.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace bedplate::net {

// Who hears of a transport's events. Held alive by the operations that are under way.
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;
  // A read that was started is over: bytes arrived, or none and the stream has ended (`failed`
  // tells a reset or a broken TLS record from an orderly end).
  virtual void OnRead(size_t bytes, bool failed) = 0;
  virtual void OnWritable() = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // Reads into `buffer`, which stays in place until OnRead (later, never from inside this call) or
  // Close. One read at a time.
  virtual void StartRead(std::span<char> buffer, std::shared_ptr<TransportEvents> events) = 0;
  // Takes what fits now; 0 when nothing does, nothing (nullopt) when the peer is gone.
  // Bytes that were offered and not taken must be offered again, with or without more behind them.
  virtual std::optional<size_t> TryWrite(std::span<const iovec> pieces) = 0;
  // OnWritable once, when TryWrite may take something again.
  virtual void WaitWritable(std::shared_ptr<TransportEvents> events) = 0;
  // Tells the peer that no more bytes will come.
  virtual void ShutdownSend() = 0;
  // Whether the peer has shut its side, even with bytes before that unread. A system call.
  virtual bool PeerHasShut() const = 0;
  // Ends everything; no event comes after it. `reset` makes the peer see an error, not an end.
  virtual void Close(bool reset) = 0;
  // The protocol agreed by ALPN; empty without TLS.
  virtual std::string AgreedProtocol() const { return {}; }
  // Why the transport failed, in words, where it knows more than that the peer is gone.
  virtual std::string Failure() const { return {}; }
};

// Takes ownership of the connected, non-blocking socket `fd`.
class Reactor;
std::unique_ptr<Transport> MakeSocketTransport(Reactor& reactor, int fd);

}  // namespace bedplate::net
