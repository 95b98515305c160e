// Our side of the comparison with bare Beast.
//
//   net_bench_bedplate PORT [UPSTREAM_PORT]
//
// Without an upstream it answers every request with a short text itself; with one it hands the
// request's body on and the answer's body back. One thread.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "net/client.h"
#include "net/reactors.h"
#include "net/server.h"

namespace {

using bedplate::Result;
namespace net = bedplate::net;

class Answerer final : public net::Handler {
 public:
  net::Task<void> Handle(net::Request& request, net::Responder& responder) override {
    const auto body = co_await net::ReadAll(*request.body, 1 << 20);
    if (!body) co_return;
    net::Response response{.status = 200, .headers = {}, .body = "Hello, world"};
    response.headers.Add("content-type", "text/plain");
    co_await responder.Send(std::move(response));
  }
};

class Proxy final : public net::Handler {
 public:
  explicit Proxy(net::HttpClient& upstream) : upstream_(upstream) {}

  net::Task<void> Handle(net::Request& request, net::Responder& responder) override {
    auto body = co_await net::ReadAll(*request.body, 1 << 20);
    if (!body) co_return;
    net::ClientRequest onward{.method = request.method,
                              .target = request.target,
                              .headers = {{"content-type", "application/json"}},
                              .body = std::move(*body)};
    auto answer = co_await upstream_.Send(std::move(onward));
    if (!answer) co_return;
    if (answer->headers.Has("content-length")) {
      auto whole = co_await net::ReadAll(*answer->body, 1 << 20);
      if (!whole) co_return;
      net::Response response{.status = answer->status, .headers = {}, .body = std::move(*whole)};
      response.headers.Add("content-type", "application/json");
      co_await responder.Send(std::move(response));
      co_return;
    }
    co_await responder.Start(answer->status, {{"content-type", "text/event-stream"}});
    for (;;) {
      const auto chunk = co_await answer->body->Next();
      if (!chunk) co_return;
      if (chunk->empty()) break;
      co_await responder.Write(*chunk);
    }
    co_await responder.Finish();
  }

 private:
  net::HttpClient& upstream_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: net_bench_bedplate PORT [UPSTREAM_PORT]\n");
    return 2;
  }
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  net::Reactors reactors({.threads = 1});
  std::unique_ptr<net::HttpClient> upstream;
  std::unique_ptr<net::Handler> handler;
  if (argc > 2) {
    auto endpoint = net::Endpoint::Parse("http://127.0.0.1:" + std::string(argv[2]));
    auto client = net::MakeHttpClient(reactors, *endpoint);
    upstream = std::move(*client);
    handler = std::make_unique<Proxy>(*upstream);
  } else {
    handler = std::make_unique<Answerer>();
  }
  net::Server server(reactors, *handler);
  const auto port = server.ListenTcp("127.0.0.1", static_cast<uint16_t>(std::atoi(argv[1])));
  if (!port) {
    std::fprintf(stderr, "%s\n", port.error().message.c_str());
    return 1;
  }
  int signal = 0;
  sigwait(&stop, &signal);
  return 0;
}
