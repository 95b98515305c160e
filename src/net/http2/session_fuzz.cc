// Any frames a client may send: the session answers or ends, every handler ends, nothing leaks.
#include <boost/asio/co_spawn.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "net/http2/session.h"
#include "net/io/byte_stream.h"
#include "net/server/preface.h"

namespace {

using namespace bedplate::net;

// A socket whose other end is the fuzzer: it takes all that is written.
class FuzzedTransport final : public Transport {
 public:
  void StartRead(std::span<char> buffer, std::shared_ptr<TransportEvents> events) override {
    buffer_ = buffer;
    events_ = std::move(events);
  }
  std::optional<size_t> TryWrite(std::span<const iovec> pieces) override {
    size_t taken = 0;
    for (const auto& piece : pieces) taken += piece.iov_len;
    return taken;
  }
  void WaitWritable(std::shared_ptr<TransportEvents>) override {}
  void ShutdownSend() override {}
  bool PeerHasShut() const override { return false; }
  void Close(bool) override { events_.reset(); }

  bool reading() const { return events_ != nullptr; }
  size_t Give(std::string_view bytes) {
    const auto size = std::min(bytes.size(), buffer_.size());
    std::copy_n(bytes.data(), size, buffer_.data());
    std::exchange(events_, nullptr)->OnRead(size, false);
    return size;
  }

 private:
  std::span<char> buffer_;
  std::shared_ptr<TransportEvents> events_;
};

// Reads some of the body, writes something, and sometimes stops half-way.
class FuzzedHandler final : public Handler {
 public:
  Task<void> Handle(Request& request, Responder& responder) override {
    if (request.target.size() % 5 == 1) co_return;
    const auto body = co_await ReadAll(*request.body, 10'000);
    if (!body && request.target.size() % 5 == 2) co_return;
    if (request.target.size() % 5 == 3) {
      Response response;
      response.body = "whole";
      co_await responder.Send(std::move(response));
      co_return;
    }
    co_await responder.Start(200, {{"x", "y"}});
    for (int i = 0; i < 4; ++i) {
      if (!co_await responder.Write(std::string(30'000, 'w'))) co_return;
    }
    co_await responder.Finish();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static FuzzedHandler handler;
  static Reactor reactor(0, std::chrono::milliseconds(100));
  static const ServerSetup setup{.handler = handler, .options = {}, .tls = {}};
  static ServerShard shard(reactor, setup);
  if (size < 2) return 0;
  std::string bytes(kHttp2Preface);
  bytes.append("\0\0\0\4\0\0\0\0\0", 9);  // SETTINGS
  bytes.append(reinterpret_cast<const char*>(data + 1), size - 1);
  const size_t piece = 1 + data[0];

  auto owned = std::make_unique<FuzzedTransport>();
  auto* transport = owned.get();
  auto stream = std::make_shared<ByteStream>(reactor, std::move(owned), 8 * 1024);
  bool ended = false;
  {
    const auto run = [&]() -> Task<void> {
      http2::Session session(shard, stream, {.address = "fuzzer"});
      co_await session.Run();
      stream->Close();
    };
    boost::asio::co_spawn(reactor.executor(), run(), [&](std::exception_ptr thrown) {
      if (thrown) std::abort();
      ended = true;
    });
    const auto turn = [] {
      reactor.context().restart();
      while (reactor.context().poll() > 0) {
      }
    };
    turn();
    std::string_view rest = bytes;
    while (!rest.empty() && !ended && transport->reading()) {
      rest.remove_prefix(transport->Give(rest.substr(0, piece)));
      turn();
    }
    if (!ended && transport->reading()) transport->Give({});  // the client leaves
    turn();
  }
  if (!ended || shard.exchange_count != 0) std::abort();
  return 0;
}
