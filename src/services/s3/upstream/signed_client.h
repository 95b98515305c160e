// SignedClient: single requests to a server that speaks S3, signed (SigV4), by path, tried again
// where that is right.
//
// Errors: S3's code in Error::type with what the server said of it; kNotFound (404), kAccessDenied
// (401, 403), kConflict (409, 412), kValidation (other refusals), kUnavailable (no answer, 429 and
// 5xx after the last attempt). No message holds a secret.
//
// Threads: any but reactors, where a call would wait for itself; calls block on the network. They
// end before the reactors are stopped.
// spec: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/client.h"
#include "net/reactors.h"

namespace bedplate::services::s3 {

struct UpstreamOptions {
  std::string url{};  // "https://host[:port][/path]"
  std::string region = "us-east-1";
  std::string access_key_id{};
  std::string secret{};
  int attempts = 4;
  // Before the second attempt; four times as long before each further one.
  std::chrono::milliseconds pause{100};
  std::chrono::milliseconds connect{5'000};
  std::chrono::milliseconds idle{60'000};    // no byte moves
  std::chrono::milliseconds total{600'000};  // one attempt
};

struct UpstreamRequest {
  std::string method = "GET";
  std::string bucket{};
  std::string key{};                                           // empty: the bucket itself
  std::string query{};                                         // encoded, without the question mark
  std::vector<std::pair<std::string, std::string>> headers{};  // names in lower case
  std::string body{};
  size_t answer_bytes_max = 16 << 20;
};

struct UpstreamAnswer {
  int status = 0;
  net::Headers headers{};
  std::string body{};
  int attempts = 1;  // that it took
};

class SignedClient {
 public:
  // kValidation when the URL cannot be used. Both outlive the client.
  static Result<std::unique_ptr<SignedClient>> Make(UpstreamOptions options,
                                                    net::Reactors& reactors, const Clock& clock);

  // An answer of 2xx; every other is an error. The request must do the same however often it is
  // sent.
  Result<UpstreamAnswer> Send(const UpstreamRequest& request);
  const std::string& url() const { return options_.url; }

 private:
  SignedClient(UpstreamOptions options, net::Endpoint endpoint,
               std::unique_ptr<net::HttpClient> client, net::Reactors& reactors, const Clock& clock)
      : options_(std::move(options)),
        endpoint_(std::move(endpoint)),
        client_(std::move(client)),
        reactors_(reactors),
        clock_(clock) {}
  size_t NextReactor() { return turn_.fetch_add(1, std::memory_order_relaxed) % reactors_.size(); }
  Result<UpstreamAnswer> SendOnce(const UpstreamRequest& request);
  net::ClientRequest Sign(const UpstreamRequest& request) const;

  const UpstreamOptions options_;
  const net::Endpoint endpoint_;
  const std::unique_ptr<net::HttpClient> client_;
  net::Reactors& reactors_;
  const Clock& clock_;
  std::atomic<size_t> turn_ = 0;
};

}  // namespace bedplate::services::s3
