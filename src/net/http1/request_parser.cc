#include "net/http1/request_parser.h"

#include <array>

#include "net/http1/message_parser.h"

namespace bedplate::net::http1 {

namespace {

class Parser final : public MessageParser<true> {
 public:
  Parser(const ParseLimits& limits, Request& request)
      : MessageParser(limits, request.headers), request_(request) {}

  // The head's meaning, beyond its syntax.
  ParseStep FinishHead() {
    if (!TakeTarget()) return ParseStep::kFailed;
    size_t hosts = 0;
    size_t expectations = 0;
    for (const auto& [name, value] : request_.headers) {
      if (name == "host") {
        if (++hosts > 1) return Fail(400, "Host must come once");
        if (value.find_first_of("/?#@,\\ \t") != std::string_view::npos) {
          return Fail(400, "Host '" + std::string(value) + "' is malformed");
        }
        if (!absolute_) request_.authority = value;
      } else if (name == "expect") {
        if (++expectations > 1 || !EqualsIgnoringCase(value, "100-continue")) {
          return Fail(417, "Expect '" + std::string(value) + "' cannot be met");
        }
      }
    }
    if (hosts == 0 && http_minor() == 1) return Fail(400, "Host is missing");
    expects_continue_ = expectations > 0 && http_minor() == 1;
    request_.content_length = declared_length();
    request_.version = HttpVersion::kHttp11;
    return ParseStep::kDone;
  }

  bool expects_continue() const { return expects_continue_; }

 private:
  void on_request_impl(beast::verb, string_view method, string_view target, int version,
                       boost::system::error_code&) override {
    request_.method = View(method);
    request_.target = View(target);
    http_minor_ = version - 10;
  }
  void on_response_impl(int, string_view, int, boost::system::error_code&) override {}

  // Origin form stays; absolute form (spec: RFC 9112 3.2.2) loses its scheme and authority.
  bool TakeTarget() {
    auto& target = request_.target;
    if (target.front() == '/') return true;
    if (target == "*" && request_.method == "OPTIONS") return true;
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (target.size() <= scheme.size() ||
          !EqualsIgnoringCase(std::string_view(target).substr(0, scheme.size()), scheme)) {
        continue;
      }
      const auto path = target.find_first_of("/?", scheme.size());
      request_.authority = target.substr(scheme.size(), path - scheme.size());
      if (request_.authority.empty()) break;
      target = path == std::string::npos ? "/" : target.substr(path);
      if (target.front() == '?') target.insert(0, "/");
      absolute_ = true;
      return true;
    }
    if (request_.method == "CONNECT") {
      Fail(501, "CONNECT is not supported: this is no proxy");
    } else {
      Fail(400, "The request's target is neither a path nor a URL");
    }
    return false;
  }

  Request& request_;
  bool absolute_ = false;
  bool expects_continue_ = false;
};

}  // namespace

class RequestParser::Impl {
 public:
  explicit Impl(ParseLimits l) : limits(l) {}
  ParseLimits limits;
  Request* request = nullptr;
  std::optional<Parser> parser;
  bool started = false;
};

RequestParser::RequestParser(ParseLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

void RequestParser::Begin(Request& request) {
  request.method.clear();
  request.target.clear();
  request.authority.clear();
  request.headers.Clear();
  request.content_length.reset();
  impl_->request = &request;
  impl_->started = false;
  impl_->parser.emplace(impl_->limits, request);
}

ParseStep RequestParser::ParseHead(std::string_view input, size_t& consumed) {
  consumed = 0;
  if (!impl_->started) {
    // spec: RFC 9112 2.2: empty lines before a request are to be ignored.
    while (input.starts_with("\r\n")) {
      input.remove_prefix(2);
      consumed += 2;
    }
    if (input.empty() || input == "\r") return ParseStep::kNeedMore;
  }
  size_t used = 0;
  const auto step = impl_->parser->Head(input, used);
  consumed += used;
  impl_->started = true;
  return step == ParseStep::kDone ? impl_->parser->FinishHead() : step;
}

ParseStep RequestParser::ParseBody(std::string_view input, size_t& consumed,
                                   std::string_view& chunk) {
  return impl_->parser->Body(input, consumed, chunk);
}

const ParseFailure& RequestParser::failure() const { return impl_->parser->failure(); }
bool RequestParser::started() const { return impl_->started; }
bool RequestParser::body_done() const { return impl_->parser->is_done(); }
bool RequestParser::keep_alive() const { return impl_->parser->keep_alive(); }
bool RequestParser::http10() const { return impl_->parser->http_minor() == 0; }
bool RequestParser::expects_continue() const { return impl_->parser->expects_continue(); }

std::optional<uint64_t> RequestParser::body_bytes_left() const {
  if (impl_->parser->is_done()) return 0;
  if (impl_->parser->chunked_seen()) return std::nullopt;
  const auto left = impl_->parser->content_length_remaining();
  return left ? std::optional<uint64_t>(*left) : std::nullopt;
}

// spec: RFC 7540 3.2: one HTTP2-Settings, named in Connection beside Upgrade.
std::optional<std::string_view> RequestParser::http2_settings() const {
  const auto& headers = impl_->request->headers;
  const auto upgrade = headers.Find("upgrade");
  if (!upgrade || !ListHas(*upgrade, "h2c") || http10()) return std::nullopt;
  std::optional<std::string_view> settings;
  bool upgrade_named = false;
  bool settings_named = false;
  for (const auto& [name, value] : headers) {
    if (name == "http2-settings") {
      if (settings) return std::nullopt;
      settings = value;
    } else if (name == "connection") {
      upgrade_named |= ListHas(value, "upgrade");
      settings_named |= ListHas(value, "http2-settings");
    }
  }
  return upgrade_named && settings_named ? settings : std::nullopt;
}

}  // namespace bedplate::net::http1
