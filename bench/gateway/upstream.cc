// An OpenAI-compatible server that answers at once: the model costs nothing, so that what is
// measured is what stands in front of it.
//
//   gateway_bench_upstream PORT [DELTAS]
//
// POST of a body with "stream":true is answered with DELTAS (200) small server-sent events, every
// other POST with one chat completion; GET with how many POSTs were answered. One thread.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr int kDeltasDefault = 200;

constexpr std::string_view kAnswer =
    R"({"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"bench",)"
    R"("choices":[{"index":0,"message":{"role":"assistant","content":"Hello from upstream."},)"
    R"("finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":5,)"
    R"("total_tokens":17}})";

std::string JsonAnswer(std::string_view body) {
  return "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

void AppendChunk(std::string& out, std::string_view event) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", event.size());
  out.append(size).append(event).append("\r\n");
}

std::string StreamAnswer(int deltas) {
  const std::string head =
      R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,)"
      R"("model":"bench","choices":[{"index":0,)";
  std::string out =
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
  AppendChunk(
      out, head + R"("delta":{"role":"assistant","content":""},"finish_reason":null}]})" + "\n\n");
  for (int i = 0; i < deltas; ++i) {
    // No word twice: LiteLLM takes a stream that repeats itself for a model gone wrong.
    AppendChunk(out, head + R"("delta":{"content":" word)" + std::to_string(i) +
                         R"("},"finish_reason":null}]})" + "\n\n");
  }
  AppendChunk(out, head + R"("delta":{},"finish_reason":"stop"}]})" + "\n\n");
  AppendChunk(out,
              R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,)"
              R"("model":"bench","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":)" +
                  std::to_string(deltas) + R"(,"total_tokens":)" + std::to_string(12 + deltas) +
                  "}}\n\n");
  AppendChunk(out, "data: [DONE]\n\n");
  out += "0\r\n\r\n";
  return out;
}

bool WantsStream(std::string_view body) {
  const size_t at = body.find(R"("stream")");
  return at != std::string_view::npos && body.substr(at, 16).find("true") != std::string_view::npos;
}

struct Answers {
  std::string whole;
  std::string stream;
  size_t posts = 0;
};

asio::awaitable<void> Serve(tcp::socket socket, Answers& answers) {
  socket.set_option(tcp::no_delay(true));
  beast::flat_buffer buffer;
  try {
    for (;;) {
      http::request<http::string_body> request;
      co_await http::async_read(socket, buffer, request, asio::use_awaitable);
      if (request.method() == http::verb::get) {
        const std::string counted =
            JsonAnswer("{\"answered\":" + std::to_string(answers.posts) + "}");
        co_await asio::async_write(socket, asio::buffer(counted), asio::use_awaitable);
      } else {
        ++answers.posts;
        const bool streams = WantsStream(request.body());
        co_await asio::async_write(socket, asio::buffer(streams ? answers.stream : answers.whole),
                                   asio::use_awaitable);
      }
      if (!request.keep_alive()) break;
    }
  } catch (const boost::system::system_error&) {
    // The peer closed the connection: nothing to do.
  }
}

asio::awaitable<void> Accept(tcp::acceptor acceptor, Answers& answers) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), Serve(std::move(socket), answers), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: gateway_bench_upstream PORT [DELTAS]\n");
    return 2;
  }
  const auto port = static_cast<unsigned short>(std::atoi(argv[1]));
  Answers answers{.whole = JsonAnswer(kAnswer),
                  .stream = StreamAnswer(argc > 2 ? std::atoi(argv[2]) : kDeltasDefault)};
  asio::io_context io(1);
  tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), port});
  asio::co_spawn(io, Accept(std::move(acceptor), answers), asio::detached);
  io.run();
}
