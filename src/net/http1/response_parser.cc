#include "net/http1/response_parser.h"

#include <optional>

#include "net/http1/message_parser.h"

namespace bedplate::net::http1 {

namespace {

class Parser final : public MessageParser<false> {
 public:
  Parser(const ParseLimits& limits, Headers& headers, bool answers_head)
      : MessageParser(limits, headers) {
    skip(answers_head);
  }
  int status() const { return status_; }

 private:
  void on_request_impl(beast::verb, string_view, string_view, int,
                       boost::system::error_code&) override {}
  void on_response_impl(int status, string_view, int version,
                        boost::system::error_code& error) override {
    status_ = status;
    http_minor_ = version - 10;
    if (status < 100 || status > 599) Stop(error, 502, "The status code is out of range");
  }

  int status_ = 0;
};

}  // namespace

class ResponseParser::Impl {
 public:
  explicit Impl(ParseLimits l) : limits(l) {}
  ParseLimits limits;
  Headers headers;
  std::optional<Parser> parser;
};

ResponseParser::ResponseParser(ParseLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
ResponseParser::~ResponseParser() = default;

void ResponseParser::Begin(bool answers_head) {
  impl_->headers.Clear();
  impl_->parser.emplace(impl_->limits, impl_->headers, answers_head);
}

ParseStep ResponseParser::ParseHead(std::string_view input, size_t& consumed) {
  return impl_->parser->Head(input, consumed);
}

ParseStep ResponseParser::ParseBody(std::string_view input, size_t& consumed,
                                    std::string_view& chunk) {
  return impl_->parser->Body(input, consumed, chunk);
}

ParseStep ResponseParser::ParseEnd() {
  if (impl_->parser->is_done()) return ParseStep::kDone;
  if (!impl_->parser->is_header_done()) return ParseStep::kFailed;
  boost::system::error_code error;
  impl_->parser->put_eof(error);
  return error ? ParseStep::kFailed : ParseStep::kDone;
}

const ParseFailure& ResponseParser::failure() const { return impl_->parser->failure(); }
int ResponseParser::status() const { return impl_->parser->status(); }
Headers& ResponseParser::headers() { return impl_->headers; }
bool ResponseParser::body_done() const { return impl_->parser->is_done(); }
bool ResponseParser::keep_alive() const { return impl_->parser->keep_alive(); }

}  // namespace bedplate::net::http1
