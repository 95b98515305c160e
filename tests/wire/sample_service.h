// The sample service under test: its handler echoes, its responder records.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <string>
#include <vector>

#include "net/http.h"
#include "sample/handler.h"
#include "sample/ops/Fetch.h"
#include "sample/ops/GetBlob.h"
#include "sample/ops/PutThing.h"
#include "sample/ops/Store.h"
#include "sample/ops/Talk.h"
#include "sample/ops/Watch.h"
#include "sample/service.h"
#include "wire/dispatcher.h"
#include "wire/router.h"

namespace bedplate::wire {

namespace sample = gen::sample;

class RecordingResponder final : public net::Responder {
 public:
  net::Task<Result<void>> Send(net::Response sent) override {
    ++answers;
    response = std::move(sent);
    co_return Result<void>();
  }
  net::Task<Result<void>> Start(int status, net::Headers headers) override {
    ++answers;
    response.status = status;
    response.headers = std::move(headers);
    co_return Result<void>();
  }
  net::Task<Result<void>> Write(std::string_view bytes) override {
    if (client_left) co_return Fail(Fault::kUnavailable, "The client left");
    response.body += bytes;
    co_return Result<void>();
  }
  net::Task<Result<void>> Finish() override {
    finished = true;
    co_return Result<void>();
  }

  net::Response response;
  int answers = 0;
  bool finished = false;
  bool client_left = false;
};

// Keeps what it got; answers what the test put in.
class SampleHandler final : public sample::Handler {
 public:
  net::Task<Result<sample::PutThingResponse>> PutThing(const Call& call,
                                                       sample::PutThingRequest input) override {
    ++calls;
    call.response_headers.emplace_back("x-added", "by the handler");
    put = std::move(input);
    co_return put_result;
  }
  net::Task<Result<sample::GetBlobResponse>> GetBlob(const Call&,
                                                     sample::GetBlobRequest input) override {
    ++calls;
    get = std::move(input);
    sample::GetBlobResponse output;
    output.body = Blob{"\x01\x02 raw"};
    output.contentType = std::string("image/png");
    co_return output;
  }
  net::Task<Result<void>> Ping(const Call&) override {
    ++calls;
    if (throws) throw std::runtime_error("a bug");
    co_return Result<void>();
  }
  net::Task<Result<void>> Watch(const Call&, sample::WatchRequest input,
                                sample::WatchSink& sink) override {
    const std::string fail = input.fail.value_or("");
    if (fail == "before") co_return Fail(Fault::kThrottling, "Slow down");
    if (fail == "empty") co_return Result<void>();
    sample::WatchResponse head;
    head.kind = std::string("ticks");
    if (auto opened = co_await sink.Open(head); !opened) co_return opened;
    sample::Events tick;
    tick.tick.emplace().count = 7;
    if (auto sent = co_await sink.Emit(tick); !sent) co_return sent;
    sample::Events raw;
    raw.raw.emplace().part = 3;
    raw.raw->bytes = Blob{std::string("\0bytes", 6)};
    if (auto sent = co_await sink.Emit(raw); !sent) co_return sent;
    if (fail == "modelled") co_return Fail(Fault::kThrottling, "Slow down");
    if (fail == "stream") co_return Fail(Fault::kModelStreamError, "The model broke");
    if (fail == "model") {
      co_return std::unexpected(
          Error{.fault = Fault::kModelError, .message = "It died", .upstream_status = 502});
    }
    if (fail == "missing") co_return Fail(Fault::kNotFound, "Nothing there");
    if (fail == "other") co_return Fail(Fault::kInternal, "It broke");
    if (fail == "two") co_return co_await sink.Emit(sample::Events());
    co_return Result<void>();
  }

  // Counts words until the client says bye, or has said all.
  net::Task<Result<void>> Talk(const Call&, sample::TalkRequest input, sample::TalkSource& source,
                               sample::TalkSink& sink) override {
    talked_to = *input.name;
    for (int32_t count = 1;; ++count) {
      auto said = co_await source.Next();
      if (!said) co_return std::unexpected(std::move(said.error()));
      if (!*said || (*said)->bye) co_return Result<void>();
      words.push_back(*(*said)->word->text);
      sample::Events tick;
      tick.tick.emplace().count = count;
      if (auto sent = co_await sink.Emit(tick); !sent) co_return sent;
    }
  }

  net::Task<Result<sample::StoreResponse>> Store(const Call& call, sample::StoreRequest,
                                                 BodySource& body) override {
    stored.clear();
    for (;;) {
      const auto piece = co_await body.Next();
      if (!piece) co_return std::unexpected(piece.error());
      if (piece->empty()) break;
      stored += *piece;
    }
    call.response_status = 201;
    sample::StoreResponse output;
    output.count = static_cast<int32_t>(stored.size());
    co_return output;
  }

  // "gone" is not there; "short" is cut behind its first bytes; "never" is not opened.
  net::Task<Result<void>> Fetch(const Call& call, sample::FetchRequest input,
                                sample::FetchSink& sink) override {
    if (*input.name == "gone") co_return Fail(Fault::kNotFound, "Nothing there");
    if (*input.name == "never") co_return Result<void>();
    if (*input.name == "part") call.response_status = 206;
    sample::FetchResponse head;
    head.tag = std::string("t");
    if (auto opened = co_await sink.Open(head, 8); !opened) co_return opened;
    if (auto sent = co_await sink.Write("half"); !sent) co_return sent;
    if (*input.name == "short") co_return Fail(Fault::kInternal, "The disk broke");
    co_return co_await sink.Write("full");
  }

  int calls = 0;
  std::string stored;
  std::string talked_to;
  std::vector<std::string> words;
  bool throws = false;
  sample::PutThingRequest put;
  sample::GetBlobRequest get;
  Result<sample::PutThingResponse> put_result;
};

// Routes and dispatches one request. The response is in `responder`.
class SampleServer {
 public:
  SampleServer() : router_(services_) { sample::Register(dispatcher_, handler); }

  Outcome Serve(net::Request request, std::string_view body = {}, InputEvents* events = nullptr,
                BodySource* source = nullptr) {
    request.headers.Set("authorization",
                        "AWS4-HMAC-SHA256 Credential=AK/1/us-east-1/sample/aws4_request, x");
    auto match = router_.Find(request);
    if (!match) {
      responder.response.status = 404;
      return {.status = 404, .error_type = "UnknownOperationException"};
    }
    if (operation != nullptr) match->operation = operation;
    Call call{.request_id = "request-1", .service = match->service->name, .permission = permission};
    Outcome outcome;
    std::exception_ptr thrown;
    boost::asio::io_context context;
    boost::asio::co_spawn(
        context,
        [&]() -> net::Task<void> {
          outcome =
              co_await dispatcher_.Dispatch(*match, call, request, body, responder, events, source);
        },
        [&](std::exception_ptr exception) { thrown = exception; });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return outcome;
  }

  SampleHandler handler;
  RecordingResponder responder;
  Permission* permission = nullptr;      // of the caller
  const Operation* operation = nullptr;  // in place of the one that is found

 private:
  const Service* services_[1] = {&sample::kService};
  Router router_;
  Dispatcher dispatcher_;
};

}  // namespace bedplate::wire
