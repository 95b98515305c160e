// An HTTP/2 client on a bare socket, driven step by step by a test; nghttp2 does the framing, and
// raw bytes can be sent beside it.
#pragma once

#include <nghttp2/nghttp2.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "net/testing/raw_client.h"

namespace bedplate::net::testing {

class Http2Client {
 public:
  struct Answer {
    std::map<std::string, std::string> headers;
    std::string body;
    bool closed = false;
    uint32_t error_code = 0;
    int status() const {
      const auto found = headers.find(":status");
      return found == headers.end() ? 0 : std::stoi(found->second);
    }
  };

  // `window`: of each stream and of the connection; `read_all` off leaves it closed once full.
  explicit Http2Client(uint16_t port, uint32_t window = 1 << 20, bool read_all = true)
      : raw_(port) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks,
        [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
           const uint8_t* value, size_t value_size, uint8_t, void* user) {
          auto& answer = static_cast<Http2Client*>(user)->answers[frame->hd.stream_id];
          answer.headers[{reinterpret_cast<const char*>(name), name_size}] = {
              reinterpret_cast<const char*>(value), value_size};
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks,
        [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t size, void* user) {
          static_cast<Http2Client*>(user)->answers[id].body.append(
              reinterpret_cast<const char*>(bytes), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, int32_t id, uint32_t error_code, void* user) {
          auto& answer = static_cast<Http2Client*>(user)->answers[id];
          answer.closed = true;
          answer.error_code = error_code;
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          auto& self = *static_cast<Http2Client*>(user);
          if (frame->hd.type == NGHTTP2_GOAWAY) {
            self.goaway = true;
            self.goaway_code = frame->goaway.error_code;
          }
          return 0;
        });
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, read_all ? 0 : 1);
    nghttp2_session_client_new2(&session_, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, 1);
    Flush();
  }
  ~Http2Client() { nghttp2_session_del(session_); }
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  using Fields = std::vector<std::pair<std::string, std::string>>;

  // Begins a request; its body, if any, follows by Body.
  int32_t Request(std::string_view method, std::string_view path, const Fields& more = {},
                  bool has_body = false) {
    Fields fields = {{":method", std::string(method)},
                     {":scheme", "http"},
                     {":authority", "test"},
                     {":path", std::string(path)}};
    fields.insert(fields.end(), more.begin(), more.end());
    const auto pairs = Pairs(fields);
    const auto id =
        nghttp2_submit_headers(session_, has_body ? NGHTTP2_FLAG_NONE : NGHTTP2_FLAG_END_STREAM, -1,
                               nullptr, pairs.data(), pairs.size(), nullptr);
    Flush();
    return id;
  }

  // Sends DATA frames, and the trailers or the end of the stream if asked for.
  void Body(int32_t id, std::string_view bytes, bool end, const Fields& trailers = {}) {
    BeginBody(id, bytes, end, trailers);
    while (!bodies_[id].bytes.empty() && !answers[id].closed &&
           Turn(std::chrono::milliseconds(5'000))) {
    }
    if (!trailers.empty()) {
      const auto pairs = Pairs(trailers);
      nghttp2_submit_trailer(session_, id, pairs.data(), pairs.size());
      Flush();
    }
  }

  // Sends what the windows take now; each Turn sends what they take by then. `bytes` stay the
  // caller's.
  void BeginBody(int32_t id, std::string_view bytes, bool end, const Fields& trailers = {}) {
    bodies_[id] = {bytes, end, !trailers.empty()};
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = [](nghttp2_session*, int32_t stream, uint8_t* out, size_t size,
                                uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
      auto& body = static_cast<Http2Client*>(source->ptr)->bodies_[stream];
      const auto part = std::min(size, body.bytes.size());
      std::copy_n(body.bytes.data(), part, out);
      body.bytes.remove_prefix(part);
      if (body.bytes.empty()) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (!body.end || body.has_trailers) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      }
      return static_cast<ssize_t>(part);
    };
    nghttp2_submit_data(session_, end && trailers.empty() ? NGHTTP2_FLAG_END_STREAM : 0, id,
                        &provider);
    Flush();
  }
  size_t UnsentBytes(int32_t id) { return bodies_[id].bytes.size(); }

  void Reset(int32_t id) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    Flush();
  }

  // Answers as they come, until stream `id` is closed or the connection ends.
  const Answer& Finish(int32_t id) {
    while (!answers[id].closed && Turn(std::chrono::milliseconds(10'000))) {
    }
    return answers[id];
  }
  // Takes what comes for `patience`; false when nothing came or the connection ended.
  bool Turn(std::chrono::milliseconds patience) {
    pollfd wanted{.fd = raw_.fd(), .events = POLLIN, .revents = 0};
    if (poll(&wanted, 1, static_cast<int>(patience.count())) <= 0) return false;
    char bytes[64 * 1024];
    const auto count = recv(raw_.fd(), bytes, sizeof(bytes), 0);
    if (count <= 0) {
      ended = true;
      return false;
    }
    nghttp2_session_mem_recv(session_, reinterpret_cast<uint8_t*>(bytes),
                             static_cast<size_t>(count));
    return Flush();
  }

  RawClient& raw() { return raw_; }

  std::map<int32_t, Answer> answers;
  bool goaway = false;
  uint32_t goaway_code = 0;
  bool ended = false;

  bool Flush() {
    for (;;) {
      const uint8_t* bytes = nullptr;
      const auto size = nghttp2_session_mem_send(session_, &bytes);
      if (size <= 0) return size == 0;
      if (!raw_.Send({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)})) {
        return false;
      }
    }
  }

 private:
  struct Sending {
    std::string_view bytes;
    bool end = false;
    bool has_trailers = false;
  };

  static std::vector<nghttp2_nv> Pairs(const Fields& fields) {
    std::vector<nghttp2_nv> pairs;
    for (const auto& [name, value] : fields) {
      pairs.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                       reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(),
                       value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    return pairs;
  }

  RawClient raw_;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, Sending> bodies_;
};

}  // namespace bedplate::net::testing
