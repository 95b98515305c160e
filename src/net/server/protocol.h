// What a server connection asks of the protocol that speaks on it.
#pragma once

#include <string>

namespace bedplate::net {

// Who is at the other end.
struct ConnectionPeer {
  std::string address;  // for the log
  bool tls = false;
};

class ServerProtocol {
 public:
  virtual ~ServerProtocol() = default;
  // The server begins to stop: running exchanges go on, new ones are refused.
  virtual void BeginDrain() = 0;
  // No exchange of the server runs any more: close as soon as what was written is sent.
  virtual void CloseWhenIdle() = 0;
  // The stream is closed already: cancels what runs.
  virtual void Abort() = 0;
};

// Sets a connection's protocol back to none when the protocol goes.
struct ForgetProtocol {
  ServerProtocol*& protocol;
  ~ForgetProtocol() { protocol = nullptr; }
};

// The protocol's way to its connection.
class ConnectionControl {
 public:
  virtual ~ConnectionControl() = default;
  // The client left, or must go: cancels the connection's coroutine, which then closes it.
  virtual void Leave() = 0;
};

}  // namespace bedplate::net
