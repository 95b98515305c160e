// The load of the engine benchmark: some clients that send requests made ahead, one connection for
// each, and note when the first piece of each answer came and when its end came.
//
//   engine_bench_load PORT CLIENTS MARKER [own] <requests >answers
//
// A request is a line with its number of bytes, then these bytes. An answer is a line
// `START FIRST END BYTES` (microseconds since the load began; FIRST is when MARKER, or one of
// several on lines of their own, was first seen in the answer, -1 if never), then what came, in the
// order of the requests. Clients take the next request that nobody took; with "own", the next of
// theirs: client i has every request whose number is i more than a multiple of CLIENTS, as the
// turns of a conversation. One thread, so that the servers measured keep the processors.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kLastChunk = "\r\n0\r\n\r\n";
constexpr int kStuckMs = 300'000;  // no byte from anybody for so long: give up

struct Exchange {
  std::string request;
  std::string answer;
  int64_t start_us = -1;
  int64_t first_us = -1;
  int64_t end_us = -1;
};

struct Client {
  int socket = -1;
  size_t next = 0;  // with "own": the number of its next request
  Exchange* exchange = nullptr;
  size_t sent = 0;
};

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

class Load {
 public:
  Load(int port, size_t clients, std::string_view marker, bool own,
       std::vector<Exchange>& exchanges)
      : port_(port), clients_(clients), own_(own), exchanges_(exchanges) {
    for (const auto each : std::views::split(marker, '\n')) {
      markers_.emplace_back(each.begin(), each.end());
      marker_bytes_ = std::max(marker_bytes_, markers_.back().size());
    }
    for (size_t i = 0; i < clients_.size(); ++i) clients_[i].next = i;
  }

  void Run() {
    for (Client& client : clients_) Next(client);
    std::vector<pollfd> waits(clients_.size());
    while (running_ > 0) {
      for (size_t i = 0; i < clients_.size(); ++i) {
        const Client& client = clients_[i];
        const bool sends = client.exchange && client.sent < client.exchange->request.size();
        waits[i] = {client.socket, static_cast<short>(sends ? POLLOUT : POLLIN), 0};
      }
      const int ready = poll(waits.data(), waits.size(), kStuckMs);
      if (ready < 0 && errno != EINTR) Die("poll");
      if (ready == 0) {
        std::fputs("engine_bench_load: no answer for too long\n", stderr);
        std::exit(1);
      }
      for (size_t i = 0; i < clients_.size(); ++i) {
        if (waits[i].revents & POLLOUT)
          Send(clients_[i]);
        else if (waits[i].revents != 0)
          Receive(clients_[i]);
      }
    }
  }

 private:
  int64_t Now() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin_).count();
  }

  void Next(Client& client) {
    const size_t number = own_ ? client.next : next_++;
    client = {.next = number + clients_.size()};
    if (number >= exchanges_.size()) return;
    client.exchange = &exchanges_[number];
    client.exchange->start_us = Now();
    client.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client.socket < 0) Die("socket");
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      Die("connect");
    }
    ++running_;
    Send(client);
  }

  void Send(Client& client) {
    const std::string& request = client.exchange->request;
    const ssize_t count = send(client.socket, request.data() + client.sent,
                               request.size() - client.sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0)
      client.sent += static_cast<size_t>(count);
    else if (errno != EAGAIN)
      Die("send");
  }

  void Receive(Client& client) {
    Exchange& exchange = *client.exchange;
    const ssize_t count = recv(client.socket, buffer_, sizeof buffer_, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count > 0) {
      // The marker may lie over the seam of two reads.
      const size_t seam = exchange.answer.size() - std::min(exchange.answer.size(), marker_bytes_);
      exchange.answer.append(buffer_, static_cast<size_t>(count));
      const auto has = [&](const std::string& marker) {
        return exchange.answer.find(marker, seam) != std::string::npos;
      };
      if (exchange.first_us < 0 && std::ranges::any_of(markers_, has)) exchange.first_us = Now();
      if (!exchange.answer.ends_with(kLastChunk)) return;
    }
    exchange.end_us = Now();
    close(client.socket);
    --running_;
    Next(client);
  }

  const Clock::time_point begin_ = Clock::now();
  int port_;
  std::vector<Client> clients_;
  std::vector<std::string> markers_;
  size_t marker_bytes_ = 0;
  bool own_;
  std::vector<Exchange>& exchanges_;
  size_t next_ = 0;
  size_t running_ = 0;
  char buffer_[65536];
};

std::vector<Exchange> ReadRequests() {
  std::vector<Exchange> exchanges;
  size_t bytes = 0;
  while (std::cin >> bytes && std::cin.get() == '\n') {
    exchanges.emplace_back().request.resize(bytes);
    if (!std::cin.read(exchanges.back().request.data(), static_cast<std::streamsize>(bytes))) {
      Die("a request ends early");
    }
  }
  return exchanges;
}

}  // namespace

int main(int argc, char** argv) {
  const bool own = argc == 5 && std::string_view(argv[4]) == "own";
  if (argc != 4 && !own) {
    std::fputs("usage: engine_bench_load PORT CLIENTS MARKER [own] <requests >answers\n", stderr);
    return 2;
  }
  std::ios::sync_with_stdio(false);
  std::vector<Exchange> exchanges = ReadRequests();
  Load load(std::atoi(argv[1]), std::strtoul(argv[2], nullptr, 10), argv[3], own, exchanges);
  load.Run();
  for (const Exchange& exchange : exchanges) {
    std::cout << exchange.start_us << ' ' << exchange.first_us << ' ' << exchange.end_us << ' '
              << exchange.answer.size() << '\n'
              << exchange.answer;
  }
  return std::cout.flush() ? 0 : 1;
}
