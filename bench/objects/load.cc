// The load of the objects benchmark: some clients, each with a connection that is kept open (where
// the server does so), that send requests made ahead for some seconds and wait for each answer.
//
//   objects_bench_load PORT CLIENTS SECONDS BODY_FILE STATUS <heads
//
// A head is a line with its number of bytes, then these bytes: request line and fields, signed,
// with the empty line. Client i sends the heads whose number is i more than a multiple of CLIENTS,
// in turn, again and again, and the bytes of BODY_FILE ("" for none) behind each. Each answer must
// have STATUS and say how long it is. Prints `REQUESTS SECONDS P50_MS P99_MS BYTES`: the median,
// the 99th percentile, and how many bytes of bodies came. What was asked for before the time was
// over is waited for and counts, with the time it took.
//
// The load must not be what is measured: bodies are sent from the page cache (sendfile) and thrown
// away by the kernel (MSG_TRUNC), one thread waits for all.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kStuckMs = 300'000;  // no byte from anybody for so long: give up
constexpr size_t kHeadBytesMax = 64 * 1024;
constexpr size_t kDropBytes = 4 << 20;

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

[[noreturn]] void Refuse(const char* why, std::string_view answer) {
  std::fprintf(stderr, "objects_bench_load: %s: %.*s\n", why, static_cast<int>(answer.size()),
               answer.data());
  std::exit(1);
}

struct Body {
  int descriptor = -1;
  off_t bytes = 0;
};

struct Client {
  int socket = -1;
  size_t head = 0;  // the one that it sends
  size_t head_sent = 0;
  off_t body_sent = 0;
  std::string answer{};    // until its head is whole
  int64_t body_left = -1;  // of the answer; -1 until its head is whole
  bool busy = false;
  bool closes = false;  // the server, behind this answer
  Clock::time_point began{};
};

// The value of a field of a head, in any case of its name.
std::string_view Field(std::string_view head, std::string_view name) {
  for (size_t line = head.find("\r\n"); line != std::string_view::npos;
       line = head.find("\r\n", line + 2)) {
    const std::string_view field = head.substr(line + 2);
    if (field.size() <= name.size() || field[name.size()] != ':') continue;
    if (strncasecmp(field.data(), name.data(), name.size()) != 0) continue;
    std::string_view value = field.substr(name.size() + 1, field.find("\r\n") - name.size() - 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return value;
  }
  return {};
}

class Load {
 public:
  Load(int port, size_t clients, double seconds, Body body, std::string status,
       const std::vector<std::string>& heads)
      : port_(port),
        clients_(clients),
        end_(begin_ +
             std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))),
        body_(body),
        status_(std::move(status)),
        heads_(heads) {
    for (size_t i = 0; i < clients_.size(); ++i) clients_[i].head = i % heads_.size();
    once_ = seconds == 0;
  }

  void Run() {
    for (Client& client : clients_) Connect(client);
    for (Client& client : clients_) Begin(client);
    std::vector<pollfd> waits(clients_.size());
    while (busy_ > 0) {
      for (size_t i = 0; i < clients_.size(); ++i) {
        const short events = Sends(clients_[i]) ? POLLIN | POLLOUT : POLLIN;
        waits[i] = {clients_[i].busy ? clients_[i].socket : -1, events, 0};
      }
      const int ready = poll(waits.data(), waits.size(), kStuckMs);
      if (ready < 0 && errno != EINTR) Die("poll");
      if (ready == 0) Refuse("no answer for too long", "");
      for (size_t i = 0; i < clients_.size(); ++i) {
        // An answer that comes before all was sent is a refusal.
        if ((waits[i].revents & ~POLLOUT) != 0) {
          Receive(clients_[i]);
        } else if ((waits[i].revents & POLLOUT) != 0) {
          Send(clients_[i]);
        }
      }
    }
  }

  void Report() {
    const double seconds = std::chrono::duration<double>(last_ - begin_).count();
    std::ranges::sort(took_ms_);
    const auto at = [&](double part) {
      return took_ms_[std::min(took_ms_.size() - 1,
                               static_cast<size_t>(part * static_cast<double>(took_ms_.size())))];
    };
    std::printf("%zu %f %f %f %lld\n", took_ms_.size(), seconds, at(0.5), at(0.99),
                static_cast<long long>(received_));
  }

 private:
  bool Sends(const Client& client) const {
    return client.head_sent < heads_[client.head].size() || client.body_sent < body_.bytes;
  }

  void Connect(Client& client) {
    client.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client.socket < 0) Die("socket");
    const int one = 1;
    setsockopt(client.socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      Die("connect");
    }
  }

  void Begin(Client& client) {
    client.busy = true;
    ++busy_;
    client.began = Clock::now();
    if (client.closes) {
      close(client.socket);
      Connect(client);
      client.closes = false;
    }
    Send(client);
  }

  void Send(Client& client) {
    const std::string& head = heads_[client.head];
    while (client.head_sent < head.size()) {
      // The first bytes of the body go with the head.
      const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (body_.bytes > 0 ? MSG_MORE : 0);
      const ssize_t count = send(client.socket, head.data() + client.head_sent,
                                 head.size() - client.head_sent, flags);
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (count < 0) Die("send");
      client.head_sent += static_cast<size_t>(count);
    }
    while (client.body_sent < body_.bytes) {
      // Non-blocking as a whole: the socket is, while it sends.
      const ssize_t count = SendBody(client);
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (count <= 0) Die("sendfile");
    }
  }

  ssize_t SendBody(Client& client) const {
    const int flags = fcntl(client.socket, F_GETFL);
    if ((flags & O_NONBLOCK) == 0) fcntl(client.socket, F_SETFL, flags | O_NONBLOCK);
    return sendfile(client.socket, body_.descriptor, &client.body_sent,
                    static_cast<size_t>(body_.bytes - client.body_sent));
  }

  void Receive(Client& client) {
    if (client.body_left >= 0) return Drop(client);
    const ssize_t count = recv(client.socket, buffer_, sizeof buffer_, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) Die("recv");
    if (count == 0) Refuse("the connection was closed", client.answer);
    client.answer.append(buffer_, static_cast<size_t>(count));
    const size_t head = client.answer.find("\r\n\r\n");
    if (head == std::string::npos) {
      if (client.answer.size() > kHeadBytesMax) Refuse("a head without end", "");
      return;
    }
    if (client.answer.compare(0, 9, "HTTP/1.1 ") != 0 || client.answer.substr(9, 3) != status_) {
      Refuse("not the status", client.answer);
    }
    const std::string_view length =
        Field(std::string_view(client.answer).substr(0, head + 2), "content-length");
    int64_t bytes = 0;
    if (std::from_chars(length.data(), length.data() + length.size(), bytes).ec != std::errc()) {
      Refuse("an answer that does not say its length", client.answer.substr(0, head));
    }
    client.closes =
        Field(std::string_view(client.answer).substr(0, head + 2), "connection") == "close";
    const auto came = static_cast<int64_t>(client.answer.size() - head - 4);
    if (came > bytes) Refuse("more than an answer", client.answer.substr(0, head));
    received_ += came;
    client.body_left = bytes - came;
    if (client.body_left == 0) Finish(client);
  }

  void Drop(Client& client) {
    const size_t wanted = std::min(static_cast<size_t>(client.body_left), kDropBytes);
    const ssize_t count = recv(client.socket, nullptr, wanted, MSG_DONTWAIT | MSG_TRUNC);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) Die("recv");
    if (count == 0) Refuse("an answer was cut", client.answer);
    received_ += count;
    client.body_left -= count;
    if (client.body_left == 0) Finish(client);
  }

  void Finish(Client& client) {
    last_ = Clock::now();
    took_ms_.push_back(std::chrono::duration<double, std::milli>(last_ - client.began).count());
    const size_t next = client.head + clients_.size();
    client.head = next % heads_.size();
    client.head_sent = 0;
    client.body_sent = 0;
    client.answer.clear();
    client.body_left = -1;
    client.busy = false;
    --busy_;
    if (once_ ? next < heads_.size() : last_ < end_) Begin(client);
  }

  const Clock::time_point begin_ = Clock::now();
  int port_;
  bool once_ = false;
  std::vector<Client> clients_;
  Clock::time_point end_;
  Clock::time_point last_ = begin_;
  Body body_;
  std::string status_;
  const std::vector<std::string>& heads_;
  std::vector<double> took_ms_;
  int64_t received_ = 0;
  size_t busy_ = 0;
  char buffer_[16 * 1024];
};

std::vector<std::string> ReadHeads() {
  std::vector<std::string> heads;
  size_t bytes = 0;
  while (std::cin >> bytes && std::cin.get() == '\n') {
    heads.emplace_back().resize(bytes);
    if (!std::cin.read(heads.back().data(), static_cast<std::streamsize>(bytes))) {
      Die("a head ends early");
    }
  }
  return heads;
}

Body OpenBody(const char* path) {
  if (*path == '\0') return {};
  Body body{.descriptor = open(path, O_RDONLY | O_CLOEXEC)};
  struct stat facts = {};
  if (body.descriptor < 0 || fstat(body.descriptor, &facts) != 0) Die(path);
  body.bytes = facts.st_size;
  return body;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: objects_bench_load PORT CLIENTS SECONDS BODY_FILE STATUS <heads\n", stderr);
    return 2;
  }
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> heads = ReadHeads();
  if (heads.empty()) Refuse("no heads", "");
  Load load(std::atoi(argv[1]), std::strtoul(argv[2], nullptr, 10), std::atof(argv[3]),
            OpenBody(argv[4]), argv[5], heads);
  load.Run();
  load.Report();
  return 0;
}
