// The other side: the least a server and a proxy on Beast can do, written as its examples are.
//
//   net_bench_beast PORT [UPSTREAM_PORT]
//
// One thread; one upstream connection for each client connection. No limits, no time-outs, and a
// client that leaves is noticed at the next read only.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

asio::awaitable<void> Serve(tcp::socket client, unsigned short upstream_port) {
  client.set_option(tcp::no_delay(true));
  boost::beast::flat_buffer input;
  boost::beast::flat_buffer upstream_input;
  std::unique_ptr<tcp::socket> upstream;
  try {
    for (;;) {
      Request request;
      co_await http::async_read(client, input, request, asio::use_awaitable);
      Response response(http::status::ok, 11);
      if (upstream_port == 0) {
        response.set(http::field::content_type, "text/plain");
        response.body() = "Hello, world";
      } else {
        if (!upstream) {
          upstream = std::make_unique<tcp::socket>(client.get_executor());
          co_await upstream->async_connect({asio::ip::address_v4::loopback(), upstream_port},
                                           asio::use_awaitable);
          upstream->set_option(tcp::no_delay(true));
        }
        Request onward(request.method(), request.target(), 11);
        onward.set(http::field::host, "127.0.0.1");
        onward.set(http::field::content_type, "application/json");
        onward.body() = std::move(request.body());
        onward.prepare_payload();
        co_await http::async_write(*upstream, onward, asio::use_awaitable);
        Response answer;
        co_await http::async_read(*upstream, upstream_input, answer, asio::use_awaitable);
        response.result(answer.result());
        response.set(http::field::content_type, "application/json");
        response.body() = std::move(answer.body());
      }
      response.keep_alive(request.keep_alive());
      response.prepare_payload();
      co_await http::async_write(client, response, asio::use_awaitable);
      if (!response.keep_alive()) break;
    }
  } catch (const boost::system::system_error&) {
    // The client is done.
  }
}

asio::awaitable<void> Accept(tcp::acceptor& acceptor, unsigned short upstream_port) {
  for (;;) {
    auto client = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), Serve(std::move(client), upstream_port),
                   asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: net_bench_beast PORT [UPSTREAM_PORT]\n");
    return 2;
  }
  asio::io_context context(1);
  tcp::acceptor acceptor(
      context, {asio::ip::address_v4::loopback(), static_cast<unsigned short>(std::atoi(argv[1]))});
  const auto upstream = static_cast<unsigned short>(argc > 2 ? std::atoi(argv[2]) : 0);
  asio::co_spawn(context, Accept(acceptor, upstream), asio::detached);
  context.run();
}
