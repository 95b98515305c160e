#include "wire/exchange.h"

#include <utility>

#include "wire/event_stream.h"
#include "wire/protocol_codec.h"
#include "wire/rule_asks.h"
#include "wire/uri.h"
#include "wire/validate.h"

namespace bedplate::wire {
namespace {

const Shape& StreamShape(const Operation& operation) {
  return *FindEventStream(*operation.output)->shape;
}

net::Task<Result<void>> Refused(Result<void> failure) { co_return failure; }

}  // namespace

Exchange::Exchange(const Match& match, const Call& call, const net::Request& request,
                   std::string_view body, InputEvents* events, net::Responder& responder,
                   BodySource* source)
    : match_(match),
      call_(call),
      request_(request),
      body_(body),
      input_events_(events),
      source_(source),
      responder_(responder) {}

Result<void> Exchange::ReadInput(void* object) {
  auto read = CodecOf(match_.protocol).read_input(match_, request_, body_, object);
  if (!read) {
    // Not of any model, but what AWS answers to a body that does not fit.
    read_failure_ =
        WireError{.status = 400, .type = "SerializationException", .message = read.error().message};
    return read;
  }
  auto valid = Validate(*match_.operation->input, object);
  if (!valid) {
    // Services of the query protocol have a name for it that is no operation's.
    const bool query = match_.protocol == Protocol::kQuery;
    read_failure_ = ToWireError(query ? nullptr : match_.operation, valid.error());
    return valid;
  }
  return NoteAsks(ObjectTexts(*match_.operation->input, object));
}

Result<void> Exchange::ReadNothing() { return NoteAsks(RequestTexts(match_, request_)); }

Result<void> Exchange::NoteAsks(const MemberTexts& texts) {
  if (call_.permission == nullptr) return {};
  const Permits* const permits = match_.operation->permits;
  if (permits == nullptr) {
    return Fail(Fault::kInternal, "No rule says what callers of this operation must be allowed");
  }
  asks_ = AsksOf(*permits, texts, call_.permission->caller());
  for (const Ask& ask : asks_) {
    if (auto ok = CheckNames(ask.context); !ok) return ok;
  }
  return {};
}

std::optional<Result<void>> Exchange::TryCheckPermits() {
  if (call_.permission == nullptr) return Result<void>();
  while (!asks_.empty()) {
    auto checked = call_.permission->TryCheck(asks_.front());
    if (!checked || !*checked) return checked;
    asks_.erase(asks_.begin());
  }
  if (!match_.operation->permits->by_handler) call_.permission->NoteAsked();
  return Result<void>();
}

net::Task<Result<void>> Exchange::CheckPermits() {
  while (true) {
    if (auto checked = TryCheckPermits()) co_return std::move(*checked);
    auto checked = co_await call_.permission->Check(std::move(asks_.front()));
    if (!checked) co_return checked;
    asks_.erase(asks_.begin());
  }
}

Result<void> Exchange::CheckAsked() const {
  if (call_.permission == nullptr || call_.permission->asked()) return {};
  return Fail(Fault::kInternal, "The caller's permission was not asked for");
}

net::Task<Result<bool>> Exchange::ReadEvent(void* event) {
  if (input_events_ == nullptr) co_return Fail(Fault::kInternal, "The request has no events");
  const auto frame = co_await input_events_->Next();
  if (!frame) co_return std::unexpected(frame.error());
  if (!*frame) co_return false;
  const Shape& events = *match_.operation->input_events;
  if (auto read = ReadEventFrame(events, **frame, event); !read) {
    co_return std::unexpected(std::move(read.error()));
  }
  if (auto valid = Validate(events, event); !valid) {
    co_return std::unexpected(std::move(valid.error()));
  }
  co_return true;
}

void Exchange::AddCommonHeaders(net::Headers& headers) const {
  headers.Set("x-amzn-requestid", call_.request_id);
  const std::string_view id_header = CodecOf(match_.protocol).id_header;
  if (!id_header.empty()) headers.Set(id_header, call_.request_id);
  for (const auto& [name, value] : call_.response_headers) headers.Set(name, value);
}

net::Task<Result<void>> Exchange::SendOutput(const void* object) {
  if (auto asked = CheckAsked(); !asked) co_return asked;
  net::Response response = CodecOf(match_.protocol).write_output(match_, object, call_.request_id);
  AddCommonHeaders(response.headers);
  if (call_.response_status != 0) response.status = call_.response_status;
  status_ = response.status;
  answered_ = true;
  co_return co_await responder_.Send(std::move(response));
}

WireError Exchange::ErrorOf(const Error& error) const {
  if (read_failure_) return *read_failure_;
  if (!stream_open_ || match_.operation->output == nullptr) {
    WireError result = ToWireError(match_.operation, error);
    if (match_.service->name == "s3") result.resource = SplitTarget(request_.target).path;
    if (!error_code_.empty()) result.code = error_code_;
    result.member = error_member_;
    return result;
  }
  return ToStreamError(*match_.operation, StreamShape(*match_.operation), error);
}

net::Task<Result<void>> Exchange::SendError(const WireError& error) {
  if (answered_) co_return Result<void>();
  answered_ = true;
  if (body_open_) co_return Result<void>();  // what is sent of it is cut, and so is no answer
  if (stream_open_) {
    auto made = MakeErrorFrame(error);
    if (made) made = co_await responder_.Write(frame_);
    if (made) made = co_await responder_.Finish();
    co_return made;
  }
  net::Response response = ErrorResponse(match_.protocol, error, call_.request_id, match_.service);
  for (const auto& [name, value] : call_.response_headers) response.headers.Set(name, value);
  status_ = response.status;
  co_return co_await responder_.Send(std::move(response));
}

net::Task<Result<void>> Exchange::OpenBody(const void* output, uint64_t bytes) {
  if (body_open_) co_return Fail(Fault::kInternal, "The body was opened before");
  if (auto asked = CheckAsked(); !asked) co_return asked;
  net::Response head = CodecOf(match_.protocol).write_output(match_, output, call_.request_id);
  AddCommonHeaders(head.headers);
  head.headers.Set("content-length", std::to_string(bytes));
  body_open_ = true;
  status_ = call_.response_status != 0 ? call_.response_status : head.status;
  co_return co_await responder_.Start(status_, std::move(head.headers));
}

net::Task<Result<void>> Exchange::WriteBody(std::string_view bytes) {
  if (auto written = responder_.TryWrite(bytes)) return Refused(std::move(*written));
  return responder_.Write(bytes);
}

net::Task<Result<void>> Exchange::FinishBody() {
  if (!body_open_) co_return Fail(Fault::kInternal, "The handler gave no body");
  answered_ = true;
  co_return co_await responder_.Finish();
}

net::Task<Result<void>> Exchange::OpenStream(const void* output) {
  if (stream_open_) co_return Result<void>();
  if (auto asked = CheckAsked(); !asked) co_return asked;
  const ProtocolCodec& codec = CodecOf(match_.protocol);
  net::Response head = codec.write_output(match_, output, call_.request_id);
  head.headers.Set("content-type", event_stream::kContentType);
  AddCommonHeaders(head.headers);
  stream_open_ = true;
  status_ = head.status;
  auto sent = co_await responder_.Start(head.status, std::move(head.headers));
  if (!sent || match_.protocol != Protocol::kJson) co_return sent;
  // Without HTTP bindings the other members of the output travel as the first event.
  // spec: smithy.io/2.0/aws/amazon-eventstream.html#initial-response-messages
  frame_.clear();
  sent = event_stream::AppendEvent(frame_, "initial-response", "application/x-amz-json-1.1",
                                   head.body);
  if (sent) sent = co_await responder_.Write(frame_);
  co_return sent;
}

net::Task<Result<void>> Exchange::EmitFirstEvent(const void* event) {
  if (auto opened = co_await OpenStream(nullptr); !opened) co_return opened;
  co_return co_await EmitEvent(event);
}

// No coroutine of its own: a stream is hundreds of events, and each is a token or less.
net::Task<Result<void>> Exchange::EmitEvent(const void* event) {
  if (!stream_open_) return EmitFirstEvent(event);
  if (auto made = MakeFrame(event); !made) return Refused(std::move(made));
  ++events_;
  return responder_.Write(frame_);
}

std::optional<Result<void>> Exchange::TryEmitEvent(const void* event) {
  if (!stream_open_) return std::nullopt;
  if (auto made = MakeFrame(event); !made) return made;
  auto written = responder_.TryWrite(frame_);
  if (written) ++events_;
  return written;
}

Result<void> Exchange::MakeFrame(const void* event) {
  frame_.clear();
  return AppendEventFrame(match_.protocol, StreamShape(*match_.operation), event, frame_);
}

Result<void> Exchange::MakeErrorFrame(const WireError& error) {
  frame_.clear();
  const auto append = CodecOf(match_.protocol).append_stream_error;
  if (append == nullptr) {
    return AppendErrorFrame(match_.protocol, StreamShape(*match_.operation), error, frame_);
  }
  append(frame_, error);
  return {};
}

void Exchange::Explain(std::string code, std::string member) {
  error_code_ = std::move(code);
  error_member_ = std::move(member);
}

net::Task<Result<void>> Exchange::SendJson(std::string json) {
  if (auto asked = CheckAsked(); !asked) co_return asked;
  net::Response response;
  response.headers.Set("content-type", "application/json");
  AddCommonHeaders(response.headers);
  response.body = std::move(json);
  status_ = response.status;
  answered_ = true;
  co_return co_await responder_.Send(std::move(response));
}

net::Task<Result<void>> Exchange::WriteEvents(std::string_view events, uint64_t count) {
  if (!stream_open_) {
    if (auto asked = CheckAsked(); !asked) co_return asked;
    net::Headers headers;
    headers.Set("content-type", "text/event-stream");
    headers.Set("cache-control", "no-cache");
    AddCommonHeaders(headers);
    stream_open_ = true;
    status_ = 200;
    auto started = co_await responder_.Start(status_, std::move(headers));
    if (!started) co_return started;
  }
  events_ += count;
  co_return co_await responder_.Write(events);
}

std::optional<Result<void>> Exchange::TryWriteEvents(std::string_view events, uint64_t count) {
  if (!stream_open_) return std::nullopt;
  auto written = responder_.TryWrite(events);
  if (written) events_ += count;
  return written;
}

net::Task<Result<void>> Exchange::FinishStream() {
  if (!stream_open_) {
    if (auto opened = co_await OpenStream(nullptr); !opened) co_return opened;
  }
  answered_ = true;
  co_return co_await responder_.Finish();
}

}  // namespace bedplate::wire
