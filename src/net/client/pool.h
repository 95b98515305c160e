// The kept-alive connections of one client on one reactor.
//
// Threads: its reactor's; the last reference may go on any thread once the reactor is stopped.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "net/client/connection.h"

namespace bedplate::net {

class ClientPool : public std::enable_shared_from_this<ClientPool> {
 public:
  ClientPool(std::chrono::milliseconds keep_alive, size_t idle_max)
      : keep_alive_(keep_alive), idle_max_(idle_max) {}

  // The connection used last, whose peer is the least likely to close it; nullptr when none is.
  std::unique_ptr<ClientConnection> Take();
  // A connection whose answer has been read to its end.
  void GiveBack(std::unique_ptr<ClientConnection> connection);
  void Close();

 private:
  void Drop(const ClientConnection* connection);

  std::chrono::milliseconds keep_alive_;
  size_t idle_max_;
  std::vector<std::unique_ptr<ClientConnection>> idle_;
  bool closed_ = false;
};

}  // namespace bedplate::net
