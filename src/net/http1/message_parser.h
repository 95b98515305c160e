// What our HTTP/1.1 request and response parsers share: Beast's parser, made strict. Beast finds
// the syntax; this adds what keeps two servers from seeing two different messages (RFC 9112
// section 11.2: request smuggling) and what bounds the message.
//
// Only for the two .cc files beside it: Beast is slow to compile.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "net/http1/parse_step.h"
#include "net/text.h"

namespace bedplate::net::http1 {

namespace beast = boost::beast::http;
using boost::beast::string_view;

// Extensions of chunks are read past; more of them than this is an attack on our patience.
inline constexpr size_t kChunkExtensionBytesMax = 16 * 1024;

// The least that a chunked body still has before and between its chunks. Beast asserts that it has
// seen this much once it knows a chunk for the last one, and is given no less.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

inline std::string_view View(string_view text) { return {text.data(), text.size()}; }

template <bool kIsRequest>
class MessageParser : public beast::basic_parser<kIsRequest> {
 public:
  MessageParser(const ParseLimits& limits, Headers& headers) : limits_(limits), headers_(headers) {
    this->header_limit(0xffff'ffff);  // counted here, over the whole head
    this->body_limit(boost::none);    // counted here too
    this->eager(false);
  }

  // Parses some of the head; `consumed` of `input` are done with.
  ParseStep Head(std::string_view input, size_t& consumed) {
    boost::system::error_code error;
    consumed = this->put(boost::asio::buffer(input.data(), input.size()), error);
    if (consumed > 0) looked_at_ = 0;
    head_bytes_ += consumed;
    if (head_bytes_ > limits_.header_bytes_max ||
        (!this->is_header_done() &&
         head_bytes_ + (input.size() - consumed) >= limits_.header_bytes_max)) {
      return Fail(431, "The request line and header fields are longer than " +
                           std::to_string(limits_.header_bytes_max) + " bytes");
    }
    if (failure_.status != 0) return ParseStep::kFailed;
    if (error && error != beast::error::need_more) return Fail(400, Explain(error));
    if (this->is_header_done()) return ParseStep::kDone;
    return LinesEndWell(input.substr(consumed)) ? ParseStep::kNeedMore : ParseStep::kFailed;
  }

  // Parses some of the body: kDone at its end, else kChunk with a view into `input`.
  ParseStep Body(std::string_view input, size_t& consumed, std::string_view& chunk) {
    consumed = 0;
    for (;;) {
      if (this->is_done()) return ParseStep::kDone;
      boost::system::error_code error;
      chunk_ = {};
      const auto rest = input.substr(consumed);
      if (rest.empty()) return ParseStep::kNeedMore;
      if (chunked_ && chunk_bytes_left_ == 0 && rest.size() < kLastChunk.size()) {
        return ParseStep::kNeedMore;
      }
      consumed += this->put(boost::asio::buffer(rest.data(), rest.size()), error);
      if (failure_.status != 0) return ParseStep::kFailed;
      if (error == beast::error::need_more) return ParseStep::kNeedMore;
      if (error) return Fail(400, Explain(error));
      if (!chunk_.empty()) {
        chunk = chunk_;
        return ParseStep::kChunk;
      }
    }
  }

  const ParseFailure& failure() const { return failure_; }
  std::optional<uint64_t> declared_length() const { return declared_length_; }
  bool chunked_seen() const { return chunked_; }
  int http_minor() const { return http_minor_; }

 protected:
  ParseStep Fail(int status, std::string message) {
    if (failure_.status == 0) failure_ = {status, std::move(message)};
    return ParseStep::kFailed;
  }
  // Stops Beast at once with our own failure.
  void Stop(boost::system::error_code& error, int status, std::string message) {
    Fail(status, std::move(message));
    error = beast::error::bad_field;
  }

  void on_field_impl(beast::field, string_view name, string_view value,
                     boost::system::error_code& error) override {
    // An obsolete line fold: Beast joins the lines, in a buffer of its own or (an empty first
    // line) by starting the value after a line break.
    const char* after_name = name.data() + name.size();
    const bool behind_name = value.data() >= after_name;
    if (!value.empty() &&
        (!behind_name || std::string_view(after_name, value.data() - after_name).find('\r') !=
                             std::string_view::npos)) {
      return Stop(error, 400, "A header field is folded over several lines");
    }
    if (this->is_header_done()) return;  // a trailer field: framed, and left out
    if (headers_.size() >= limits_.header_count_max) {
      return Stop(
          error, 431,
          "There are more than " + std::to_string(limits_.header_count_max) + " header fields");
    }
    headers_.Add(View(name), View(value));
    CheckFraming(headers_[headers_.size() - 1].name, View(value), error);
  }

  void on_header_impl(boost::system::error_code& error) override {
    if (chunked_ && declared_length_) {
      Stop(error, 400, "Content-Length and Transfer-Encoding must not come together");
    }
    if (chunked_ && http_minor_ == 0) {
      Stop(error, 400, "HTTP/1.0 has no Transfer-Encoding");
    }
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&,
                         boost::system::error_code&) override {}
  std::size_t on_body_impl(string_view body, boost::system::error_code& error) override {
    if (!declared_length_) CountBody(body.size(), error);  // until the connection's end
    chunk_ = View(body);
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t size, string_view extension,
                            boost::system::error_code& error) override {
    extension_bytes_ += extension.size();
    if (extension_bytes_ > kChunkExtensionBytesMax) {
      return Stop(error, 400, "The extensions of the body's chunks are too long");
    }
    chunk_bytes_left_ = size;
    CountBody(size, error);
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body,
                                 boost::system::error_code&) override {
    chunk_ = View(body);
    chunk_bytes_left_ -= body.size();
    return body.size();
  }
  void on_finish_impl(boost::system::error_code&) override {}

  int http_minor_ = 1;

 private:
  // Beast looks at a head again only when it is whole, and would wait for ever for the end of one
  // whose lines end with bare line feeds. `rest` is what is not consumed and will come again.
  bool LinesEndWell(std::string_view rest) {
    for (auto at = rest.find('\n', looked_at_); at != std::string_view::npos;
         at = rest.find('\n', at + 1)) {
      if (at > 0 && rest[at - 1] == '\r') continue;
      Fail(400, "A line does not end with CR LF");
      return false;
    }
    looked_at_ = rest.size();
    return true;
  }

  void CheckFraming(std::string_view name, std::string_view value,
                    boost::system::error_code& error) {
    if (name == "content-length") {
      if (declared_length_) return Stop(error, 400, "Content-Length must come once");
      uint64_t length = 0;
      if (!ParseDecimal(value, length)) {
        return Stop(error, 400, "Content-Length '" + std::string(value) + "' is not a number");
      }
      declared_length_ = length;
      if (length > limits_.body_bytes_max) StopLongBody(error);
    } else if (name == "transfer-encoding") {
      if (chunked_) return Stop(error, 400, "Transfer-Encoding must come once");
      if (!EqualsIgnoringCase(value, "chunked")) {
        return Stop(
            error, 501,
            "Transfer-Encoding '" + std::string(value) + "' is not supported; only chunked is");
      }
      chunked_ = true;
    }
  }

  void CountBody(uint64_t size, boost::system::error_code& error) {
    if (size > limits_.body_bytes_max - body_bytes_) return StopLongBody(error);
    body_bytes_ += size;
  }
  void StopLongBody(boost::system::error_code& error) {
    Stop(error, 413,
         "The body is longer than " + std::to_string(limits_.body_bytes_max) + " bytes");
  }

  static std::string Explain(const boost::system::error_code& code) {
    using beast::error;
    if (code == error::bad_method) return "The request's method is malformed";
    if (code == error::bad_target) return "The request's target is malformed";
    if (code == error::bad_version) return "The HTTP version is malformed or not 1.0 or 1.1";
    if (code == error::bad_status) return "The status code is malformed";
    if (code == error::bad_field) return "A header field's name is malformed";
    if (code == error::bad_value) return "A header field's value has a forbidden character";
    if (code == error::bad_line_ending) return "A line does not end with CR LF";
    if (code == error::bad_chunk) return "The body's chunked framing is broken";
    if (code == error::bad_chunk_extension) return "A chunk's extension is malformed";
    if (code == error::multiple_content_length) return "Content-Length must come once";
    if (code == error::bad_content_length) return "Content-Length is malformed";
    if (code == error::bad_transfer_encoding) {
      return "Content-Length and Transfer-Encoding must not come together";
    }
    return "The message is malformed: " + code.message();
  }

  const ParseLimits& limits_;
  Headers& headers_;
  ParseFailure failure_;
  std::string_view chunk_;
  size_t head_bytes_ = 0;
  size_t looked_at_ = 0;  // of the input that is not consumed
  size_t extension_bytes_ = 0;
  uint64_t body_bytes_ = 0;
  uint64_t chunk_bytes_left_ = 0;  // of the chunk whose data is being read
  std::optional<uint64_t> declared_length_;
  bool chunked_ = false;
};

}  // namespace bedplate::net::http1
