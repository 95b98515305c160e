#include "net/http1/exchange.h"

#include <charconv>

#include "net/text.h"

namespace bedplate::net::http1 {

namespace {

constexpr size_t kBodyBufferBytes = 64 * 1024;       // while a body larger than the buffer comes
constexpr size_t kWriteThroughBytesMin = 16 * 1024;  // from here on copying costs more than a call

std::unexpected<Error> ClientLeft() { return Fail(Fault::kUnavailable, "The client left"); }

constexpr size_t kChunkBytesMax = 16 * 1024;  // a chunk does not grow beyond it
constexpr std::string_view kLineEnd = "\r\n";

// The line before a chunk's data.
class ChunkSize {
 public:
  explicit ChunkSize(size_t size) : end_(std::to_chars(line_, line_ + 16, size, 16).ptr) {
    *end_++ = '\r';
    *end_++ = '\n';
  }
  std::string_view text() const { return {line_, end_}; }

 private:
  char line_[18];
  char* end_;
};

}  // namespace

Exchange::Exchange(Http1Connection& connection)
    : connection_(connection),
      stream_(*connection.stream_),
      parser_(connection.parser_),
      head_only_(connection.request_.method == "HEAD") {}

// --- The request's body ---

Error Exchange::BodyError() const {
  return {.fault = body_fault_, .message = body_failure_.message};
}

Task<Result<std::string_view>> Exchange::Next() {
  stream_.Release();
  if (body_failure_.status != 0) co_return std::unexpected(BodyError());
  // Also where no body comes: there are clients (botocore until 1.43) that take a final answer in
  // its place once, and then for every later one of the connection.
  if (parser_.expects_continue() && !continue_sent_ && !started_) {
    continue_sent_ = true;
    stream_.output().Append(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"));
    stream_.FlushNow();
  }
  if (parser_.body_done()) co_return std::string_view();
  for (;;) {
    size_t consumed = 0;
    std::string_view chunk;
    const auto step = parser_.ParseBody(stream_.input(), consumed, chunk);
    if (step == ParseStep::kChunk) {
      stream_.Hold(consumed);  // the chunk is the last of what was consumed
      co_return chunk;
    }
    if (step == ParseStep::kFailed) {
      body_failure_ = parser_.failure();
      co_return std::unexpected(BodyError());
    }
    stream_.Consume(consumed);
    if (step == ParseStep::kDone) co_return std::string_view();
    if (stream_.ended()) {
      body_failure_ = {400, "The connection ended before the body did"};
      body_fault_ = Fault::kUnavailable;
      co_return std::unexpected(BodyError());
    }
    if (stream_.input_full()) {  // framing alone fills the buffer
      body_failure_ = {400, "The body's chunked framing is longer than the server takes"};
      co_return std::unexpected(BodyError());
    }
    if (connection_.request_.content_length.value_or(kBodyBufferBytes) > stream_.input_capacity()) {
      stream_.WantCapacity(kBodyBufferBytes);
    }
    connection_.waits_for_body_ = true;
    co_await connection_.WaitInput();
    connection_.waits_for_body_ = false;
    if (connection_.body_too_slow_) {
      body_failure_ = {408, "The body came too slowly"};
      body_fault_ = Fault::kModelTimeout;
      co_return std::unexpected(BodyError());
    }
  }
}

// --- The answer ---

Result<void> Exchange::CheckOpen() const {
  if (stream_.broken() || stream_.closed()) return ClientLeft();
  return {};
}

// Decided when the head is written, for the head says it.
bool Exchange::MustClose() const {
  if (!parser_.keep_alive() || connection_.draining() || body_failure_.status != 0) return true;
  // A client that was not told to go on may send its body or not: the framing is lost. Where there
  // is none, see Next.
  if (parser_.expects_continue() && !continue_sent_) return true;
  if (parser_.body_done()) return false;
  const auto left = parser_.body_bytes_left();
  return !left || *left > connection_.limits().discard_bytes_max;
}

void Exchange::AppendHeadFor(int status, const Headers& headers, BodyFraming framing,
                             uint64_t length) {
  started_ = true;
  framing_ = framing;
  close_ = MustClose() || framing == BodyFraming::kUntilClose;
  const HeadPlan plan{.status = status,
                      .framing = framing,
                      .length = length,
                      .close = close_,
                      .keep_alive_told = parser_.http10() && !close_};
  auto& tail = stream_.output().Tail();
  const auto before = tail.size();
  AppendHead(tail, plan, headers);
  stream_.output().Appended(tail.size() - before);
}

Task<Result<void>> Exchange::Settle() {
  while (!stream_.broken() && !stream_.closed() &&
         stream_.output().size() > connection_.limits().write_buffer_bytes) {
    co_await connection_.output_waiter_.Wait();
  }
  co_return CheckOpen();
}

Task<Result<void>> Exchange::Send(Response response) {
  if (started_) co_return Fail(Fault::kInternal, "This request is answered already");
  if (auto open = CheckOpen(); !open) co_return open;
  const bool bodiless = IsBodiless(response.status);
  uint64_t length = response.body.size();
  if (const auto told = response.headers.Find("content-length"); told && head_only_) {
    ParseDecimal(*told, length);  // of the body that a GET would bring
  }
  AppendHeadFor(response.status, response.headers,
                bodiless ? BodyFraming::kNone : BodyFraming::kLength, length);
  finished_ = true;
  if (!bodiless && !head_only_) stream_.output().Append(std::move(response.body));
  // With another request waiting already, its answer may share the packet.
  if (stream_.input().empty() || close_) {
    stream_.FlushNow();
  } else {
    stream_.FlushSoon();
  }
  if (stream_.output().size() <= connection_.limits().write_buffer_bytes) co_return CheckOpen();
  co_return co_await Settle();
}

Task<Result<void>> Exchange::Start(int status, Headers headers) {
  if (started_) co_return Fail(Fault::kInternal, "This request is answered already");
  if (auto open = CheckOpen(); !open) co_return open;
  bodiless_ = IsBodiless(status);
  auto framing = parser_.http10() ? BodyFraming::kUntilClose : BodyFraming::kChunked;
  if (bodiless_) {
    framing = BodyFraming::kNone;
  } else if (const auto length = headers.Find("content-length");
             length && ParseDecimal(*length, length_declared_)) {
    framing = BodyFraming::kLength;
  }
  AppendHeadFor(status, headers, framing, length_declared_);
  stream_.FlushSoon();
  co_return Result<void>();
}

Task<Result<void>> Exchange::Write(std::string_view bytes) {
  auto appended = AppendBody(bytes);
  if (!appended) co_return appended;
  if (stream_.output().size() <= connection_.limits().write_buffer_bytes) co_return CheckOpen();
  co_return co_await Settle();
}

std::optional<Result<void>> Exchange::TryWrite(std::string_view bytes) {
  const size_t waiting = stream_.output().size() + bytes.size();
  if (waiting > connection_.limits().write_buffer_bytes) return std::nullopt;
  auto appended = AppendBody(bytes);
  return appended ? CheckOpen() : appended;
}

Result<void> Exchange::AppendBody(std::string_view bytes) {
  if (!started_ || finished_) return Fail(Fault::kInternal, "No answer has been started");
  if (auto open = CheckOpen(); !open) return open;
  if (bytes.empty() || head_only_ || bodiless_) return {};
  length_written_ += bytes.size();
  if (framing_ == BodyFraming::kLength && length_written_ > length_declared_) {
    return Fail(Fault::kInternal, "The answer is longer than its content-length");
  }
  if (framing_ == BodyFraming::kChunked) {
    AppendChunk(bytes);
  } else if (bytes.size() >= kWriteThroughBytesMin) {
    stream_.WriteThrough(bytes);
  } else {
    stream_.output().Append(bytes);
  }
  stream_.FlushSoon();
  return {};
}

void Exchange::AppendChunk(std::string_view bytes) {
  if (ExtendChunk(bytes)) return;
  auto& output = stream_.output();
  const ChunkSize size(bytes.size());
  output.Append(size.text());
  if (bytes.size() >= kWriteThroughBytesMin) {
    stream_.WriteThrough(bytes);
    chunk_bytes_ = 0;
  } else {
    output.Append(bytes);
    chunk_data_bytes_ = bytes.size();
    chunk_bytes_ = size.text().size() + bytes.size() + kLineEnd.size();
  }
  output.Append(kLineEnd);
}

// What is written in one turn of the reactor leaves together, and then is one chunk: peers spend
// more on a chunk's framing than on a token in it.
bool Exchange::ExtendChunk(std::string_view bytes) {
  if (chunk_bytes_ == 0 || chunk_data_bytes_ + bytes.size() > kChunkBytesMax) return false;
  std::string* tail =
      stream_.output_offered() ? nullptr : stream_.output().UnsentTail(chunk_bytes_);
  if (tail == nullptr) return false;
  const size_t start = tail->size() - chunk_bytes_;
  const size_t before = tail->size();
  const size_t size_bytes = chunk_bytes_ - chunk_data_bytes_ - kLineEnd.size();
  chunk_data_bytes_ += bytes.size();
  const ChunkSize size(chunk_data_bytes_);
  tail->resize(before - kLineEnd.size());
  tail->append(bytes).append(kLineEnd);
  tail->replace(start, size_bytes, size.text());
  chunk_bytes_ = tail->size() - start;
  stream_.output().Appended(tail->size() - before);
  return true;
}

Task<Result<void>> Exchange::Finish() {
  if (!started_ || finished_) co_return Fail(Fault::kInternal, "No answer has been started");
  if (auto open = CheckOpen(); !open) co_return open;
  if (framing_ == BodyFraming::kLength && !head_only_ && length_written_ != length_declared_) {
    co_return Fail(Fault::kInternal, "The answer is not as long as its content-length");
  }
  finished_ = true;
  if (framing_ == BodyFraming::kChunked && !head_only_) {
    stream_.output().Append(std::string_view("0\r\n\r\n"));
  }
  stream_.FlushNow();
  co_return CheckOpen();
}

// --- After the handler ---

Task<bool> Exchange::Complete() {
  if (!started_) {
    const int status = body_failure_.status != 0 ? body_failure_.status : 500;
    const std::string message = body_failure_.status != 0
                                    ? body_failure_.message
                                    : "The server did not answer this request";
    co_await Send(connection_.shard_.setup.ErrorResponse(status, message));
  }
  stream_.Release();
  if (cut() || close_ || !CheckOpen()) co_return false;
  size_t discarded = 0;
  while (!parser_.body_done()) {
    const auto chunk = co_await Next();
    if (!chunk) co_return false;
    discarded += chunk->size();
    if (discarded > connection_.limits().discard_bytes_max) co_return false;
  }
  stream_.Release();
  co_return true;
}

}  // namespace bedplate::net::http1
