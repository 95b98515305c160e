// A server with a handler of many faces, for this module's tests.
//
//   /hello            "Hello", at once
//   /echo             the request's body
//   /length           how long the body was, read piece by piece
//   /stream?N         N chunks "chunk-0;", … each after a turn of the reactor
//   /burst?N          the same N chunks, all in one turn
//   /try?N            N chunks of 64 bytes, by TryWrite while that is taken, else by Write
//   /fill?N           N MiB of zeros in chunks of 64 KiB
//   /wait             answers when released (Release)
//   /hang             never answers; counted when it is cancelled
//   /cut              begins an answer and breaks off
//   /nothing          returns without answering
//   /throw            throws
//   /ignore-body      answers without reading the body
//   /headers          the request as the handler sees it
//   /slow-read        reads the body, a chunk every 20 ms
//   /talk?N           each chunk of the body back as it comes, with pauses of up to N ms between;
//   the
//                     message of what ends them
#pragma once

#include <poll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "net/reactors.h"
#include "net/server.h"

namespace bedplate::net::testing {

class TestHandler final : public Handler {
 public:
  Task<void> Handle(Request& request, Responder& responder) override {
    ++requests;
    const auto query = request.target.find('?');
    const auto path = request.target.substr(0, query);
    const int number =
        query == std::string::npos ? 0 : std::atoi(request.target.c_str() + query + 1);
    if (path == "/hello") {
      co_await responder.Send(Text("Hello"));
    } else if (path == "/echo") {
      co_await Echo(request, responder);
    } else if (path == "/length" || path == "/slow-read") {
      co_await Length(request, responder, path == "/slow-read");
    } else if (path == "/stream" || path == "/burst") {
      co_await Stream(responder, number, path == "/stream");
    } else if (path == "/try") {
      co_await Try(responder, number);
    } else if (path == "/fill") {
      co_await Fill(responder, number);
    } else if (path == "/wait") {
      while (!released) co_await SleepFor(std::chrono::milliseconds(1));
      co_await responder.Send(Text("waited"));
    } else if (path == "/hang") {
      co_await Hang();
    } else if (path == "/cut") {
      co_await responder.Start(200, {{"content-type", "text/plain"}});
      co_await responder.Write("half an ans");
    } else if (path == "/talk") {
      co_await Talk(request, responder, std::chrono::milliseconds(number));
    } else if (path == "/throw") {
      throw std::runtime_error("thrown by a test");
    } else if (path == "/ignore-body") {
      co_await responder.Send(Text("ignored"));
    } else if (path == "/headers") {
      co_await responder.Send(Text(Describe(request)));
    } else if (path != "/nothing") {
      auto response = Text("no such path");
      response.status = 404;
      co_await responder.Send(std::move(response));
    }
  }

  std::atomic<int> requests = 0;
  std::atomic<int> hanging = 0;
  std::array<std::atomic<int>, 8> hanging_on{};  // for each reactor, also those that ended
  std::atomic<int> cancelled = 0;                // handlers of /hang that were
  std::atomic<size_t> filled_bytes = 0;          // taken by flow control from /fill
  std::atomic<size_t> read_bytes = 0;            // by /slow-read
  std::atomic<int> body_errors = 0;
  std::atomic<int> tried = 0;   // writes of /try that did not wait
  std::atomic<int> waited = 0;  // and that had to
  std::atomic<bool> released = false;

 private:
  static Response Text(std::string text) {
    Response response{.status = 200, .headers = {}, .body = std::move(text)};
    response.headers.Set("content-type", "text/plain");
    return response;
  }

  static std::string Describe(const Request& request) {
    std::string text = request.method + " " + request.target + " " + request.authority + "\n";
    for (const auto& [name, value] : request.headers) {
      text.append(name).append("=").append(value).append("\n");
    }
    return text;
  }

  Task<void> Echo(Request& request, Responder& responder) {
    const auto body = co_await ReadAll(*request.body, 64 << 20);
    if (body) {
      co_await responder.Send(Text(*body));
    } else {
      ++body_errors;
    }
  }

  Task<void> Length(Request& request, Responder& responder, bool slowly) {
    size_t length = 0;
    for (;;) {
      const auto chunk = co_await request.body->Next();
      if (!chunk) {
        ++body_errors;
        co_return;
      }
      if (chunk->empty()) break;
      length += chunk->size();
      if (slowly) {
        read_bytes = length;
        co_await SleepFor(std::chrono::milliseconds(20));
      }
    }
    co_await responder.Send(Text(std::to_string(length)));
  }

  static Task<void> Talk(Request& request, Responder& responder, std::chrono::milliseconds pause) {
    request.body->AllowPauses(pause);
    co_await responder.Start(200, {});
    for (;;) {
      const auto chunk = co_await request.body->Next();
      co_await responder.Write(chunk ? *chunk : chunk.error().message);
      if (!chunk || chunk->empty()) break;
    }
    co_await responder.Finish();
  }

  static Task<void> Stream(Responder& responder, int chunks, bool in_turns) {
    co_await responder.Start(200, {{"content-type", "text/plain"}});
    for (int i = 0; i < chunks; ++i) {
      if (in_turns) co_await SleepFor(std::chrono::microseconds(1));
      co_await responder.Write("chunk-" + std::to_string(i) + ";");
    }
    co_await responder.Finish();
  }

  Task<void> Try(Responder& responder, int chunks) {
    const std::string chunk(64, 't');
    co_await responder.Start(200, {});
    for (int i = 0; i < chunks; ++i) {
      auto written = responder.TryWrite(chunk);
      ++(written ? tried : waited);
      if (!written) written = co_await responder.Write(chunk);
      if (!*written) co_return;
    }
    co_await responder.Finish();
  }

  Task<void> Fill(Responder& responder, int mebibytes) {
    const std::string zeros(64 * 1024, '0');
    co_await responder.Start(200, {});
    for (int i = 0; i < mebibytes * 16; ++i) {
      if (!co_await responder.Write(zeros)) co_return;
      filled_bytes += zeros.size();
    }
    co_await responder.Finish();
  }

  Task<void> Hang() {
    struct CountEnd {
      TestHandler& handler;
      ~CountEnd() {
        ++handler.cancelled;
        --handler.hanging;
      }
    };
    ++hanging;
    ++hanging_on[Reactor::Current()->index()];
    const CountEnd end{*this};
    co_await SleepFor(std::chrono::hours(1));
  }
};

// The server of a test, on a free port, with two reactors.
class TestServer {
 public:
  explicit TestServer(ServerOptions options = {}, size_t threads = 2)
      : reactors({.threads = threads, .tick = std::chrono::milliseconds(10)}),
        server(std::make_unique<Server>(reactors, handler, std::move(options))) {
    const auto listening = server->ListenTcp("127.0.0.1", 0);
    if (!listening) throw std::runtime_error(listening.error().message);
    port = *listening;
  }
  std::string Url(std::string_view path, std::string_view scheme = "http") const {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(port) + std::string(path);
  }

  TestHandler handler;
  Reactors reactors;
  std::unique_ptr<Server> server;
  uint16_t port = 0;
};

// Waits until `condition` holds; false when it does not within ten seconds.
inline bool Eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 10'000; ++i) {
    if (condition()) return true;
    poll(nullptr, 0, 1);
  }
  return condition();
}

}  // namespace bedplate::net::testing
