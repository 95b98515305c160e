// Watches the frames of a client for floods: frames that cost us work and it nothing.
//
// It reads frame headers off the raw bytes, before nghttp2 sees them, so that its counts do not
// depend on which frames a version of nghttp2 reports.
// spec: RFC 9113 10.5; the attacks have names: rapid reset, ping, settings and empty-frame floods,
// CONTINUATION flood, data dribble.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bedplate::net::http2 {

class FrameMeter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit FrameMeter(uint32_t control_frames_max) : frames_max_(control_frames_max) {}

  // The bytes before the first frame that are none (the client's preface).
  void Skip(size_t bytes) { skip_ += bytes; }
  // Takes the next bytes of the connection, in any fragmentation; false when they are a flood.
  bool Observe(std::string_view bytes, Time now);
  // A DATA frame of ours has left: the client may answer it with a few window updates.
  void DataSent() { window_updates_allowed_ += kWindowUpdatesForData; }

  uint32_t control_frames() const { return control_frames_; }

 private:
  static constexpr size_t kHeaderSize = 9;
  static constexpr uint32_t kWindowUpdatesForData = 4;
  static constexpr std::chrono::seconds kWindow{10};

  void CountFrame();

  uint32_t frames_max_;
  size_t skip_ = 0;  // bytes until the next frame header
  unsigned char header_[kHeaderSize] = {};
  size_t header_size_ = 0;
  uint32_t control_frames_ = 0;  // in this window of time
  uint32_t window_updates_ = 0;
  uint32_t window_updates_allowed_ = 0;
  Time window_end_{};
};

}  // namespace bedplate::net::http2
