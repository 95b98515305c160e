#include "net/client.h"

#include <boost/asio/post.hpp>
#include <cassert>
#include <utility>
#include <vector>

#include "net/client/connection.h"
#include "net/client/connector.h"
#include "net/client/pool.h"
#include "net/io/tls_context.h"
#include "net/status_text.h"

namespace bedplate::net {

namespace {

// The body of a response: owns its connection, and gives it back when the body has ended.
class ClientBody final : public BodyReader {
 public:
  ClientBody(std::unique_ptr<ClientConnection> connection, std::shared_ptr<ClientPool> pool)
      : connection_(std::move(connection)), pool_(std::move(pool)) {}
  ~ClientBody() override {
    // A reader that stops at the last event, before the last chunk, costs no connection.
    if (connection_ && connection_->FinishQuietly()) pool_->GiveBack(std::move(connection_));
  }

  Task<Result<std::string_view>> Next() override {
    if (!connection_) co_return std::string_view();
    auto chunk = co_await connection_->NextChunk();
    PartAtEnd(chunk);
    co_return chunk;
  }

  std::optional<Result<std::string_view>> TryNext() override {
    if (!connection_) return std::string_view();
    auto chunk = connection_->TryNextChunk();
    if (chunk) PartAtEnd(*chunk);
    return chunk;
  }

 private:
  void PartAtEnd(const Result<std::string_view>& chunk) {
    if (!chunk || !chunk->empty()) return;
    if (connection_->reusable()) pool_->GiveBack(std::move(connection_));
    connection_.reset();
  }

  std::unique_ptr<ClientConnection> connection_;
  std::shared_ptr<ClientPool> pool_;
};

bool IsReplayable(const ClientRequest& request) {
  const auto& method = request.method;
  return request.replayable || method == "GET" || method == "HEAD" || method == "PUT" ||
         method == "DELETE" || method == "OPTIONS";
}

class Client final : public HttpClient {
 public:
  Client(Reactors& reactors, Endpoint endpoint, HttpClientOptions options, TlsContext tls)
      : reactors_(reactors),
        endpoint_(std::move(endpoint)),
        options_(std::make_shared<const HttpClientOptions>(std::move(options))),
        tls_(std::move(tls)),
        name_(Describe(endpoint_)),
        host_(HostField(endpoint_)) {
    for (size_t i = 0; i < reactors.size(); ++i) {
      pools_.push_back(
          std::make_shared<ClientPool>(options_->keep_alive, options_->idle_connections_max));
    }
  }

  ~Client() override {
    for (size_t i = 0; i < pools_.size(); ++i) {
      boost::asio::post(reactors_.at(i).context(),
                        [pool = std::move(pools_[i]), options = options_] { pool->Close(); });
    }
  }

  Task<Result<ClientResponse>> Send(ClientRequest request) override {
    auto* reactor = Reactor::Current();
    assert(reactor && "HttpClient is used on a reactor");
    const auto& pool = pools_[reactor->index()];
    const auto total = request.total.count() > 0 ? request.total : options_->total;
    const bool is_head = request.method == "HEAD";
    const auto head = Head(request);
    for (;;) {
      auto connection = pool->Take();
      const bool kept = connection != nullptr;
      if (!kept) {
        auto stream = co_await Connect(*reactor, endpoint_, tls_, options_->connect);
        if (!stream) co_return std::unexpected(std::move(stream.error()));
        connection = std::make_unique<ClientConnection>(std::move(*stream), name_, *options_);
      }
      auto answered = co_await connection->Exchange(head, request.body, is_head, total);
      if (answered) {
        ClientResponse response{.status = connection->status(),
                                .headers = std::move(connection->headers()),
                                .body = nullptr};
        response.body = std::make_unique<ClientBody>(std::move(connection), pool);
        co_return response;
      }
      // A kept connection may have been closed by the peer while the request was on its way.
      if (kept && answered.error().fault == Fault::kUnavailable && connection->unanswered() &&
          IsReplayable(request)) {
        continue;
      }
      co_return std::unexpected(std::move(answered.error()));
    }
  }

 private:
  std::string Head(const ClientRequest& request) const {
    std::string head;
    head.reserve(512);
    head.append(request.method).append(" ").append(endpoint_.base_path).append(request.target);
    head.append(" HTTP/1.1\r\nhost: ").append(host_).append("\r\n");
    for (const auto& [name, value] : request.headers) {
      if (name == "host" || (IsServersWork(name) && name != "date")) continue;
      head.append(name).append(": ");
      AppendHeaderValue(head, value);
      head.append("\r\n");
    }
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
        request.method == "PATCH") {
      head.append("content-length: ").append(std::to_string(request.body.size())).append("\r\n");
    }
    head.append("\r\n");
    return head;
  }

  Reactors& reactors_;
  const Endpoint endpoint_;
  const std::shared_ptr<const HttpClientOptions> options_;  // connections refer to it
  const TlsContext tls_;
  const std::string name_;
  const std::string host_;
  std::vector<std::shared_ptr<ClientPool>> pools_;  // one a reactor
};

}  // namespace

Result<std::unique_ptr<HttpClient>> MakeHttpClient(Reactors& reactors, Endpoint endpoint,
                                                   HttpClientOptions options) {
  TlsContext tls;
  if (endpoint.kind == Endpoint::Kind::kTls) {
    auto made = MakeClientTlsContext(options.tls_ca_file, options.tls_verify);
    if (!made) return std::unexpected(std::move(made.error()));
    tls = std::move(*made);
  }
  return std::make_unique<Client>(reactors, std::move(endpoint), std::move(options),
                                  std::move(tls));
}

}  // namespace bedplate::net
