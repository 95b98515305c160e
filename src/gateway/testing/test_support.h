// For the tests of the gateway: requests as a client would send them, a responder that keeps what
// it is given, and a way to run a Task.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "account/identity/root_credentials.h"
#include "net/http.h"
#include "wire/sigv4/digest.h"
#include "wire/sigv4/sign.h"

namespace bedplate::gateway {

inline const account::RootCredentials kTestRoot{"123456789012", "AKIAIOSFODNN7EXAMPLE",
                                                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                                "ABSKtest-bearer-key"};
inline constexpr std::string_view kTestRegion = "us-east-1";

template <class T>
T RunTask(boost::asio::io_context& context, net::Task<T> task) {
  auto result = boost::asio::co_spawn(context, std::move(task), boost::asio::use_future);
  context.run();
  return result.get();
}

template <class T>
T RunTask(net::Task<T> task) {
  boost::asio::io_context context;
  return RunTask(context, std::move(task));
}

// A body that arrives in pieces, and may fail after the last.
class PiecesBody final : public net::BodyReader {
 public:
  explicit PiecesBody(std::deque<std::string> pieces) : pieces_(std::move(pieces)) {}

  net::Task<Result<std::string_view>> Next() override {
    if (pieces_.empty()) {
      if (failure) co_return std::unexpected(*failure);
      co_return std::string_view();
    }
    current_ = std::move(pieces_.front());
    pieces_.pop_front();
    ++taken;
    co_return current_;
  }

  std::optional<Error> failure;
  size_t taken = 0;

 private:
  std::deque<std::string> pieces_;
  std::string current_;
};

class KeepingResponder final : public net::Responder {
 public:
  net::Task<Result<void>> Send(net::Response response) override {
    answer = std::move(response);
    finished = true;
    co_return Result<void>();
  }
  net::Task<Result<void>> Start(int status, net::Headers headers) override {
    answer.status = status;
    answer.headers = std::move(headers);
    co_return Result<void>();
  }
  net::Task<Result<void>> Write(std::string_view bytes) override {
    answer.body += bytes;
    co_return Result<void>();
  }
  net::Task<Result<void>> Finish() override {
    finished = true;
    co_return Result<void>();
  }

  std::string Header(std::string_view name) const {
    return std::string(answer.headers.Find(name).value_or("(none)"));
  }

  net::Response answer;
  bool finished = false;
};

struct TestRequest {
  std::string method = "POST";
  std::string target = "/model/a.model-v1%3A0/converse";
  std::vector<wire::sigv4::HeaderField> headers = {{"content-type", "application/json"}};
  std::string body = "{}";

  // What the sender signs with and for; a test changes what it wants wrong.
  std::string access_key_id = kTestRoot.access_key_id;
  std::string secret = kTestRoot.secret_access_key;
  std::string session_token{};
  std::string region{kTestRegion};
  std::string service = "bedrock";
  std::string payload_hash{};  // empty: the body's
  wire::sigv4::Seconds now{std::chrono::seconds(1'700'000'000)};

  // Signs: adds the headers to `headers`.
  TestRequest& Sign() {
    const auto views = wire::sigv4::ViewsOf(headers);
    const auto [path, query] = wire::sigv4::SplitTarget(target);
    const auto hash =
        payload_hash.empty() ? wire::sigv4::HexOf(wire::sigv4::HashOf(body)) : payload_hash;
    for (auto& added : wire::sigv4::SignRequest(
             {access_key_id, secret, session_token, region, service},
             {method, path, query, "127.0.0.1:4600", views}, hash, now, path_rule())) {
      headers.push_back(std::move(added));
    }
    return *this;
  }

  TestRequest& Presign(int expires_s) {
    const auto [path, query] = wire::sigv4::SplitTarget(target);
    const auto signed_query = wire::sigv4::PresignQuery(
        {access_key_id, secret, session_token, region, service},
        {method, path, query, "127.0.0.1:4600", {}}, wire::sigv4::HexOf(wire::sigv4::HashOf(body)),
        now, expires_s, path_rule());
    target = std::string(path) + "?" + signed_query;
    return *this;
  }

  wire::sigv4::PathRule path_rule() const {
    return service == "s3" ? wire::sigv4::PathRule::kAsSent : wire::sigv4::PathRule::kEncodeAgain;
  }

  net::Request ToRequest() const {
    net::Request request;
    request.method = method;
    request.target = target;
    request.authority = "127.0.0.1:4600";
    request.peer = "127.0.0.1:50000";
    for (const auto& [name, value] : headers) request.headers.Add(name, value);
    return request;
  }
};

}  // namespace bedplate::gateway
