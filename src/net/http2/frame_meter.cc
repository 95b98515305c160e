#include "net/http2/frame_meter.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>

namespace bedplate::net::http2 {

bool FrameMeter::Observe(std::string_view bytes, Time now) {
  if (now >= window_end_) {
    window_end_ = now + kWindow;
    control_frames_ = window_updates_ = window_updates_allowed_ = 0;
  }
  while (!bytes.empty()) {
    if (skip_ > 0) {
      const auto skipped = std::min(skip_, bytes.size());
      skip_ -= skipped;
      bytes.remove_prefix(skipped);
      continue;
    }
    const auto part = std::min(kHeaderSize - header_size_, bytes.size());
    std::memcpy(header_ + header_size_, bytes.data(), part);
    header_size_ += part;
    bytes.remove_prefix(part);
    if (header_size_ == kHeaderSize) CountFrame();
  }
  return control_frames_ <= frames_max_ && window_updates_ <= frames_max_ + window_updates_allowed_;
}

void FrameMeter::CountFrame() {
  header_size_ = 0;
  const size_t length = static_cast<size_t>(header_[0]) << 16 | header_[1] << 8 | header_[2];
  skip_ = length;
  const auto flags = header_[4];
  switch (header_[3]) {
    case NGHTTP2_RST_STREAM:
    case NGHTTP2_PRIORITY:
    case NGHTTP2_CONTINUATION:
      ++control_frames_;
      break;
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PING:
      if ((flags & NGHTTP2_FLAG_ACK) == 0) ++control_frames_;
      break;
    case NGHTTP2_DATA:
      if (length == 0 && (flags & NGHTTP2_FLAG_END_STREAM) == 0) ++control_frames_;
      break;
    case NGHTTP2_WINDOW_UPDATE:
      ++window_updates_;
      break;
    case NGHTTP2_HEADERS:
      break;  // counted as requests, by the limit of concurrent streams
    default:
      ++control_frames_;  // a type we do not use
  }
}

}  // namespace bedplate::net::http2
