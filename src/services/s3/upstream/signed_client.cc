#include "services/s3/upstream/signed_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/s3/upstream/answers.h"
#include "wire/sigv4/digest.h"
#include "wire/sigv4/sign.h"
#include "wire/sigv4/uri_encode.h"

namespace bedplate::services::s3 {
namespace {

namespace sigv4 = wire::sigv4;

net::Task<Result<UpstreamAnswer>> Exchange(net::HttpClient& client, net::ClientRequest request,
                                           size_t answer_bytes_max) {
  auto response = co_await client.Send(std::move(request));
  if (!response) co_return std::unexpected(std::move(response.error()));
  UpstreamAnswer answer{.status = response->status, .headers = std::move(response->headers)};
  auto body = co_await net::ReadAll(*response->body, answer_bytes_max);
  if (!body) co_return std::unexpected(std::move(body.error()));
  answer.body = std::move(*body);
  co_return answer;
}

// What may go better the next time.
bool IsPassing(const Error& error) { return error.fault == Fault::kUnavailable; }

}  // namespace

Result<std::unique_ptr<SignedClient>> SignedClient::Make(UpstreamOptions options,
                                                         net::Reactors& reactors,
                                                         const Clock& clock) {
  auto endpoint = net::Endpoint::Parse(options.url);
  if (!endpoint) return std::unexpected(std::move(endpoint.error()));
  net::HttpClientOptions waits;
  waits.connect = options.connect;
  waits.idle = options.idle;
  waits.total = options.total;
  auto client = net::MakeHttpClient(reactors, *endpoint, std::move(waits));
  if (!client) return std::unexpected(std::move(client.error()));
  return std::unique_ptr<SignedClient>(new SignedClient(std::move(options), std::move(*endpoint),
                                                        std::move(*client), reactors, clock));
}

Result<UpstreamAnswer> SignedClient::Send(const UpstreamRequest& request) {
  auto pause = options_.pause;
  for (int attempt = 1;; ++attempt) {
    auto answer = SendOnce(request);
    if (answer) answer->attempts = attempt;
    if (answer || attempt >= options_.attempts || !IsPassing(answer.error())) return answer;
    reactors_.Run(NextReactor(), net::SleepFor(pause));
    pause *= 4;
  }
}

Result<UpstreamAnswer> SignedClient::SendOnce(const UpstreamRequest& request) {
  const size_t reactor = turn_.fetch_add(1, std::memory_order_relaxed) % reactors_.size();
  auto answer = reactors_.Run(reactor, Exchange(*client_, Sign(request), request.answer_bytes_max));
  if (!answer) {
    return Fail(Fault::kUnavailable, fmt::format("The S3 server at {} does not answer: {}",
                                                 options_.url, answer.error().message));
  }
  if (answer->status / 100 == 2) return answer;
  return std::unexpected(ErrorOfAnswer(answer->status, answer->body, options_.url));
}

net::ClientRequest SignedClient::Sign(const UpstreamRequest& request) const {
  std::string target = "/";
  sigv4::AppendEncoded(target, request.bucket, sigv4::Slash::kEncode);
  if (!request.key.empty()) {
    target += '/';
    sigv4::AppendEncoded(target, request.key, sigv4::Slash::kKeep);
  }
  const std::string path = endpoint_.base_path + target;
  const std::string hash = sigv4::HexOf(sigv4::HashOf(request.body));
  std::vector<sigv4::HeaderView> headers;
  headers.reserve(request.headers.size() + 1);
  for (const auto& [name, value] : request.headers) headers.push_back({name, value});
  headers.push_back({"x-amz-content-sha256", hash});

  net::ClientRequest sent{.method = request.method, .target = target, .body = request.body};
  if (!request.query.empty()) sent.target += "?" + request.query;
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.Now());
  const std::string host = net::HostField(endpoint_);
  for (const auto& [name, value] : headers) sent.headers.Add(name, value);
  for (const auto& [name, value] :
       sigv4::SignRequest({options_.access_key_id, options_.secret, {}, options_.region, "s3"},
                          {request.method, path, request.query, host, headers}, hash, now,
                          sigv4::PathRule::kAsSent)) {
    sent.headers.Add(name, value);
  }
  return sent;
}

}  // namespace bedplate::services::s3
