// FakeUpstream: an HTTP/1.1 server on a Unix socket for tests, a thread for each connection. It is
// written apart from src/net on purpose, so that a mistake there cannot hide here.
//
// Threads: the handler runs on connection threads; the rest is called by the test.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace bedplate::models {

struct FakeRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// One exchange. Every call is a no-op once the client left.
class FakeExchange {
 public:
  explicit FakeExchange(int socket) : socket_(socket) {}

  void Send(int status, std::string_view body, std::string_view extra_headers = {});
  // A chunked body.
  void Start(int status, std::string_view content_type = "text/event-stream");
  void Write(std::string_view bytes);
  void Event(std::string_view data);  // a server-sent event
  void Finish();
  // Closes the connection in the middle of whatever it is in.
  void Cut();
  // Whether the client closed its end; waits up to `wait_ms` for that.
  bool ClientLeft(int wait_ms);

  bool cut() const { return cut_; }

 private:
  void Put(std::string_view bytes);

  int socket_;
  bool cut_ = false;
};

class FakeUpstream {
 public:
  using Handler = std::function<void(const FakeRequest&, FakeExchange&)>;

  FakeUpstream(std::string path, Handler handler);
  ~FakeUpstream();

  const std::string& path() const { return path_; }
  // Requests taken so far.
  int requests() const { return requests_; }
  int connections() const { return connections_; }

 private:
  void Accept();
  void Serve(int socket);

  std::string path_;
  Handler handler_;
  int listener_ = -1;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> requests_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace bedplate::models
