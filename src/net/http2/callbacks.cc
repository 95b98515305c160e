#include "net/http2/callbacks.h"

#include <new>
#include <string_view>

#include "net/http2/session.h"
#include "net/http2/stream.h"

namespace bedplate::net::http2 {

namespace {

std::string_view Text(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

struct Callbacks {
  static Session& Self(void* user) { return *static_cast<Session*>(user); }

  static int BeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    return Self(user).BeginRequest(frame->hd.stream_id);
  }

  static int Header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                    size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                    void* user) {
    // Trailers are read past.
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    auto* stream = Self(user).FindStream(frame->hd.stream_id);
    if (!stream || stream->AddField(Text(name, name_size), Text(value, value_size))) return 0;
    // Ends the connection: only then does nghttp2 stop to unpack the rest.
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }

  static int FrameReceived(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return Self(user).FrameReceived(*frame);
  }

  static int DataChunk(nghttp2_session* native, uint8_t, int32_t id, const uint8_t* bytes,
                       size_t size, void* user) {
    auto* stream = Self(user).FindStream(id);
    if (stream) {
      stream->DataReceived(Text(bytes, size));
    } else {
      nghttp2_session_consume(native, id, size);  // nobody will
    }
    return 0;
  }

  static int StreamClose(nghttp2_session*, int32_t id, uint32_t error_code, void* user) {
    auto* stream = Self(user).FindStream(id);
    if (!stream) return 0;
    if (!stream->running()) {  // its head never came whole
      Self(user).StreamEnded(id);
    } else {
      stream->Closed(error_code);
    }
    return 0;
  }

  static int FrameSent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const auto type = frame->hd.type;
    if (type == NGHTTP2_DATA) Self(user).meter_.DataSent();
    if ((type == NGHTTP2_DATA || type == NGHTTP2_HEADERS) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      if (auto* stream = Self(user).FindStream(frame->hd.stream_id)) stream->AnswerSent();
    }
    return 0;
  }

  static int SendData(nghttp2_session*, nghttp2_frame* frame, const uint8_t* header, size_t size,
                      nghttp2_data_source*, void* user) {
    auto& session = Self(user);
    auto& output = session.stream_->output();
    if (output.size() >= session.limits().write_buffer_bytes) {
      session.output_full_ = true;
      return NGHTTP2_ERR_WOULDBLOCK;
    }
    auto* stream = session.FindStream(frame->hd.stream_id);
    if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    output.Append(Text(header, 9));
    stream->AppendData(output, size);
    return 0;
  }
};

nghttp2_session* MakeNativeSession(Session& session) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0) {
    throw std::bad_alloc();
  }
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::BeginHeaders);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::Header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::FrameReceived);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::DataChunk);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::StreamClose);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::FrameSent);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, Callbacks::SendData);
  // A window is opened again only as the handler takes what came.
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_session* made = nullptr;
  const int result = nghttp2_session_server_new2(&made, callbacks, &session, option);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_option_del(option);
  if (result != 0) throw std::bad_alloc();
  return made;
}

}  // namespace bedplate::net::http2
