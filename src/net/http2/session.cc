#include "net/http2/session.h"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/http2/callbacks.h"
#include "net/http2/stream.h"
#include "net/http2/upgrade_settings.h"
#include "net/server/preface.h"

namespace bedplate::net::http2 {

namespace {

constexpr std::chrono::milliseconds kWatchEvery{250};
// Request bodies of all streams together that nobody has taken yet.
constexpr int32_t kConnectionWindowBytes = 1 << 20;
// From the notice of a shutdown to the last word: requests on their way still get an answer.
constexpr std::chrono::milliseconds kDrainNotice{200};

}  // namespace

Session::Session(ServerShard& shard, std::shared_ptr<ByteStream> stream, ConnectionPeer peer)
    : Ticker::Entry(shard.reactor.ticker()),
      shard_(shard),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      session_(MakeNativeSession(*this), nghttp2_session_del),
      alive_(std::make_shared<Session*>(this)),
      meter_(limits().control_frames_max),
      write_pace_(limits().slow_window, limits().slow_bytes_min),
      idle_since_(Now()) {
  meter_.Skip(kHttp2Preface.size());
  stream_->Attach(this);
  SetDeadlineIn(kWatchEvery);
}

Session::~Session() {
  stream_->Attach(nullptr);
  *alive_ = nullptr;
}

Task<void> Session::Run() {
  const std::array settings{
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits().streams_max},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits().stream_window_bytes},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
                             static_cast<uint32_t>(limits().header_bytes_max)},
  };
  nghttp2_submit_settings(native(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(native(), NGHTTP2_FLAG_NONE, 0, kConnectionWindowBytes);
  if (shard_.draining.load(std::memory_order_relaxed)) BeginDrain();
  Feed();
  return UntilDone();
}

Task<void> Session::RunUpgraded(Request request, std::string_view settings) {
  const auto payload = DecodeUpgradeSettings(settings);
  const int result = payload ? nghttp2_session_upgrade2(
                                   native(), reinterpret_cast<const uint8_t*>(payload->data()),
                                   payload->size(), request.method == "HEAD", nullptr)
                             : NGHTTP2_ERR_INVALID_ARGUMENT;
  if (result != 0) {
    Terminate(NGHTTP2_PROTOCOL_ERROR);
    return UntilDone();
  }
  BeginRequest(1);
  auto& stream = *FindStream(1);
  auto& to = stream.request();
  to.method = std::move(request.method);
  to.target = std::move(request.target);
  to.authority = std::move(request.authority);
  for (const auto& [name, value] : request.headers) {
    if (name == "connection" || name == "upgrade" || name == "http2-settings" || name == "host") {
      continue;
    }
    to.headers.Add(name, value);
  }
  stream.BodyEnded();
  stream.HeadComplete();
  return Run();
}

// Streams refer to the session, so it stays until the last is gone, whatever happens.
Task<void> Session::UntilDone() {
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  while (!done_) co_await waiter_.Wait();
  std::erase_if(streams_, [](const auto& entry) { return !entry.second->running(); });
  for (auto& [id, stream] : streams_) stream->Cancel();
  while (!streams_.empty()) co_await waiter_.Wait();
}

void Session::Done() {
  if (done_) return;
  done_ = true;
  waiter_.NotifySoon();
}

void Session::Terminate(uint32_t error_code) {
  nghttp2_session_terminate_session(native(), error_code);
  SendSoon();
}

// --- The server stops ---

void Session::BeginDrain() {
  if (done_ || drain_since_ != Ticker::Time{}) return;
  drain_since_ = Now();
  nghttp2_submit_shutdown_notice(native());
  SendSoon();
}

void Session::CloseWhenIdle() {
  close_when_idle_ = true;
  if (streams_.empty()) Terminate(NGHTTP2_NO_ERROR);
}

void Session::Abort() { Done(); }

// --- Bytes in and out ---

void Session::OnInput() { Feed(); }

void Session::Feed() {
  const auto input = stream_->input();
  if (!input.empty() && !done_) {
    const bool calm = meter_.Observe(input, Now());
    const auto used = nghttp2_session_mem_recv(
        native(), reinterpret_cast<const uint8_t*>(input.data()), input.size());
    stream_->Consume(input.size());
    if (used < 0) {
      const bool attack = used == NGHTTP2_ERR_FLOODED || used == NGHTTP2_ERR_CALLBACK_FAILURE;
      Terminate(attack ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
    } else if (!calm) {
      for (auto& [id, stream] : streams_) stream->Cancel();
      Terminate(NGHTTP2_ENHANCE_YOUR_CALM);
    }
  }
  if (stream_->ended()) return Done();
  Pump();
  stream_->KeepReading();
}

void Session::SendSoon() {
  if (send_posted_ || done_) return;
  send_posted_ = true;
  boost::asio::post(shard_.reactor.context(), [alive = alive_] {
    auto* self = *alive;
    if (!self) return;
    self->send_posted_ = false;
    self->Pump();
  });
}

void Session::Pump() {
  if (done_ || stream_->closed()) return;
  auto& output = stream_->output();
  do {
    output_full_ = false;
    while (!output_full_) {
      const uint8_t* bytes = nullptr;
      const auto size = nghttp2_session_mem_send(native(), &bytes);
      if (size < 0) return Done();
      if (size == 0) break;
      output.Append(std::string_view(reinterpret_cast<const char*>(bytes), size));
      output_full_ = output.size() >= limits().write_buffer_bytes;
    }
    stream_->FlushNow();
    // What the socket took at once makes room that nobody would tell us of.
  } while (output_full_ && output.empty() && !stream_->broken());
  if (stream_->broken()) return Done();
  if (output.empty() && !nghttp2_session_want_read(native()) &&
      !nghttp2_session_want_write(native())) {
    Done();
  }
}

void Session::OnOutput() {
  if (stream_->broken()) return Done();
  Pump();
}

// --- Streams ---

Stream* Session::FindStream(int32_t id) {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(native(), id));
}

int Session::BeginRequest(int32_t id) {
  // Streams that a client resets at once still unwind: they count too.
  if (streams_.size() >= 2 * size_t{limits().streams_max}) {
    return nghttp2_submit_rst_stream(native(), NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
  }
  auto stream = std::make_shared<Stream>(*this, id);
  nghttp2_session_set_stream_user_data(native(), id, stream.get());
  streams_.emplace(id, std::move(stream));
  return 0;
}

int Session::FrameReceived(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return 0;
  auto* stream = FindStream(frame.hd.stream_id);
  if (!stream) return 0;
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) stream->BodyEnded();
  if (frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    stream->HeadComplete();
  }
  return 0;
}

void Session::StreamEnded(int32_t id) {
  nghttp2_session_set_stream_user_data(native(), id, nullptr);
  streams_.erase(id);
  if (!streams_.empty()) return;
  idle_since_ = Now();
  if (close_when_idle_) Terminate(NGHTTP2_NO_ERROR);
  if (done_) waiter_.NotifySoon();
}

// --- Time ---

void Session::OnDeadline() {
  SetDeadlineIn(kWatchEvery);
  Watch();
}

void Session::Watch() {
  const auto now = Now();
  if (write_pace_.Observe(!stream_->output().empty(), stream_->bytes_out(), now)) {
    stream_->Close(true);
    return Done();
  }
  for (auto& [id, stream] : streams_) stream->Watch(now);
  if (streams_.empty() && now - idle_since_ >= limits().idle) Terminate(NGHTTP2_NO_ERROR);
  if (drain_since_ != Ticker::Time{} && !goaway_sent_ && now - drain_since_ >= kDrainNotice) {
    goaway_sent_ = true;
    nghttp2_submit_goaway(native(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(native()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
    SendSoon();
  }
}

}  // namespace bedplate::net::http2
