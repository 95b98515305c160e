// Accepts connections on one reactor and hands each to the reactor that has fewest: few long
// connections are then spread evenly, which SO_REUSEPORT's hashing does not do, and a second
// server on the same port is refused instead of sharing it in silence.
//
// Threads: its reactor's, but for the constructor.
#pragma once

#include <atomic>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/server/shard.h"
#include "net/ticker.h"

namespace bedplate::net {

// What is accepted by all acceptors of a server.
struct AcceptCounts {
  std::atomic<uint64_t> accepted = 0;
  std::atomic<uint64_t> refused = 0;
};

class Acceptor final : public std::enable_shared_from_this<Acceptor> {
 public:
  // Takes over `fd`, a listening socket; `unix_path`, if any, is removed on Close.
  Acceptor(std::vector<std::shared_ptr<ServerShard>> shards, AcceptCounts& counts, int fd, bool tls,
           std::string unix_path);
  ~Acceptor();

  void Start();
  void Close();

 private:
  using Descriptor =
      boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

  void Wait();
  void Accept();
  void Take(int fd, std::string peer);
  void Refuse(int fd);
  ServerShard* Choose(size_t& total);

  std::vector<std::shared_ptr<ServerShard>> shards_;
  AcceptCounts& counts_;
  Descriptor socket_;
  bool tls_;
  std::string unix_path_;
  size_t next_ = 0;
};

}  // namespace bedplate::net
