#include "net/http2/stream.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <vector>

#include "base/log.h"
#include "net/cancelled.h"
#include "net/http1/head_writer.h"
#include "net/http_date.h"
#include "net/status_text.h"
#include "net/text.h"

namespace bedplate::net::http2 {

namespace {

// spec: RFC 9113 6.5.2: what a field counts beyond its text in SETTINGS_MAX_HEADER_LIST_SIZE.
constexpr size_t kFieldOverheadBytes = 32;

// A head this many times over its limit is no mistake: a few bytes of it name one long field of the
// compression table again and again.
constexpr size_t kHeaderBombFactor = 16;

constexpr char kTooSlow[] = "The body came too slowly";

std::unexpected<Error> ClientLeft() { return Fail(Fault::kUnavailable, "The client left"); }

nghttp2_nv Pair(std::string_view name, std::string_view value) {
  return {.name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          .value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

Stream::Stream(Session& session, int32_t id)
    : session_(session),
      id_(id),
      read_pace_(session.limits().slow_window, session.limits().slow_bytes_min),
      write_pace_(session.limits().slow_window, session.limits().slow_bytes_min) {
  request_.version = HttpVersion::kHttp2;
  request_.peer = session.peer().address;
  request_.tls = session.peer().tls;
  request_.body = this;
}

// --- The request ---

bool Stream::AddField(std::string_view name, std::string_view value) {
  const auto& limits = session_.limits();
  header_bytes_ += name.size() + value.size() + kFieldOverheadBytes;
  if (header_bytes_ > kHeaderBombFactor * limits.header_bytes_max) return false;
  if (refused_.status != 0) return true;
  if (header_bytes_ > limits.header_bytes_max) {
    Refuse(431, "The header fields are longer than " + std::to_string(limits.header_bytes_max) +
                    " bytes");
    return true;
  }
  if (request_.headers.size() >= limits.header_count_max) {
    Refuse(431,
           "There are more than " + std::to_string(limits.header_count_max) + " header fields");
    return true;
  }
  if (!name.starts_with(':')) {
    request_.headers.Add(name, value);
  } else if (name == ":method") {
    request_.method = value;
  } else if (name == ":path") {
    request_.target = value;
  } else if (name == ":authority") {
    request_.authority = value;
  }
  return true;
}

void Stream::Refuse(int status, std::string message) {
  if (refused_.status == 0) refused_ = {.status = status, .message = std::move(message)};
}

std::string Stream::TooLong() const {
  return "The body is longer than " + std::to_string(session_.limits().body_bytes_max) + " bytes";
}

void Stream::HeadComplete() {
  const auto& headers = request_.headers;
  if (request_.authority.empty()) request_.authority = headers.Find("host").value_or("");
  uint64_t length = 0;
  if (const auto told = headers.Find("content-length"); told && ParseDecimal(*told, length)) {
    request_.content_length = length;
  }
  if (const auto expect = headers.Find("expect")) {
    continue_expected_ = EqualsIgnoringCase(*expect, "100-continue");
    if (!continue_expected_) Refuse(417, "Expect '" + std::string(*expect) + "' cannot be met");
  }
  if (length > session_.limits().body_bytes_max) Refuse(413, TooLong());
  if (request_.method == "CONNECT" || request_.target.empty()) {
    Refuse(501, "CONNECT is not supported: this is no proxy");
  }
  head_only_ = request_.method == "HEAD";
  running_ = true;
  boost::asio::co_spawn(session_.shard().reactor.executor(), Run(),
                        boost::asio::bind_cancellation_slot(
                            cancel_.slot(), [self = shared_from_this()](std::exception_ptr thrown) {
                              self->running_ = false;
                              if (thrown) self->Reset(NGHTTP2_CANCEL);
                              self->TakeBodyBack();
                              self->session_.StreamEnded(self->id_);
                            }));
}

void Stream::DataReceived(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (body_bytes_ > session_.limits().body_bytes_max) body_too_long_ = true;
  body_.append(bytes);
  body_waiter_.NotifySoon();
}

void Stream::BodyEnded() {
  body_ended_ = true;
  body_waiter_.NotifySoon();
}

void Stream::Closed(uint32_t error_code) {
  closed_ = true;
  out_waiter_.NotifySoon();
  body_waiter_.NotifySoon();
  // An orderly end behind the whole answer is no reason to cancel what the handler still does.
  if (error_code != NGHTTP2_NO_ERROR || !all_sent_) Cancel();
}

void Stream::Cancel() { cancel_.emit(boost::asio::cancellation_type::terminal); }

void Stream::Watch(Ticker::Time now) {
  if (!running_) return;
  if (write_pace_.Observe(unsent() > 0, sent_bytes_, now)) {
    Reset(NGHTTP2_CANCEL);
    return Cancel();
  }
  if (read_pace_.Observe(waits_for_body_, body_bytes_, now)) body_too_slow_ = true;
  if (body_too_slow_ || Stopping()) body_waiter_.NotifySoon();
}

// Whether the server's stop ends what would pause as long as it likes.
bool Stream::Stopping() const {
  return pauses_ && session_.shard().draining.load(std::memory_order_relaxed);
}

void Stream::AllowPauses(std::chrono::milliseconds longest) {
  pauses_ = true;
  read_pace_ = PeerPace(longest, 1);
  read_pace_.Restart(body_bytes_);
}

Task<Result<std::string_view>> Stream::Next() {
  // What was handed out before is used: the client may send as much again.
  if (!body_held_.empty()) {
    nghttp2_session_consume(session_.native(), id_, body_held_.size());
    body_held_.clear();
    session_.SendSoon();
  }
  if (continue_expected_ && body_.empty() && !body_ended_ && !started_) {
    continue_expected_ = false;
    const auto status = Pair(":status", "100");
    nghttp2_submit_headers(session_.native(), NGHTTP2_FLAG_NONE, id_, nullptr, &status, 1, nullptr);
    session_.SendSoon();
  }
  while (body_.empty() && !body_ended_ && !closed_ && !body_too_slow_ && !Stopping()) {
    waits_for_body_ = true;
    co_await body_waiter_.Wait();
    waits_for_body_ = false;
  }
  if (Stopping()) co_return Fail(Fault::kUnavailable, "The server is stopping");
  if (body_too_long_) co_return Fail(Fault::kValidation, TooLong());
  if (!body_.empty()) {
    std::swap(body_, body_held_);
    co_return std::string_view(body_held_);
  }
  if (body_ended_) co_return std::string_view();
  if (body_too_slow_) co_return Fail(Fault::kModelTimeout, kTooSlow);
  co_return Fail(Fault::kUnavailable, "The stream ended before the body did");
}

// Bytes that nobody will read still count against the connection's window.
void Stream::TakeBodyBack() {
  const auto unread = body_.size() + body_held_.size();
  if (unread == 0) return;
  nghttp2_session_consume_connection(session_.native(), unread);
  body_.clear();
  body_held_.clear();
  session_.SendSoon();
}

// --- The answer ---

ssize_t Stream::OfferData(size_t size, uint32_t* flags) {
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  const auto offered = std::min(size, unsent());
  if (offered == 0 && !finished_) return NGHTTP2_ERR_DEFERRED;
  if (finished_ && offered == unsent()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  }
  return static_cast<ssize_t>(offered);
}

void Stream::AppendData(OutputQueue& output, size_t size) {
  output.Append(std::string_view(out_).substr(out_offset_, size));
  out_offset_ += size;
  sent_bytes_ += size;
  if (out_offset_ == out_.size()) {
    out_.clear();
    out_offset_ = 0;
  }
  if (unsent() <= session_.limits().write_buffer_bytes / 2) out_waiter_.NotifySoon();
}

void Stream::AnswerSent() {
  all_sent_ = true;
  out_waiter_.NotifySoon();
  // spec: RFC 9113 8.1: the whole answer without the whole request: stop sending, please.
  if (!body_ended_) {
    nghttp2_submit_rst_stream(session_.native(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_NO_ERROR);
  }
}

Result<void> Stream::CheckOpen() const {
  if (closed_) return ClientLeft();
  return {};
}

bool Stream::SubmitHead(int status, const Headers& headers, const std::string& length,
                        bool has_body) {
  const auto status_text = std::to_string(status);
  std::vector<nghttp2_nv> fields;
  fields.reserve(headers.size() + 3);
  fields.push_back(Pair(":status", status_text));
  std::string values;  // made safe; reserved, so that no view moves
  size_t value_bytes = 0;
  for (const auto& field : headers) value_bytes += field.value.size();
  values.reserve(value_bytes);
  for (const auto& [name, value] : headers) {
    if (IsServersWork(name)) continue;
    const auto start = values.size();
    AppendHeaderValue(values, value);
    fields.push_back(Pair(name, std::string_view(values).substr(start)));
  }
  fields.push_back(Pair("date", HttpDate()));
  if (!length.empty()) fields.push_back(Pair("content-length", length));
  nghttp2_data_provider provider{};
  provider.read_callback = [](nghttp2_session* native, int32_t id, uint8_t*, size_t size,
                              uint32_t* flags, nghttp2_data_source*, void*) -> ssize_t {
    auto* stream = static_cast<Stream*>(nghttp2_session_get_stream_user_data(native, id));
    return stream ? stream->OfferData(size, flags) : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  };
  started_ = true;
  const int result = nghttp2_submit_response(session_.native(), id_, fields.data(), fields.size(),
                                             has_body ? &provider : nullptr);
  session_.SendSoon();
  return result == 0;
}

Task<Result<void>> Stream::Send(Response response) {
  if (started_) co_return Fail(Fault::kInternal, "This request is answered already");
  if (auto open = CheckOpen(); !open) co_return open;
  const bool has_body =
      !response.body.empty() && !head_only_ && !http1::IsBodiless(response.status);
  std::string length;
  if (!http1::IsBodiless(response.status)) {
    length = std::to_string(response.body.size());
    if (const auto told = response.headers.Find("content-length"); told && head_only_) {
      length = *told;  // of the body that a GET would bring
    }
  }
  finished_ = true;
  if (has_body) out_ = std::move(response.body);
  if (!SubmitHead(response.status, response.headers, length, has_body)) co_return ClientLeft();
  co_return co_await Settle(session_.limits().write_buffer_bytes);
}

Task<Result<void>> Stream::Start(int status, Headers headers) {
  if (started_) co_return Fail(Fault::kInternal, "This request is answered already");
  if (auto open = CheckOpen(); !open) co_return open;
  bodiless_ = head_only_ || http1::IsBodiless(status);
  const std::string length(headers.Find("content-length").value_or(""));
  if (!SubmitHead(status, headers, length, !bodiless_)) co_return ClientLeft();
  co_return Result<void>();
}

Task<Result<void>> Stream::Write(std::string_view bytes) {
  auto appended = AppendBody(bytes);
  if (!appended || unsent() <= session_.limits().write_buffer_bytes) co_return appended;
  co_return co_await Settle(session_.limits().write_buffer_bytes);
}

std::optional<Result<void>> Stream::TryWrite(std::string_view bytes) {
  if (unsent() + bytes.size() > session_.limits().write_buffer_bytes) return std::nullopt;
  return AppendBody(bytes);
}

Result<void> Stream::AppendBody(std::string_view bytes) {
  if (!started_ || finished_) return Fail(Fault::kInternal, "No answer has been started");
  if (auto open = CheckOpen(); !open) return open;
  if (bytes.empty() || bodiless_) return {};
  if (out_offset_ > 0) {
    out_.erase(0, out_offset_);
    out_offset_ = 0;
  }
  out_.append(bytes);
  nghttp2_session_resume_data(session_.native(), id_);
  session_.SendSoon();
  return {};
}

Task<Result<void>> Stream::Finish() {
  if (!started_ || finished_) co_return Fail(Fault::kInternal, "No answer has been started");
  if (auto open = CheckOpen(); !open) co_return open;
  finished_ = true;
  if (!bodiless_) {
    nghttp2_session_resume_data(session_.native(), id_);
    session_.SendSoon();
  }
  co_return Result<void>();
}

Task<Result<void>> Stream::Settle(size_t bytes_left_max) {
  while (!closed_ && unsent() > bytes_left_max) co_await out_waiter_.Wait();
  if (unsent() > bytes_left_max) co_return ClientLeft();
  co_return Result<void>();
}

void Stream::Reset(uint32_t error_code) {
  if (closed_) return;
  session_.SendNow();  // nghttp2 drops what waits behind a reset
  nghttp2_submit_rst_stream(session_.native(), NGHTTP2_FLAG_NONE, id_, error_code);
  session_.SendSoon();
}

// --- The exchange ---

Task<void> Stream::Run() {
  // A refusal is none: a stopping server would wait for clients that come again and again.
  std::optional<ExchangeCount> count;
  if (!session_.shard().draining.load(std::memory_order_relaxed)) count.emplace(session_.shard());
  co_await Answer();
  if (!started_) {
    const auto& setup = session_.shard().setup;
    if (body_too_long_) {
      co_await Send(setup.ErrorResponse(413, TooLong()));
    } else if (body_too_slow_) {
      co_await Send(setup.ErrorResponse(408, kTooSlow));
    } else {
      co_await Send(setup.ErrorResponse(500, "The server did not answer this request"));
    }
  }
  if (!finished_) co_return Reset(NGHTTP2_INTERNAL_ERROR);
  // The exchange lasts until flow control has taken the answer's end.
  while (!closed_ && !all_sent_) co_await out_waiter_.Wait();
}

Task<void> Stream::Answer() {
  const auto& setup = session_.shard().setup;
  if (refused_.status != 0) {
    co_await Send(setup.ErrorResponse(refused_.status, refused_.message));
  } else if (session_.shard().draining.load(std::memory_order_relaxed)) {
    co_await Send(setup.ErrorResponse(503, "The server is stopping"));
  } else {
    try {
      co_await setup.handler.Handle(request_, *this);
    } catch (const std::exception& exception) {
      if (IsCancelled(exception)) throw;
      log::Error("net", "a handler failed", {{"exception", exception.what()}});
    }
  }
}

}  // namespace bedplate::net::http2
