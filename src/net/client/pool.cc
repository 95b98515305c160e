#include "net/client/pool.h"

#include <utility>

namespace bedplate::net {

std::unique_ptr<ClientConnection> ClientPool::Take() {
  if (idle_.empty()) return nullptr;
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  connection->LeaveIdle();
  return connection;
}

void ClientPool::GiveBack(std::unique_ptr<ClientConnection> connection) {
  if (closed_ || idle_.size() >= idle_max_) return;
  // The pool owns the connection, so that the callback cannot outlive the pool.
  connection->BecomeIdle(keep_alive_, [this, raw = connection.get()] { Drop(raw); });
  idle_.push_back(std::move(connection));
}

void ClientPool::Drop(const ClientConnection* connection) {
  std::erase_if(idle_, [&](const auto& idle) { return idle.get() == connection; });
}

void ClientPool::Close() {
  closed_ = true;
  idle_.clear();
}

}  // namespace bedplate::net
