// The least a proxy can do: read a request with Beast, send its body to the upstream over a kept
// connection, hand the answer's body back. No authentication, no JSON, no log: the upper bound
// that the gateway is compared with.
//
//   gateway_bench_beast_proxy PORT UPSTREAM_PORT
//
// One thread; one upstream connection for each client connection.
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

using Parser = http::response_parser<http::buffer_body>;
using Bytes = std::array<char, 16 * 1024>;

// The next bytes of the body: waits for some, then takes with them what has arrived already.
asio::awaitable<size_t> ReadSome(tcp::socket& upstream, beast::flat_buffer& buffer, Parser& parser,
                                 Bytes& bytes) {
  auto& body = parser.get().body();
  body.data = bytes.data();
  body.size = bytes.size();
  while (body.size == bytes.size() && !parser.is_done()) {
    auto [error, count] = co_await http::async_read_some(upstream, buffer, parser,
                                                         asio::as_tuple(asio::use_awaitable));
    if (error && error != http::error::need_buffer) throw boost::system::system_error(error);
  }
  parser.eager(true);
  while (buffer.size() > 0 && body.size > 0 && !parser.is_done()) {
    boost::system::error_code error;
    buffer.consume(parser.put(buffer.data(), error));
    if (error == http::error::need_more || error == http::error::need_buffer) break;
    if (error) throw boost::system::system_error(error);
  }
  co_return bytes.size() - body.size;
}

// Passes the upstream's answer on as it arrives, so that streams are streams.
asio::awaitable<void> Relay(tcp::socket& upstream, beast::flat_buffer& buffer,
                            tcp::socket& client) {
  Parser parser;
  co_await http::async_read_header(upstream, buffer, parser, asio::use_awaitable);
  http::response<http::buffer_body> answer;
  answer.base() = parser.get().base();
  http::response_serializer<http::buffer_body> serializer(answer);
  Bytes bytes;
  do {
    const size_t size = co_await ReadSome(upstream, buffer, parser, bytes);
    answer.body().data = size > 0 ? bytes.data() : nullptr;  // a chunk of nothing would be the last
    answer.body().size = size;
    answer.body().more = !parser.is_done();
    auto [error, count] =
        co_await http::async_write(client, serializer, asio::as_tuple(asio::use_awaitable));
    if (error && error != http::error::need_buffer) throw boost::system::system_error(error);
  } while (!serializer.is_done());
}

asio::awaitable<void> Serve(tcp::socket client, tcp::endpoint target) {
  client.set_option(tcp::no_delay(true));
  tcp::socket upstream(client.get_executor());
  beast::flat_buffer client_buffer, upstream_buffer;
  upstream_buffer.reserve(sizeof(Bytes));  // else Beast reads 512 bytes at a time
  try {
    co_await upstream.async_connect(target, asio::use_awaitable);
    upstream.set_option(tcp::no_delay(true));
    for (;;) {
      http::request<http::string_body> request;
      co_await http::async_read(client, client_buffer, request, asio::use_awaitable);
      http::request<http::string_body> forward{http::verb::post, "/v1/chat/completions", 11};
      forward.set(http::field::host, "127.0.0.1");
      forward.set(http::field::content_type, "application/json");
      forward.body() = std::move(request.body());
      forward.prepare_payload();
      co_await http::async_write(upstream, forward, asio::use_awaitable);
      co_await Relay(upstream, upstream_buffer, client);
      if (!request.keep_alive()) break;
    }
  } catch (const boost::system::system_error&) {
    // Either side closed: the other is closed with it.
  }
}

asio::awaitable<void> Accept(tcp::acceptor acceptor, tcp::endpoint target) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), Serve(std::move(socket), target), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: gateway_bench_beast_proxy PORT UPSTREAM_PORT\n");
    return 2;
  }
  const auto loopback = asio::ip::make_address("127.0.0.1");
  asio::io_context io(1);
  tcp::acceptor acceptor(io, {loopback, static_cast<unsigned short>(std::atoi(argv[1]))});
  const tcp::endpoint target{loopback, static_cast<unsigned short>(std::atoi(argv[2]))};
  asio::co_spawn(io, Accept(std::move(acceptor), target), asio::detached);
  io.run();
}
