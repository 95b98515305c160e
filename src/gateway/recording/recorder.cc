#include "gateway/recording/recorder.h"

#include <string>
#include <utility>

#include "base/log.h"
#include "gateway/recording/recorded_event.h"

namespace bedplate::gateway {
namespace {

constexpr size_t kStreamBytesMax = 64 << 20;  // of one recording

bool WouldBeAnsweredAgain(int status) {
  const bool of_a_moment = status == 408 || status == 424 || status == 429 || status >= 500;
  return !of_a_moment;
}

// Of each request anew.
bool IsOfOneRequest(std::string_view header) {
  return header == "x-amzn-requestid" || header == "x-request-id" || header == "request-id";
}

void KeepHead(int status, const net::Headers& headers, RecordedAnswer& answer) {
  answer.status = status;
  for (const auto [name, value] : headers) {
    if (!IsOfOneRequest(name)) answer.headers.emplace_back(name, value);
  }
}

// Sends as the responder it is given, and has the answer kept before its end is sent.
class RecordingResponder final : public net::Responder {
 public:
  RecordingResponder(net::Responder& to, RecordingFolder& folder, net::BlockingPool& pool,
                     RecordedRequest request)
      : to_(to), folder_(folder), pool_(pool), request_(std::move(request)) {}

  net::Task<Result<void>> Send(net::Response response) override {
    if (WouldBeAnsweredAgain(response.status)) {
      KeepHead(response.status, response.headers, answer_);
      answer_.body = response.body;
      co_await Keep();
    }
    co_return co_await to_.Send(std::move(response));
  }

  net::Task<Result<void>> Start(int status, net::Headers headers) override {
    KeepHead(status, headers, answer_);
    media_type_ = headers.Find("content-type").value_or("");
    answer_.streamed = true;
    return to_.Start(status, std::move(headers));
  }

  net::Task<Result<void>> Write(std::string_view bytes) override {
    Note(bytes);
    return to_.Write(bytes);
  }

  std::optional<Result<void>> TryWrite(std::string_view bytes) override {
    auto written = to_.TryWrite(bytes);
    if (written) Note(bytes);
    return written;
  }

  net::Task<Result<void>> Finish() override {
    auto frames = CutIntoFrames(media_type_, stream_);
    if (too_long_ || !frames) {
      log::Warning("recording", "a stream can't be recorded",
                   {{"operation", request_.operation},
                    {"of", request_.Subject()},
                    {"reason", too_long_ ? "it is too long" : frames.error().message}});
    } else if (frames->empty() || IsEvent(frames->back())) {
      answer_.frames = std::move(*frames);
      co_await Keep();
    }
    co_return co_await to_.Finish();
  }

 private:
  void Note(std::string_view bytes) {
    too_long_ = too_long_ || stream_.size() + bytes.size() > kStreamBytesMax;
    if (!too_long_) stream_ += bytes;
  }

  net::Task<void> Keep() {
    const auto kept =
        co_await pool_.Run([this] { return folder_.Add(request_, std::move(answer_)); });
    if (!kept) {
      log::Error("recording", "an answer could not be recorded",
                 {{"operation", request_.operation},
                  {"of", request_.Subject()},
                  {"reason", kept.error().message}});
    }
  }

  net::Responder& to_;
  RecordingFolder& folder_;
  net::BlockingPool& pool_;
  const RecordedRequest request_;
  RecordedAnswer answer_;
  std::string media_type_;
  std::string stream_;
  bool too_long_ = false;
};

}  // namespace

bool Recorder::Takes(const wire::Match& match, const wire::Call&) const {
  return IsRecorded(match);
}

net::Task<wire::Outcome> Recorder::Answer(const wire::Match& match, const wire::Call& call,
                                          const net::Request& request, std::string_view body,
                                          net::Responder& responder) const {
  RecordedRequest described = DescribeRequest(match, request, body);
  // A facade's body that names no model.
  if (!described.HasSubject()) {
    co_return co_await dispatcher_.Dispatch(match, call, request, body, responder);
  }
  RecordingResponder keeping(responder, *folder_, pool_, std::move(described));
  if (next_ != nullptr && next_->Takes(match, call)) {
    co_return co_await next_->Answer(match, call, request, body, keeping);
  }
  co_return co_await dispatcher_.Dispatch(match, call, request, body, keeping);
}

}  // namespace bedplate::gateway
